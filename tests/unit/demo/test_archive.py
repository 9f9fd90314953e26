"""The sample archive on two tiny tiles: laws of the data, checked with rasterio."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform as warp_points
from shapely.geometry import Point, shape

from bandstand.demo import archive as archive_module
from bandstand.demo.archive import DemoArchive, generate_layout
from bandstand.demo.frame import layout_of
from bandstand.demo.kinds import COVER_CLASSES
from bandstand.demo.scenes import OVERPASSES, block_mean, halve_pixels
from bandstand.demo.world import build_world

SIZE = 576  # just above a block, so that there are overviews
TINY = 96
SEED = 20240612
FACTORS = {"B01": 6, "B02": 1, "B03": 1, "B04": 1, "B08": 1, "B05": 2, "B8A": 2, "B11": 2, "B12": 2, "SCL": 2}


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> DemoArchive:
    return generate_layout(tmp_path_factory.mktemp("demo"), layout_of(SIZE), seed=SEED)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> DemoArchive:
    return generate_layout(tmp_path_factory.mktemp("tiny"), layout_of(TINY), seed=SEED)


@pytest.fixture(scope="session")
def scenes(demo):
    found = {}
    for path in demo.items:
        item = json.loads(path.read_text())
        if item["collection"] == "s2_l2a":
            day = item["properties"]["datetime"][:10]
            found[item["properties"]["grid:code"][5:], day] = (path.parent, item)
    return found


def read(folder: Path, band: str) -> np.ndarray:
    with rasterio.open(folder / f"{band}.tif") as file:
        return file.read(1)


def reflectance(scene, band: str) -> np.ndarray:
    folder, item = scene
    asset = next(a for a in item["assets"].values() if a["href"] == f"./{band}.tif")
    facts = asset["raster:bands"][0]
    dn = read(folder, band).astype(np.float64)
    return np.where(dn == 0, np.nan, dn * facts["scale"] + facts["offset"])


def digest(paths) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_every_tile_was_seen_on_four_dates(scenes):
    assert len(scenes) == 8
    assert len({day for _, day in scenes}) == 4


def test_tiles_of_one_overpass_were_seen_seconds_apart(scenes):
    times = {tile: item["properties"]["datetime"] for (tile, day), (_, item) in scenes.items() if day == "2022-07-19"}
    assert times == {"30UYV": "2022-07-19T11:06:24Z", "31UBQ": "2022-07-19T11:06:28Z"}


def test_the_same_seed_gives_the_same_bytes(tiny, tmp_path):
    again = generate_layout(tmp_path, layout_of(TINY), seed=SEED)
    assert digest(again.files) == digest(tiny.files)


def test_another_seed_gives_another_landscape():
    bounds = layout_of(96).ground_bounds()
    assert not np.array_equal(build_world(1, bounds).wood, build_world(2, bounds).wood)


def test_the_land_does_not_depend_on_how_much_of_it_is_drawn():
    small = build_world(SEED, (-500.0, -500.0, 500.0, 500.0))
    large = build_world(SEED, (-1000.0, -750.0, 500.0, 600.0))
    assert np.array_equal(small.height, large.height[10:51, 20:])


def test_a_finished_archive_is_not_made_again(demo, monkeypatch):
    monkeypatch.setattr(archive_module, "build_world", None)
    assert generate_layout(demo.folder, layout_of(SIZE), seed=SEED) == demo


def test_an_interrupted_making_leaves_no_marker_and_is_made_whole(tiny, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archive_module, "_make_landcover", stop)
        with pytest.raises(KeyboardInterrupt):
            generate_layout(tmp_path, layout_of(TINY), seed=SEED)
    assert not (tmp_path / ".bandstand-demo.json").exists()
    whole = generate_layout(tmp_path, layout_of(TINY), seed=SEED)
    assert digest(whole.files) == digest(tiny.files)


def test_no_half_written_file_stays(demo):
    assert {path for path in demo.folder.rglob("*") if path.is_file()} == {
        *demo.files,
        demo.folder / ".bandstand-demo.json",
    }


@pytest.mark.parametrize("band", FACTORS)
def test_files_are_cogs_in_the_promised_layout(scenes, band):
    folder, _ = scenes["31UBQ", "2022-07-19"]
    with rasterio.open(folder / f"{band}.tif") as file:
        structure = file.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "DEFLATE"
        assert structure["PREDICTOR"] == "2"
        assert file.block_shapes == [(512, 512)]
        assert file.nodata == 0
        assert file.dtypes == ("uint8" if band == "SCL" else "uint16",)
        assert bool(file.overviews(1)) == (FACTORS[band] == 1)


def test_stac_grids_match_the_files(demo):
    checked = 0
    for path in demo.items:
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            with rasterio.open(path.parent / asset["href"]) as file:
                assert asset["proj:shape"] == [file.height, file.width]
                assert asset["proj:transform"] == pytest.approx(list(file.transform)[:6], abs=1e-9)
                assert file.crs.to_epsg() == item["properties"]["proj:epsg"]
                assert asset["raster:bands"][0]["nodata"] == file.nodata
            checked += 1
    assert checked == 8 * 10 + 2 + 1


def test_grids_of_a_tile_share_their_upper_left_corner(scenes):
    folder, _ = scenes["30UYV", "2022-07-19"]
    corners, extents = set(), set()
    for band in FACTORS:
        with rasterio.open(folder / f"{band}.tif") as file:
            corners.add((file.bounds.left, file.bounds.top))
            extents.add((file.bounds.right, file.bounds.bottom))
    assert len(corners) == len(extents) == 1


def test_the_offset_follows_the_processing_baseline(scenes):
    for _, item in scenes.values():
        offset = item["assets"]["red"]["raster:bands"][0]["offset"]
        assert offset == (-0.1 if item["properties"]["s2:processing_baseline"] >= "04.00" else 0)


def test_all_bands_end_at_the_same_swath_edge(scenes):
    for folder, _ in scenes.values():
        seen = read(folder, "SCL") > 0
        for band, factor in FACTORS.items():
            valid = read(folder, band) > 0
            if factor == 1:
                assert np.array_equal(valid, seen.repeat(2, 0).repeat(2, 1))
            elif factor == 2:
                assert np.array_equal(valid, seen)
            else:
                assert np.array_equal(valid, block_mean(seen.astype(np.float32), 3) == 1)


def test_every_date_has_an_edge_of_its_own(scenes):
    parts = {day: [] for _, day in scenes}
    for (_, day), (folder, _) in sorted(scenes.items()):
        parts[day].append(float((read(folder, "SCL") == 0).mean()))
    assert len({tuple(part) for part in parts.values()}) == 4
    assert all(sum(part) > 0 for part in parts.values())
    assert 0.3 < parts["2022-05-15"][1] < 0.9  # this swath cuts the eastern tile


def test_the_footprint_holds_exactly_what_was_seen(scenes):
    random = np.random.default_rng(5)
    for folder, item in scenes.values():
        outline = shape(item["geometry"])
        with rasterio.open(folder / "SCL.tif") as file:
            scl, crs, transform = file.read(1), file.crs, file.transform
        rows, cols = random.integers(0, scl.shape[0], 200), random.integers(0, scl.shape[1], 200)
        xs, ys = rasterio.transform.xy(transform, rows, cols)
        lons, lats = warp_points(crs, "OGC:CRS84", xs, ys)
        for lon, lat, row, col in zip(lons, lats, rows, cols, strict=True):
            point = Point(lon, lat)
            if outline.boundary.distance(point) > 4e-4:  # 30 m: a pixel's diagonal
                assert outline.contains(point) == bool(scl[row, col])


@pytest.mark.parametrize(("band", "tolerance"), [("B03", 0.006), ("B08", 0.02), ("B11", 0.02)])
def test_the_same_ground_looks_the_same_from_both_zones(scenes, band, tolerance):
    west, east = scenes["30UYV", "2022-07-19"], scenes["31UBQ", "2022-07-19"]
    one, other = reflectance(west, band), reflectance(east, band)
    with rasterio.open(west[0] / f"{band}.tif") as a, rasterio.open(east[0] / f"{band}.tif") as b:
        rows, cols = np.mgrid[0 : one.shape[0] : 3, 0 : one.shape[1] : 3]
        xs, ys = rasterio.transform.xy(a.transform, rows.ravel(), cols.ravel())
        xs, ys = warp_points(a.crs, b.crs, xs, ys)
        # only points whose pixel centres nearly meet: elsewhere the ground itself differs
        fx, fy = (np.array(xs) - b.transform.c) / b.transform.a, (np.array(ys) - b.transform.f) / b.transform.e
    i, j = np.floor(fy).astype(int), np.floor(fx).astype(int)
    inside = (i >= 0) & (j >= 0) & (i < other.shape[0]) & (j < other.shape[1])
    inside &= np.hypot(fx - j - 0.5, fy - i - 0.5) < 0.25
    gap = one[rows, cols].ravel()[inside] - other[i[inside], j[inside]]
    gap = gap[np.isfinite(gap)]
    assert gap.size > 500
    assert abs(np.median(gap)) < 0.0006
    assert np.percentile(np.abs(gap), 75) < tolerance


def test_what_never_changes_looks_the_same_across_the_baseline(scenes, demo):
    before, after = scenes["30UYV", "2021-06-14"], scenes["30UYV", "2022-07-19"]
    with rasterio.open(demo.folder / "landcover/landcover_2021.tif") as cover:
        classes, transform, crs = cover.read(1), cover.transform, cover.crs
    with rasterio.open(before[0] / "B11.tif") as file:
        rows, cols = np.mgrid[0 : file.height, 0 : file.width]
        xs, ys = rasterio.transform.xy(file.transform, rows.ravel(), cols.ravel())
        xs, ys = warp_points(file.crs, crs, xs, ys)
    j = np.floor((np.array(xs) - transform.c) / transform.a).astype(int)
    i = np.floor((np.array(ys) - transform.f) / transform.e).astype(int)
    town = np.isin(classes[i, j], (5, 6)).reshape(rows.shape)
    for band in ("B11", "B12"):
        gap = (reflectance(after, band) - reflectance(before, band))[town]
        gap = gap[np.isfinite(gap)]
        assert gap.size > 1000
        assert abs(np.median(gap)) < 0.004


def test_fields_change_with_the_season(scenes):
    spring, summer = scenes["30UYV", "2022-05-15"], scenes["30UYV", "2022-07-19"]
    nir = reflectance(summer, "B08") - reflectance(spring, "B08")
    assert np.nanpercentile(np.abs(nir), 80) > 0.05


def test_indices_tell_water_from_leaves(scenes):
    scene = scenes["31UBQ", "2022-07-19"]
    red, nir = (block_mean(reflectance(scene, band), 2) for band in ("B04", "B08"))
    ndvi = (nir - red) / (nir + red)
    scl = read(scene[0], "SCL")
    assert np.nanmedian(ndvi[scl == 4]) > 0.6
    assert np.nanmedian(ndvi[scl == 6]) < 0.0


def test_one_date_is_cloudy_and_has_every_cloud_class(demo):
    assert [flight.cloudy for flight in OVERPASSES] == [False, True, False, False]
    cover = {}
    for path in demo.items:
        item = json.loads(path.read_text())
        if item["collection"] == "s2_l2a":
            cover.setdefault(item["properties"]["datetime"][:10], []).append(item["properties"]["eo:cloud_cover"])
    assert max(cover["2021-09-02"]) > 2
    assert all(max(shares) == 0 for day, shares in cover.items() if day != "2021-09-02")


def test_the_elevation_model_has_a_ragged_void(demo):
    with rasterio.open(demo.folder / "dem/dem.tif") as file:
        heights = file.read(1)
        assert (file.nodata, file.dtypes[0], file.crs.to_epsg()) == (-9999.0, "float32", 4326)
        assert file.tags(ns="IMAGE_STRUCTURE")["PREDICTOR"] == "3"
    void = heights == -9999
    rows, cols = np.nonzero(void)
    box = (np.ptp(rows) + 1) * (np.ptp(cols) + 1)
    assert 20 < void.sum() < 0.9 * box
    assert heights[~void].min() >= 0


def test_the_land_cover_carries_its_colours_and_names(demo):
    with rasterio.open(demo.folder / "landcover/landcover_2022.tif") as file:
        table, tags = file.colormap(1), file.tags(1)
        present = set(np.unique(file.read(1)).tolist())
    assert {entry.value: table[entry.value][:3] for entry in COVER_CLASSES} == {
        entry.value: entry.colour for entry in COVER_CLASSES
    }
    assert tags["CLASS_1"] == "Sea"
    assert present <= {entry.value for entry in COVER_CLASSES}
    assert len(present) >= 8


def test_the_land_cover_changes_a_little_from_year_to_year(demo):
    years = []
    for year in (2021, 2022):
        with rasterio.open(demo.folder / f"landcover/landcover_{year}.tif") as file:
            years.append(file.read(1))
    assert 0.0002 < (years[0] != years[1]).mean() < 0.03


def test_halved_pixels_keep_a_plane():
    rows, cols = np.mgrid[0:6, 0:8].astype(np.float32)
    fine = halve_pixels(2 * rows + cols)
    rows, cols = (np.mgrid[0:12, 0:16] - 0.5) / 2
    assert np.allclose(fine[1:-1, 1:-1], (2 * rows + cols)[1:-1, 1:-1])
