"""The range of a picture from how numbers are spread: quantiles of all scenes, declared statistics, odd ones."""

import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import open_archive

from bandstand.engine.spread import declared_spread, picture_range, range_of_all, spread_of, spreads_in
from bandstand.model.field import Field
from bandstand.read.base import Level
from bandstand.read.glance import level_for, windows_of
from bandstand.read.library import Library

RANDOM = np.random.default_rng(11)


def spread(values, share=1.0, scale=1.0, offset=0.0):
    return spread_of(np.asarray(values), share, scale=scale, offset=offset)


@pytest.mark.parametrize(
    "values",
    [
        RANDOM.normal(50, 9, 40_000),
        RANDOM.lognormal(0, 1.5, 40_000),
        RANDOM.uniform(-3, 3, 40_000),
        RANDOM.integers(0, 90, 40_000),
        np.repeat([0, 5, 9], [30_000, 9_000, 1_000]),
    ],
)
def test_the_range_of_one_scene_is_its_second_to_its_ninety_eighth_percentile(values):
    want = np.quantile(values, (0.02, 0.98), method="closest_observation")
    np.testing.assert_allclose(range_of_all([spread(values)]), want, rtol=1e-6)


def test_the_range_of_many_scenes_is_that_of_all_their_numbers():
    scenes = [RANDOM.normal(mean, 5, 4_000) for mean in RANDOM.uniform(0, 100, 60)]
    low, high = range_of_all([spread(values) for values in scenes])
    want = np.quantile(np.concatenate(scenes), (0.02, 0.98))
    np.testing.assert_allclose((low, high), want, atol=0.02 * (want[1] - want[0]))


def test_one_broken_scene_among_many_does_not_stretch_the_range():
    good = [spread(RANDOM.uniform(0, 10, 2_000)) for _ in range(99)]
    assert range_of_all([*good, spread(RANDOM.uniform(0, 1e9, 2_000))])[1] < 11


def test_a_scene_of_few_valid_pixels_counts_little():
    whole, sliver = spread(RANDOM.uniform(0, 10, 5_000)), spread(RANDOM.uniform(900, 1000, 5_000), share=0.001)
    assert range_of_all([whole, sliver])[1] < 11


def test_a_negative_scale_turns_the_range_round():
    low, high = range_of_all([spread(np.arange(1001), scale=-0.1, offset=7.0)])
    assert (low, high) == pytest.approx((7 - 98.0, 7 - 2.0), abs=0.2)


def test_nothing_is_known_of_an_empty_band():
    assert spread([]) is None
    assert range_of_all([]) is None


@pytest.mark.parametrize(
    ("dtype", "span", "want"),
    [
        ("uint8", (0, 250), (0, 255)),
        ("uint8", (0, 100), (1, 98)),
        ("uint16", (0, 60_000), (0, 65_535)),
        ("int8", (-128, 127), (-128, 127)),
        ("float32", (0, 1), (0.02, 0.98)),
    ],
)
def test_a_type_that_is_half_filled_is_shown_whole(dtype, span, want):
    values = np.linspace(*span, 20_001).astype(dtype)
    found = picture_range(Field(name="b", dtype=dtype), [spread(values)])
    assert found == pytest.approx(want, abs=0.002 * (want[1] - want[0]) + 0.5 * (dtype != "float32"))


@pytest.mark.parametrize(("start", "span"), [(1.6e18, 1e9), (1e9, 1e-3), (-5e6, 0.02)])
def test_small_differences_of_large_numbers_are_told(start, span):
    low, high = range_of_all([spread(start + np.linspace(0, span, 1001))])
    assert (low, high) == pytest.approx((start + 0.02 * span, start + 0.98 * span), abs=0.01 * span, rel=0)


@pytest.mark.parametrize(("low", "high"), [(-0.3, 0.9), (271.3, 310.4), (0.1, 0.7)])
def test_the_decimals_of_a_float32_are_no_reason_to_round_further(low, high):
    values = np.where(np.arange(200) < 100, low, high).astype("f4")
    assert picture_range(Field(name="b", dtype="float32"), [spread(values)]) == (low, high)


def test_ranges_are_rounded_outwards_to_a_thousandth():
    field = Field(name="b", dtype="float64")
    found = picture_range(field, [(1.0, 0.0, 2.0, 0.123456, 0.2, 0.3, 0.4, 0.5, 0.6, 0.987654)])
    assert found == (0.123, 0.988)


@pytest.mark.parametrize("kept", [[None, 3, "x"], [{"b": "no"}, {"b": [1, "x"]}], [{"b": [1.0, 2.0]}]])
def test_statistics_that_nobody_understands_count_as_none(kept):
    field = Field(name="b", dtype="uint8")
    assert picture_range(field, spreads_in(kept).get("b", ())) in {(0.0, 255.0), (1.0, 3.0)}


# ---- what is looked at


def test_a_small_overview_is_looked_at():
    levels = tuple(Level(10_980 >> n, 10_980 >> n) for n in range(9))
    assert levels[level_for(levels)] == Level(343, 343)
    assert level_for((Level(64, 64), Level(32, 32))) == 0


@pytest.mark.parametrize("size", [(300, 200), (5000, 4000), (1_000_000, 3), (3, 1_000_000), (1025, 1024)])
def test_windows_lie_in_their_level_and_reach_all_its_edges(size):
    level = Level(*size)
    windows = list(windows_of(level))
    assert min(w[0] for w in windows) == min(w[1] for w in windows) == 0
    assert max(w[0] + w[2] for w in windows) == level.width
    assert max(w[1] + w[3] for w in windows) == level.height
    assert sum(w[2] * w[3] for w in windows) <= max(1 << 20, level.width * level.height if len(windows) == 1 else 0)


@pytest.fixture
def large(tmp_path):
    """A file of 1100 x 1100 without overviews, 10 to 20, whose statistics tell of 5 to 25."""
    path = tmp_path / "own" / "large_20200101.tif"
    path.parent.mkdir()
    values = np.linspace(10, 20, 1100 * 1100, dtype="f4").reshape(1, 1100, 1100)
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_400_000)
    shape = {"driver": "GTiff", "count": 1, "height": 1100, "width": 1100, "dtype": "float32", "tiled": True}
    with rasterio.open(path, "w", crs="EPSG:32631", transform=place, **shape) as file:
        file.write(values)
        told = {"MINIMUM": 5, "MAXIMUM": 25, "MEAN": 15, "STDDEV": 4}
        file.update_tags(1, **{f"STATISTICS_{key}": value for key, value in told.items()})
    return path


def test_the_statistics_of_a_large_file_spare_its_pixels(large, tmp_path):
    text = "collections:\n  own: {profile: generic, source: own}\nlayers:\n  - {name: own, collection: own}\n"
    engine = open_archive(tmp_path, text).engine
    (item,) = engine.catalog.search("own")
    (kept,) = item.properties["bandstand:statistics"].values()
    assert kept[1:3] == [5, 25]
    assert kept[3::6] == pytest.approx([15 - 4 * 2.0537, 15 + 4 * 2.0537])
    engine.close()


@pytest.mark.parametrize("told", [{"STATISTICS_MEAN": "15"}, {"STATISTICS_STDDEV": "-1"}, {"STATISTICS_MINIMUM": "x"}])
def test_statistics_that_cannot_be_are_not_believed(large, told):
    with rasterio.open(large, "r+") as file:
        file.update_tags(1, STATISTICS_MAXIMUM="12", **told)
    report = Library().describe(str(large))
    assert declared_spread(report, 1, scale=1.0, offset=0.0) is None
