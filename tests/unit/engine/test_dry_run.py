"""A dry run tells what the run would."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Band, Collection
from bandstand.engine.ingest import ingest
from bandstand.read.library import Library


def take(folder, *, section=None, **options):
    section = section or Collection(profile="generic")
    profile = effective(load_profile("generic"), section)
    catalog = open_catalog(folder / "catalog.sqlite", writable=True)
    try:
        return ingest([str(folder / "files")], "c", section, profile, catalog, Library(), jobs=1, **options)
    finally:
        catalog.close()


def new(folder):
    write_tiff(folder / "files" / "b_20220603.tif", np.full((64, 64), 1, "u2"), name="x")
    return {}


def changed(folder):
    write_tiff(folder / "files" / "a_20220601.tif", np.full((80, 80), 2, "u2"), name="x")
    return {}


def gone(folder):
    (folder / "files" / "a_20220601.tif").unlink()
    return {}


def configured(folder):
    return {"section": Collection(profile="generic", bands={"x": Band(unit="K")})}


def forced(folder):
    return {"replace_all": True}


def broken(folder):
    (folder / "files" / "a_20220601.tif").write_bytes(b"II*\0 nothing")
    return {}


def nothing(folder):
    return {}


@pytest.mark.parametrize("change", [new, changed, gone, configured, forced, broken, nothing])
def test_a_dry_run_counts_what_the_run_then_does(tmp_path, change):
    for day in (1, 2):
        write_tiff(tmp_path / "files" / f"a_2022060{day}.tif", np.full((64, 64), day, "u2"), name="x")
    take(tmp_path)
    options = change(tmp_path)
    foretold = take(tmp_path, dry_run=True, **options)
    done = take(tmp_path, **options)
    assert replace(foretold, understood=()) == done


def test_a_first_dry_run_tells_new_scenes(tmp_path):
    write_tiff(tmp_path / "files" / "a_20220601.tif", np.full((64, 64), 1, "u2"), name="x")
    report = take(tmp_path, dry_run=True)
    assert (report.new, report.updated, len(report.understood)) == (1, 0, 1)
    assert take(tmp_path).new == 1
