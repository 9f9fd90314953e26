"""Every layout and every date of docs/archives.md is understood as the page says."""

import re
from pathlib import Path

import pytest
from tests.unit.engine.test_dates import said

from bandstand.cli.main import run
from bandstand.config.profiles import load_profile
from bandstand.engine.candidates import LeftOut
from bandstand.engine.dates import time_in
from bandstand.engine.naming import group
from bandstand.model.time import calendar_name

TEXT = (Path(__file__).parents[2] / "docs" / "archives.md").read_text(encoding="utf-8")
LAYOUTS = re.findall(r"```text\n(profile: .*?)```", TEXT, re.DOTALL)
(DATES,) = re.findall(r"\| in a name \| time \|\n\|---\|---\|\n(.*?)\n\n", TEXT, re.DOTALL)
ROOT = Path("/archive")


def published(span):
    if span is None:
        return "-"
    return calendar_name(span.start, span.end) or said(span)


def test_the_page_has_its_examples():
    assert (len(LAYOUTS), len(DATES.splitlines())) == (11, 13)


@pytest.mark.parametrize("text", LAYOUTS, ids=lambda text: text.splitlines()[1][:40])
def test_a_layout_is_understood_as_the_page_says(text):
    given, _, expected = text.partition("gives\n")
    scenes, _, left_out = expected.partition("left out\n")
    keys = dict(line.split(": ", 1) for line in given.splitlines() if re.match(r"\w+: ", line))
    paths = [line for line in given.splitlines() if not re.match(r"\w+: ", line)]
    found, aside = [], []
    pattern = keys.get("pattern", "")
    for scene in group({ROOT / path: ROOT for path in paths}, load_profile(keys["profile"]), pattern=pattern):
        if isinstance(scene, LeftOut):
            aside += [Path(file).name for file in scene.files]
        else:
            bands = " ".join(sorted(entry.band or entry.label for entry in scene.entries))
            found.append((scene.id, published(scene.time), bands))
    assert sorted(found) == sorted(tuple(re.split(r" {3}", line)) for line in scenes.splitlines())
    assert sorted(aside) == sorted(left_out.splitlines())


def rows():
    for row in DATES.splitlines():
        names, time = (cell.strip() for cell in row.strip("|").split("|"))
        for name in re.findall(r"`([^`]+)`", names):
            yield name, "-" if time.startswith("none") else time


@pytest.mark.parametrize(("name", "time"), list(rows()))
def test_a_date_is_read_as_the_page_says(name, time):
    assert published(time_in(name)) == time


def test_the_command_of_the_page_runs(tmp_path, monkeypatch, capsys):
    (command,) = re.findall(r"```console\nbandstand (.*?)\n```", TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BANDSTAND_CONFIG", raising=False)
    (tmp_path / "archive").mkdir()
    (tmp_path / "config.yml").write_text("collections: {mine: {profile: generic}}\n")
    # An empty folder is a failure in words.
    assert run(command.split()) == 3
    assert "holds no scene" in capsys.readouterr().out
