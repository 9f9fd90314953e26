"""The archive at a thirtieth of its size: layout, seams, swath edges, items, and the check against the oracle."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from benchmarks import archive, check
from benchmarks.scenes import Archive
from benchmarks.workloads import WORKLOADS, positions
from shapely.geometry import shape


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    made = Archive(tmp_path_factory.mktemp("archive"), 0.05)
    archive.ensure(made, threads=1)
    return made


def read(scene, band):
    with rasterio.open(scene.path(band)) as source:
        return source.read(1)


def test_a_band_is_a_tiled_deflated_cog_with_predictor(small):
    with rasterio.open(small.scenes[0].path("B04")) as source:
        layout = source.tags(ns="IMAGE_STRUCTURE")
        assert source.profile["blockxsize"] == 512
        assert (layout["LAYOUT"], layout["COMPRESSION"], layout["PREDICTOR"]) == ("COG", "DEFLATE", "2")
        assert source.overviews(1) == [2]


def test_overlapping_tiles_of_one_date_agree_to_the_last_sample(small):
    left, right = small.scenes[:2]
    overlap = small.size_px - small.shift_px
    assert np.array_equal(read(left, "B08")[:, -overlap:], read(right, "B08")[:, :overlap])


def test_dates_differ(small):
    assert (read(small.scenes[0], "B04") != read(small.scenes[4], "B04")).mean() > 0.5


def test_full_scenes_have_no_gap(small):
    assert all(read(scene, "B04").min() > 0 for scene in small.full_scenes)


@pytest.mark.parametrize("name", ["31UDQ_20240611", "31UEQ_20240716"])
def test_the_swath_edge_cuts_all_bands_alike(small, name):
    scene = small.scene(name)
    gap = read(scene, "B02") == 0
    assert 0.02 < gap.mean() < 0.98
    assert np.array_equal(gap, read(scene, "B08") == 0)


def test_a_made_archive_is_left_alone(small):
    before = small.scenes[0].path("B02").stat().st_mtime_ns
    archive.ensure(small)
    assert small.scenes[0].path("B02").stat().st_mtime_ns == before


def test_the_footprint_of_an_item_covers_the_valid_part(small):
    scene = small.scene("31UDQ_20240611")
    item = json.loads((scene.folder / f"S2_{scene.name}.json").read_text())
    whole = json.loads((small.scenes[0].folder / f"S2_{small.scenes[0].name}.json").read_text())
    share = shape(item["geometry"]).area / shape(whole["geometry"]).area
    assert share == pytest.approx((read(scene, "B02") > 0).mean(), abs=0.01)


def test_an_item_names_every_file_beside_it(small):
    scene = small.scenes[0]
    item = json.loads((scene.folder / f"S2_{scene.name}.json").read_text())
    assert {(scene.folder / asset["href"]).resolve() for asset in item["assets"].values()} == set(
        scene.folder.resolve().glob("*.tif")
    )


class Named:
    name = "named"


def verdict(small, monkeypatch, shift_m):
    def fetched(target, position):
        west, south, east, north = position.bounds
        return check.draw(small, replace(position, bounds=(west + shift_m, south, east + shift_m, north)))

    monkeypatch.setattr(check, "fetch", fetched)
    return check.check(Named(), WORKLOADS["W1s"], small)


def test_a_picture_like_the_oracle_passes(small, monkeypatch):
    assert verdict(small, monkeypatch, 0.0).passed


def test_a_picture_shifted_by_half_a_pixel_is_found_out(small, monkeypatch):
    assert not verdict(small, monkeypatch, 7.7).passed


def test_the_mosaic_shows_the_newest_date_where_it_reaches(small):
    position = positions(WORKLOADS["W5"], small)[0]
    pixels, valid = check.draw(small, position)
    newest, reach = check.draw(small, replace(position, scene="31UDQ_20240716"))
    other, beside = check.draw(small, replace(position, scene="31UEQ_20240716"))
    assert np.array_equal(pixels[:, reach], newest[:, reach])
    assert np.array_equal(pixels[:, beside & ~reach], other[:, beside & ~reach])
    assert valid.sum() >= (reach | beside).sum()
