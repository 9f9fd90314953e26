"""Every example of docs/wcs.md does what the page says, against a running server."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import rasterio

TEXT = (Path(__file__).parents[2] / "docs" / "wcs.md").read_text(encoding="utf-8")
CONSOLE = [line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
(PYTHON,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_has_examples():
    assert len(CONSOLE) > 10


@pytest.mark.parametrize("line", CONSOLE, ids=lambda line: line[:60])
def test_an_example_runs(live, tmp_path, line):
    program = line.split()[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: curl, gdal-bin)")
    command = line.replace("curl ", "curl --fail-with-body --silent --show-error --globoff ", 1)
    answer = subprocess.run(
        ["/bin/bash", "-c", command],
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
            assert all(file.descriptions) or program != "curl"
    assert answer.stdout.strip() or any(path.stat().st_size for path in tmp_path.iterdir() if path.is_file())


def test_the_python_example_runs(live):
    names = {"BASE": live}
    exec(PYTHON, names)
    with rasterio.MemoryFile(names["numbers"]) as memory, memory.open() as file:
        assert file.descriptions == ("ndvi",)
