"""Every example of docs/formats.md does what the page says, against a running server."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import netCDF4
import pytest
from covjson_pydantic.coverage import Coverage

from bandstand.encode.registry import find_format, formats

TEXT = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
CONSOLE = [line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
(PYTHON,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
(TABLE,) = re.findall(r"\| `FORMAT` .*?\n\n", TEXT, re.DOTALL)


def test_the_page_has_examples():
    assert len(CONSOLE) == 6


def test_the_page_has_every_format():
    assert re.findall(r"^\| `([\w/.+-]+)`", TABLE, re.MULTILINE)[1:] == [
        known.media_type for known in formats("coverage")
    ]


def test_every_name_of_the_page_is_understood():
    for row in TABLE.splitlines()[2:-1]:
        name, others = row.split("|")[1:3]
        media_type = re.findall(r"`([^`]+)`", name)[0]
        for other in re.findall(r"`([^`]+)`", others):
            assert find_format(other, "coverage").media_type == media_type


@pytest.mark.parametrize("line", CONSOLE, ids=lambda line: line[-60:])
def test_an_example_runs(live, tmp_path, line):
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed (Debian: curl)")
    command = line.replace("curl ", "curl --fail-with-body --silent --show-error --globoff ", 1)
    answer = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"BASE": live, "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert answer.returncode == 0, (answer.stdout, answer.stderr)
    files = list(tmp_path.glob("*.nc"))
    for path in files:
        with netCDF4.Dataset(path) as file:
            assert file.Conventions == "CF-1.9"
    if not files:
        Coverage.model_validate(json.loads(answer.stdout), strict=False)


def test_the_python_example_runs(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"BASE": live}
    exec(PYTHON, names)
    assert [f"{day:%Y-%m-%d}" for day in names["series"].index] == [
        "2021-06-14",
        "2021-09-02",
        "2022-05-15",
        "2022-07-19",
    ]
    assert names["series"].between(-1, 1).all()
