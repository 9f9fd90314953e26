"""The lists that every server is asked: seeded, without repetition, inside the archive."""

from pathlib import Path

import pytest
from benchmarks.scenes import EPSG, Archive
from benchmarks.workloads import WORKLOADS, positions, tile_bounds, tiles_inside, warm_up
from pyproj import Transformer

FULL = Archive(Path("/nowhere"), 1.0)
QUICK = Archive(Path("/nowhere"), 0.5)


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_list_is_the_same_in_every_run(name):
    assert positions(WORKLOADS[name], QUICK) == positions(WORKLOADS[name], QUICK)


@pytest.mark.parametrize("name", WORKLOADS)
def test_no_position_is_listed_twice(name):
    listed = positions(WORKLOADS[name], QUICK)
    assert len(set(listed)) == len(listed) > 0


@pytest.mark.parametrize("name", [name for name in WORKLOADS if name != "W5"])
def test_a_position_of_one_scene_lies_wholly_inside_it(name):
    for position in positions(WORKLOADS[name], QUICK)[:300]:
        west, south, east, north = QUICK.scene(position.scene).bounds
        back = Transformer.from_crs(position.epsg, EPSG, always_xy=True)
        left, bottom, right, top = back.transform_bounds(*position.bounds, densify_pts=5)
        assert west - 1 <= left < right <= east + 1
        assert south - 1 <= bottom < top <= north + 1


@pytest.mark.parametrize(
    ("name", "least"), [("W1p", 15000), ("W1j", 15000), ("W1b", 15000), ("W1s", 9373), ("W2", 15000)]
)
def test_the_lists_of_the_full_archive_are_long_enough_not_to_wrap(name, least):
    assert len(positions(WORKLOADS[name], FULL)) >= least


def test_map_views_are_blocks_of_five_by_four_neighbours():
    listed = positions(WORKLOADS["W1p"], QUICK)
    for start in range(0, 200, 20):
        view = listed[start : start + 20]
        columns = {position.tile[1] for position in view}
        rows = {position.tile[2] for position in view}
        assert (max(columns) - min(columns), max(rows) - min(rows)) == (4, 3)
        assert len({position.scene for position in view}) == 1


def test_coverage_windows_lie_on_the_native_grid():
    for position in positions(WORKLOADS["W4"], QUICK):
        west, _, _, north = QUICK.scene(position.scene).bounds
        assert (position.bounds[0] - west) % 10 == 0
        assert (north - position.bounds[3]) % 10 == 0
        assert position.bounds[2] - position.bounds[0] == 10 * position.width


def test_the_mosaic_has_tiles_on_the_seam_and_tiles_on_the_swath_edge():
    back = Transformer.from_crs(3857, EPSG, always_xy=True)
    seam = (QUICK.scenes[1].bounds[0], QUICK.scenes[0].bounds[2])
    on_seam = [
        position
        for position in positions(WORKLOADS["W5"], QUICK)
        if back.transform_bounds(*position.bounds)[0] < seam[1] and back.transform_bounds(*position.bounds)[2] > seam[0]
    ]
    assert 0 < len(on_seam) < len(positions(WORKLOADS["W5"], QUICK))


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_warm_up_asks_nothing_that_is_listed(name):
    listed = set(positions(WORKLOADS[name], QUICK))
    assert warm_up(WORKLOADS[name], QUICK)
    assert listed.isdisjoint(warm_up(WORKLOADS[name], QUICK))


def test_the_hot_list_is_twenty_tiles_of_one_view():
    listed = positions(WORKLOADS["hot"], FULL)
    assert len(listed) == 20
    assert len({position.scene for position in listed}) == 1


def test_tile_bounds_follow_the_web_mercator_quad():
    west, south, east, north = tile_bounds(1, 1, 0)
    assert (west, south) == (0.0, 0.0)
    assert east == north == pytest.approx(20037508.342789244)


def test_a_tile_that_sticks_out_of_the_area_is_left_out():
    area = (400000.0, 5450000.0, 420000.0, 5470000.0)
    back = Transformer.from_crs(3857, EPSG, always_xy=True)
    found = set(tiles_inside(area, 13))
    assert found
    columns = [x for _, x, _ in found]
    beside = tile_bounds(13, min(columns) - 1, next(iter(found))[2])
    assert back.transform(beside[0], beside[1])[0] < area[0]
