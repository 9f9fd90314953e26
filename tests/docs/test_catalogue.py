"""Every command of docs/catalogue.md runs, in the order of the page, and does what stands beside it."""

import re
import shlex
from pathlib import Path

import pytest
from tests.unit.cli.test_catalog import write

from bandstand.cli.main import run

TEXT = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
TOLD = {
    "ingest --prune --dry-run": "would prune  20230501",
    "ingest --prune": "pruned  1 scene whose files are gone",
    "catalog stats": "3 scenes in ",
    "catalog ls --collection ndvi --time 2023-06": "ndvi  20230602  2023-06-02T",
    "catalog show 20230602": "ndvi  uint8",
    "catalog withdraw 20230602 --dry-run": "would be withdrawn  ndvi  20230602",
    "catalog withdraw 20230602": "withdrawn  ndvi  1 scene",
    "catalog ls --withdrawn": "1 file  withdrawn",
    "catalog restore 20230602": "restored  ndvi  1 scene",
    "catalog rm 20230602": "removed  ndvi  1 scene",
    "catalog verify": "0 faults in the catalogue, 0 files not as ingested",
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Four scenes, one of which lost its file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANDSTAND_CONFIG", raising=False)
    for number, day in enumerate(("20230501", "20230601", "20230602", "20230701")):
        write(tmp_path / "archive" / day / f"ndvi_{day}.tif", x=500000.0 + 160.0 * number)
    (tmp_path / "config.yml").write_text(
        "service: {contact: {name: Desk}}\n"
        "collections: {ndvi: {profile: generic, source: archive}}\n"
        "layers: [{name: ndvi, collection: ndvi, bands: ndvi}]\n"
    )
    assert run(["ingest"]) == 0
    (tmp_path / "archive/20230501/ndvi_20230501.tif").unlink()


def test_the_commands_run(here, capsys):
    assert [line.removeprefix("bandstand ") for line in COMMANDS] == list(TOLD)
    capsys.readouterr()
    for command, told in TOLD.items():
        assert run(shlex.split(command)) == 0, command
        assert told in capsys.readouterr().out, command
