"""Bands of STAC items with several files of several bands each: none is lost, and each has the name that tells most."""

import json

import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import open_archive, write_tiff

SIDE = 32
PLANES = {"x": (10, 20), "y": (30, 40)}
NUMBERED = [{"name": "b1"}, {"name": "b2"}]


@pytest.fixture
def served(tmp_path):
    """Numbers by band of an item whose assets x and y are files of two bands."""
    opened = []

    def made(assets, described):
        folder = tmp_path / "scenes"
        for name, numbers in PLANES.items():
            values = np.stack([np.full((SIDE, SIDE), number, np.uint8) for number in numbers])
            with rasterio.open(write_tiff(folder / f"{name}.tif", values), "r+") as file:
                for plane, text in enumerate(described.get(name, ()), start=1):
                    file.set_band_description(plane, text)
        item = {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": "a",
            "geometry": None,
            "links": [],
            "properties": {"datetime": "2022-06-01T10:00:00Z"},
            "assets": {name: {"href": f"{name}.tif", "type": "image/tiff", **more} for name, more in assets.items()},
        }
        (folder / "a.json").write_text(json.dumps(item))
        opened.append(
            open_archive(tmp_path, "layers: [{name: c, collection: c}]\ncollections: {c: {source: scenes}}\n")
        )
        archive = opened[-1]
        names = [field.name for field in archive.engine.collection("c").fields]
        return dict(zip(names, archive.coverage("c", archive.grid("c")).values[:, 0, 0].tolist(), strict=True))

    yield made
    for archive in opened:
        archive.engine.close()


def test_two_files_with_the_same_names_have_all_their_bands(served):
    assets = {"x": {"eo:bands": NUMBERED}, "y": {"eo:bands": NUMBERED}}
    assert served(assets, {}) == {"b1": 10, "b2": 20, "b1_2": 30, "b2_2": 40}


def test_bands_that_are_only_counted_are_not_lost(served):
    assets = {"x": {"raster:bands": [{}, {}]}, "y": {"raster:bands": [{}, {}]}}
    assert served(assets, {}) == {"b1": 10, "b2": 20, "b1_2": 30, "b2_2": 40}


def test_bands_that_are_only_counted_have_the_names_of_their_file(served):
    assets = {"x": {"raster:bands": [{}, {}]}, "y": {"raster:bands": [{}, {}]}}
    assert served(assets, {"x": ("u", "v"), "y": ("", "w")}) == {"u": 10, "v": 20, "b1": 30, "w": 40}


def test_of_two_files_of_different_pixels_the_finer_has_the_band(served):
    assets = {"x": {"eo:bands": NUMBERED, "gsd": 20}, "y": {"eo:bands": NUMBERED, "gsd": 10}}
    assert served(assets, {}) == {"b1": 30, "b2": 40}
