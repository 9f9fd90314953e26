"""The house keeps its own rules: style, types, who may import whom."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff finds nothing": [BIN / "ruff", "check", "--no-cache", "."],
    "the formatter would change nothing": [BIN / "ruff", "format", "--check", "--no-cache", "."],
    "mypy finds nothing": [sys.executable, "-m", "mypy", "--cache-dir=/dev/null"],
    "the import contracts hold": [BIN / "lint-imports", "--no-cache"],
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda name: name.replace(" ", "-"))
def test_the_house_is_in_order(check):
    answer = subprocess.run(CHECKS[check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{answer.stdout[-6000:]}\n{answer.stderr[-2000:]}"


OPENS = re.compile(r"rasterio\.open\(|gdal\.Open|WarpedVRT|rasterio\.shutil|h5py\.File\(|(Image|Pillow)\.open\(")
DOORS = {"read/door.py", "demo/write.py", "encode/hdf5.py"}
"""The one door to files of others; and who writes files of our own."""


def test_files_are_opened_by_one_door():
    server = ROOT / "server" / "bandstand"
    found = {str(p.relative_to(server)) for p in server.rglob("*.py") if OPENS.search(p.read_text())}
    assert found == DOORS, "a dataset is opened beside read/door.py"
