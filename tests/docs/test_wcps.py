"""Every example of docs/wcps.md does what the page says, against a running server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import rasterio
from PIL import Image

from bandstand.services.wcs.v20.wcps.functions import FUNCTIONS, NOT_OFFERED

TEXT = (Path(__file__).parents[2] / "docs" / "wcps.md").read_text(encoding="utf-8")
CONSOLE = [line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]


def test_the_page_has_examples():
    assert len(CONSOLE) >= 10


@pytest.mark.parametrize("line", CONSOLE, ids=lambda line: line.partition("QUERY=")[2][:60])
def test_an_example_runs(live, tmp_path, line):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed (Debian: curl)")
    answer = subprocess.run(
        ["/bin/bash", "-c", line.replace("curl ", "curl --fail-with-body --silent --show-error ", 1)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"BASE": live, "HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert answer.returncode == 0, (answer.stdout, answer.stderr)
    for path in tmp_path.glob("*.tif"):
        with rasterio.open(path) as file:
            assert file.crs is not None
            assert file.read_masks().any()
    for path in tmp_path.glob("*.png"):
        with Image.open(path) as drawn:
            assert drawn.size == (400, 300)
    assert answer.stdout.strip() or len(list(tmp_path.iterdir())) == 1


def test_every_function_is_on_the_page():
    words = set(re.findall(r"[a-z0-9]+", TEXT.lower()))
    assert [name for name in FUNCTIONS if name not in words] == []


def test_what_is_refused_by_name_is_a_function_of_other_servers_alone():
    assert not set(NOT_OFFERED) & set(FUNCTIONS)
