"""A collection has every band that any of its scenes has, however old."""

import numpy as np
import pytest
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog

DATES = [f"2022{month:02d}{day:02d}" for month in range(1, 5) for day in range(1, 11)]
"""Forty; the oldest alone has the band asked for."""
CONFIG = """
collections:
  s2: {profile: sentinel-2-l2a, source: s2}
  own: {profile: generic, source: own}
layers:
  - {name: s2, collection: s2}
  - {name: own, collection: own}
"""


@pytest.fixture
def series(tmp_path, archive):
    for date in DATES:
        scene = tmp_path / "s2" / f"S2A_31TCJ_{date}_0_L2A"
        write_tiff(scene / "B04.tif", np.full((64, 64), 2000, "u2"), nodata=0)
        write_tiff(tmp_path / "own" / f"one_{date}.tif", np.full((64, 64), 7, "u2"), name="new")
    write_tiff(tmp_path / "s2" / f"S2A_31TCJ_{DATES[0]}_0_L2A" / "B01.tif", np.full((64, 64), 1500, "u2"), nodata=0)
    write_tiff(tmp_path / "own" / "old" / f"two_{DATES[0]}.tif", np.full((64, 64), 5, "u2"), name="old")
    return archive(CONFIG)


@pytest.mark.parametrize(
    ("layer", "bands", "old", "stored"), [("s2", ["B01", "B04"], "B01", 1500), ("own", ["old", "new"], "old", 5)]
)
def test_a_band_of_the_oldest_scene_can_be_asked_for(series, layer, bands, old, stored):
    collection = series.engine.collection(layer)
    assert sorted(field.name for field in collection.fields) == sorted(bands)
    found = series.coverage(layer, series.grid(layer), bands=(old,), time="2022-01-01", units="stored")
    assert (found.values[found.valid] == stored).all()
    assert found.valid.any()


def test_a_band_leaves_with_the_last_scene_that_has_it(series):
    assert "old" in [field.name for field in series.engine.collection("own").fields]
    catalog = open_catalog(series.folder / "catalog.sqlite", writable=True)
    catalog.remove("own", [f"old_two_{DATES[0]}"])
    catalog.close()
    assert [field.name for field in series.engine.collection("own").fields] == ["new"]
