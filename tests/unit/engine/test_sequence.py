"""The update sequence grows with every change of the holdings and of the configuration, in whatever process."""

import os
from pathlib import Path

import pytest

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.engine.build import build_engine


@pytest.fixture
def place(make_site):
    return make_site()


def sequence_of(path: Path) -> int:
    engine = build_engine(load_config(path, environment={}))
    try:
        return engine.sequence()
    finally:
        engine.close()


def later(path: Path, seconds: int) -> None:
    """Make a file look as if it were written so much later than now."""
    moment = path.stat().st_mtime + seconds
    os.utime(path, (moment, moment))


def test_two_engines_on_one_site_agree(place):
    assert sequence_of(place.path) == sequence_of(place.path)


def test_a_scene_that_goes_is_seen_by_an_engine_that_runs(place):
    engine = build_engine(load_config(place.path, environment={}))
    before = engine.sequence()
    catalog = open_catalog(place.config.catalog.path, writable=True)
    # A clock tick later: files have times of some milliseconds.
    while not catalog.remove("s2_l2a", [catalog.search("s2_l2a")[0].id]) or engine.sequence() == before:
        pass
    assert engine.sequence() > before
    catalog.close()
    engine.close()


def test_a_configuration_that_is_written_again_counts(place):
    before = sequence_of(place.path)
    later(place.path, 10)
    assert sequence_of(place.path) > before


def test_a_style_of_ones_own_counts(place):
    folder = place.folder / "styles"
    folder.mkdir()
    style = folder / "own.yml"
    style.write_text("title: Own\nkind: ramp\n", encoding="utf-8")
    text = place.path.read_text(encoding="utf-8").replace("#styles: []  ", "styles: [styles]", 1)
    place.path.write_text(text, encoding="utf-8")
    before = sequence_of(place.path)
    later(style, 10)
    assert sequence_of(place.path) > before


def test_closing_a_catalogue_that_was_written_never_takes_it_back(place):
    catalog = open_catalog(place.config.catalog.path, writable=True)
    catalog.remove("s2_l2a", [catalog.search("s2_l2a")[0].id])
    during = catalog.changed_ms()
    catalog.close()
    assert open_catalog(place.config.catalog.path).changed_ms() >= during
