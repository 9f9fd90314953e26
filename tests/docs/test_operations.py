"""docs/operations.md and what it hands out: the unit, the image and the commands are those that there are."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from bandstand.cli.main import run
from bandstand.model import turn
from bandstand.observe.figures import FAMILIES
from bandstand.serving.bounds import Bounds

DOCS = Path(__file__).parents[2] / "docs"
DEPLOY = DOCS / "deploy"


@pytest.fixture
def unit():
    """The unit, as systemd reads it."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str
    read.read_string((DEPLOY / "bandstand.service").read_text())
    return read


def test_the_unit_starts_the_server_and_keeps_it(unit, capsys):
    for key in ("ExecStart", "ExecReload"):
        program, *arguments = shlex.split(unit["Service"][key])
        assert program.endswith("/bin/bandstand")
        assert run([arguments[0], "--help"]) == 0
        assert arguments[0] in capsys.readouterr().out
    # It is told when we answer, and what is missing is ingested before.
    assert (unit["Service"]["Type"], unit["Service"]["TimeoutStartSec"]) == ("notify", "infinity")
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["NoNewPrivileges"] == "yes"


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        # Not everywhere that the tests run; the test above reads the same file.
        assert (DEPLOY / "bandstand.service").read_text().count("[Service]") == 1
        return
    copy = tmp_path / "bandstand.service"
    text = (DEPLOY / "bandstand.service").read_text()
    copy.write_text(re.sub(r"(?m)^Exec(\w+)=\S+", r"Exec\1=/bin/true", text).replace("file:/opt", "file:/tmp"))
    said = subprocess.run([program, "verify", str(copy)], capture_output=True, text=True, check=False, timeout=60)
    assert "bandstand.service:" not in said.stderr, said.stderr


def test_the_image_serves_as_somebody_without_rights():
    lines = [line for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    assert words[0] == "FROM"
    assert words.index("USER") < words.index("CMD")
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert "serve" in next(line for line in lines if line.startswith("CMD ["))


def test_the_figures_are_those_of_the_server():
    page = (DOCS / "operations.md").read_text()
    assert (turn.HEAVY_BYTES, turn.HEAVY_PX, turn.HEAVY_ITEMS) == (16_000_000, 1_000_000, 32)
    assert "more than 16 MB" in page
    assert "more than 32 scenes" in page
    assert (Bounds().stall_s, Bounds().bodies_max_bytes) == (10.0, 100_000_000)


def test_every_figure_is_told():
    page = (DOCS / "operations.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)`.*? \| \w+: (.*) \|$", page, re.MULTILINE))
    assert told == {name: family.help for name, family in FAMILIES.items()}
    # The queries are of families that there are.
    asked = {name for text in re.findall(r"```promql\n(.*?)```", page, re.DOTALL) for name in re.findall(r"bandstand_\w+", text)}
    assert {name.removesuffix("_bucket") for name in asked} <= set(FAMILIES)
