"""What a person sees of their own file without naming a style: what GDAL's linear stretch of it shows."""

import io
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.enums import ColorInterp, Resampling
from tests.unit.engine.conftest import open_archive

from bandstand.catalog.sqlite import open_catalog
from bandstand.errors import UnknownBand
from bandstand.model.ask import Ask
from bandstand.model.grid import BBox, Grid
from bandstand.model.request import Output, Request

ROWS, COLUMNS = 150, 170
WIDTH, HEIGHT = 119, 105
PNG = Output(kind="map", media_type="image/png")


def landscape(seed=0):
    """(150, 170) from 0 to 1: hills, a valley and some noise."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] / 60.0
    hills = np.sin(2.1 * x + seed) * np.cos(1.7 * y - seed) + 0.4 * x - 0.3 * y
    hills += 0.05 * np.random.default_rng(seed).standard_normal(hills.shape)
    return (hills - hills.min()) / (hills.max() - hills.min())


P = landscape()


def scaled(low, high, dtype):
    return (low + P * (high - low)).astype(dtype)


def with_holes(values, fill, rows=slice(20, 60)):
    values = values.copy()
    values[rows, 30:90] = fill
    return values


def with_outliers(values, *outliers):
    values = values.copy()
    for place, outlier in enumerate(outliers):
        values[7 + place, 11:14] = outlier
    return values


def bands(count, dtype="uint16"):
    return np.stack([(300 + 20 * n + landscape(n) * 900).astype(dtype) for n in range(count)])


def coloured(low, high, dtype):
    return np.stack([(low + landscape(n) * (high - low)).astype(dtype) for n in range(3)])


KINDS = {
    "uint8_all": (scaled(0, 255, "u1"), {}),
    "uint8_narrow": (scaled(40, 90, "u1"), {}),
    "uint8_mask": ((P > 0.5).astype("u1"), {}),
    "int8": (scaled(-100, 20, "i1"), {}),
    "int16_depth": (scaled(-5200, -300, "i2"), {}),
    "uint16_reflectance": (scaled(300, 4000, "u2"), {}),
    "uint16_all": (scaled(0, 65535, "u2"), {}),
    "uint32": (scaled(3_000_000, 3_500_000, "u4"), {}),
    "int32": (scaled(-2_000_000, 500_000, "i4"), {}),
    "float32_index": (scaled(-0.2, 0.9, "f4"), {}),
    "float32_kelvin": (scaled(271, 309, "f4"), {}),
    "float64_tiny": (scaled(2e-7, 9e-7, "f8"), {}),
    "float64_vast": (scaled(-4e300, 3e300, "f8"), {}),
    "nodata": (with_holes(scaled(100, 900, "f4"), -9999), {"nodata": -9999}),
    "nan": (with_holes(scaled(100, 900, "f4"), np.nan), {}),
    "infinite": (with_holes(scaled(100, 900, "f4"), np.inf, slice(20, 24)), {}),
    "fill_undeclared": (with_holes(scaled(100, 900, "f4"), -3.4e38), {}),
    "fill_undeclared_integer": (with_holes(scaled(100, 900, "u2"), 65535), {}),
    "outliers": (with_outliers(scaled(1, 7, "f8"), 1e30, -1e12, 5e5), {}),
    "scale_and_offset": (scaled(1000, 8000, "i2"), {"scales": (0.01,), "offsets": (-20.0,)}),
    "complex": ((scaled(-3, 5, "f4") * (1 + 1j)).astype("c8"), {}),
    "two_bands": (bands(2), {}),
    "five_bands": (bands(5), {}),
    "two_hundred_bands": (bands(200), {}),
    "overviews": (scaled(300, 4000, "u2"), {"overviews": [2, 4]}),
    "strips": (scaled(300, 4000, "u2"), {"tiled": False}),
    "jpeg2000": (scaled(300, 4000, "u2"), {"driver": "JP2OpenJPEG"}),
    "picture_16bit": (coloured(200, 3000, "u2"), {"photometric": "RGB"}),
    "picture_float": (coloured(0, 1, "f4"), {"photometric": "RGB"}),
    "three_bands": (coloured(-30, 40, "i2"), {}),
    "picture_8bit": (coloured(0, 255, "u1"), {}),
}  # fmt: skip


def write(
    path, values, *, crs="EPSG:32631", scales=(), offsets=(), overviews=(), names=(), colours=(), table=None, **how
):
    planes = values if values.ndim == 3 else values[np.newaxis]
    path.parent.mkdir(parents=True, exist_ok=True)
    layout = {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 64} | how
    if layout["driver"] != "GTiff":
        layout = {"driver": layout["driver"], "QUALITY": "100", "REVERSIBLE": "YES"}
    elif not layout["tiled"]:
        del layout["blockxsize"], layout["blockysize"]
    place = rasterio.Affine(10, 0, 500_000, 0, -10, 5_400_000)
    shape = {
        "count": len(planes),
        "height": ROWS,
        "width": COLUMNS,
        "dtype": planes.dtype,
        "crs": crs,
        "transform": place,
    }
    with rasterio.open(path, "w", **shape, **layout) as file:
        if colours:
            file.colorinterp = colours
        file.write(planes)
        if scales:
            file.scales, file.offsets = scales, offsets
        if names:
            file.descriptions = names
        if table:
            file.write_colormap(1, table)
    if overviews:
        with rasterio.open(path, "r+") as file:
            file.build_overviews(overviews, Resampling.average)
    return path


def draw(engine, layer, *, width=WIDTH, height=HEIGHT, box=None, **wishes):
    """(y, x, 4) of the default map."""
    settled = engine.ask(engine.layer(layer, "wms"), Ask(**wishes))
    whole = engine.domain(engine.layer(layer, "wms")).grid
    grid = Grid.from_bbox(whole.crs, box or whole.bbox, width, height)
    response = engine.run(Request(layers=(settled,), grid=grid, output=PNG))
    return np.asarray(Image.open(io.BytesIO(response.body)).convert("RGBA"))


def key(engine, layer, **wishes):
    """The range of each channel, as the settled style has it."""
    return engine.ask(engine.layer(layer, "wms"), Ask(**wishes)).style.ranges


def stretched(path, count):
    """(band, y, x) from 0 to 1 where there is data, as `gdal_translate -scale` stretches, less its end values."""
    with rasterio.open(path) as file:
        values = file.read(list(range(1, count + 1)), masked=True)
    values = values.real if values.dtype.kind == "c" else values
    values = np.ma.masked_invalid(values.astype("f8"))
    values = np.ma.masked_where((np.abs(values) > 1e37) & (np.abs(values) < 1e39), values)
    if path.stem.startswith("fill_undeclared_integer"):
        values = np.ma.masked_equal(values, 65535)
    low, high = (np.quantile(values.compressed().reshape(-1), q) for q in (0.01, 0.99))
    return np.clip(values / (high - low) - low / (high - low), 0, 1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """Every kind of file as a collection of three days without a style."""
    folder = tmp_path_factory.mktemp("kinds")
    sections, layers = [], []
    for kind, (values, how) in KINDS.items():
        suffix = ".jp2" if "driver" in how else ".tif"
        write(folder / kind / f"{kind}{suffix}", values, **how)
        sections.append(f"  {kind}: {{profile: generic, source: {kind}}}\n")
        layers.append(f"  - {{name: {kind}, collection: {kind}}}\n")
    opened = open_archive(folder, f"collections:\n{''.join(sections)}layers:\n{''.join(layers)}")
    yield opened.engine
    opened.engine.close()


def file_of(engine, kind):
    (item,) = engine.catalog.search(kind)
    return Path(next(iter(item.assets.values())).href)


@pytest.mark.parametrize("kind", KINDS)
def test_the_default_map_of_any_file_shows_what_is_in_it(engine, kind):
    drawn = draw(engine, kind)
    seen = drawn[..., 3] == 255
    assert seen.mean() > 0.5
    assert drawn[seen][:, :3].std(axis=0).min() > 20

    count = 3 if "picture" in kind or kind == "three_bands" else 1
    want = stretched(file_of(engine, kind), count)
    rows = ((np.arange(HEIGHT) + 0.5) * ROWS / HEIGHT).astype(int)
    columns = ((np.arange(WIDTH) + 0.5) * COLUMNS / WIDTH).astype(int)
    for channel in range(count):
        sampled = want[channel][np.ix_(rows, columns)]
        both = seen & ~np.ma.getmaskarray(sampled)
        found = drawn[..., channel][both].astype(float)
        assert np.corrcoef(found, sampled.data[both])[0, 1] > 0.97


# ---- what the file says of colours


def opened(tmp_path, profile="generic", more="", layer=""):
    text = f"collections:\n  own: {{profile: {profile}, source: own{more}}}\n"
    return open_archive(tmp_path, f"{text}layers:\n  - {{name: own, collection: own{layer}}}\n").engine


BYTES = coloured(0, 255, "u1")


@pytest.mark.parametrize("profile", ["rgb", "generic"])
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "cubic", "average"])
def test_a_picture_of_bytes_is_as_in_the_file_whatever_the_resampling(tmp_path, profile, resampling):
    write(tmp_path / "own/photo_20200101.tif", BYTES, photometric="RGB")
    engine = opened(tmp_path, profile)
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS, resampling=resampling)
    np.testing.assert_array_equal(drawn[..., :3], np.moveaxis(BYTES, 0, 2))
    engine.close()


@pytest.mark.parametrize("resampling", ["bilinear", "cubic", "average"])
def test_zoom_and_resampling_do_not_change_the_range(tmp_path, resampling):
    flat = np.full((ROWS, COLUMNS), 100, "u2")
    flat[:, 85:] = 300
    write(tmp_path / "own/flat_20200101.tif", flat)
    engine = opened(tmp_path)
    box = BBox(500_200.0, 5_399_000.0, 500_500.0, 5_399_300.0)
    greys = {
        draw(engine, "own", width=size, height=size, box=box, resampling=resampling)[5, 5, 0] for size in (9, 30, 77)
    }
    assert greys == {draw(engine, "own", width=COLUMNS, height=ROWS, resampling="nearest")[5, 5, 0]}
    engine.close()


def test_an_alpha_band_is_transparency_and_no_band(tmp_path):
    alpha = np.full((1, ROWS, COLUMNS), 255, "u1")
    alpha[:, :70] = 0
    colours = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    write(tmp_path / "own/photo_20200101.tif", np.concatenate([BYTES, alpha]), photometric="RGB", colours=colours)
    engine = opened(tmp_path)
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert (drawn[:70, :, 3] == 0).all()
    np.testing.assert_array_equal(drawn[70:, :, :3], np.moveaxis(BYTES, 0, 2)[70:])
    assert [field.common_name for field in engine.collection("own").fields] == ["red", "green", "blue"]
    engine.close()


@pytest.mark.parametrize("tiled", [True, False])
@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_an_alpha_band_is_transparency_beside_any_number_of_bands(tmp_path, count, tiled):
    alpha = np.full((1, ROWS, COLUMNS), 255, "u1")
    alpha[:, :70] = 0
    planes = np.concatenate([bands(count, "u1"), alpha])
    colours = (ColorInterp.gray, *[ColorInterp.undefined] * (count - 1), ColorInterp.alpha)
    write(tmp_path / "own/many_20200101.tif", planes, photometric="MINISBLACK", colours=colours, tiled=tiled)
    engine = opened(tmp_path)
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert not drawn[:70, :, 3].any()
    assert drawn[70:, :, 3].all()
    assert len(engine.collection("own").fields) == count
    engine.close()


def test_red_green_and_blue_are_found_among_other_bands(tmp_path):
    four = np.concatenate([P[np.newaxis] * 255, BYTES[::-1]]).astype("u1")
    colours = (ColorInterp.undefined, ColorInterp.blue, ColorInterp.green, ColorInterp.red)
    write(tmp_path / "own/four_20200101.tif", four, photometric="MINISBLACK", colours=colours)
    engine = opened(tmp_path)
    np.testing.assert_array_equal(draw(engine, "own", width=COLUMNS, height=ROWS)[..., :3], np.moveaxis(BYTES, 0, 2))
    engine.close()


@pytest.mark.parametrize("overviews", [(), [2, 4]])
def test_a_colour_table_is_used_and_its_band_never_interpolated(tmp_path, overviews):
    table = {n: (n * 7 % 256, n * 13 % 256, 255 - n, 255) for n in range(256)}
    values = (P * 11).astype("u1")
    write(tmp_path / "own/map_20200101.tif", values, table=table, overviews=overviews)
    engine = opened(tmp_path)
    colours = {table[n] for n in range(12)}
    for size in (COLUMNS, WIDTH, 40, 300):
        drawn = draw(engine, "own", width=size, height=size, resampling="average")
        assert set(map(tuple, drawn.reshape(-1, 4).tolist())) <= colours
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    np.testing.assert_array_equal(drawn, np.array([table[n] for n in range(256)], "u1")[values])
    engine.close()


@pytest.mark.parametrize("count", [3, 200])
def test_black_is_a_colour_of_a_table_without_gaps(tmp_path, count):
    table = {n: (n, n // 2, 255 - n, 255) for n in range(1, count)} | {0: (0, 0, 0, 255)}
    values = (P * (count - 0.5)).astype("u1")
    write(tmp_path / "own/map_20200101.tif", values, table=table)
    engine = opened(tmp_path)
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert (drawn[values == 0] == (0, 0, 0, 255)).all()
    engine.close()


def test_codes_beside_a_fill_that_nobody_declared_have_their_colours(tmp_path):
    codes = np.digitize(P, (0.4, 0.6)) * 100 + 311
    write(tmp_path / "own/cover_20200101.tif", with_holes(codes.astype("u2"), 65535))
    engine = opened(tmp_path, "categorical")
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert (drawn[..., 3] == with_holes(np.full(codes.shape, 255), 0)).all()
    engine.close()


@pytest.mark.parametrize(
    ("dtype", "codes"), [("i2", (111, 311, 523)), ("u2", (1001, 1002, 1940)), ("i1", (-5, 0, 90)), ("i4", (7, 8, 300))]
)
def test_codes_of_any_size_have_a_colour_each_in_every_scene(tmp_path, dtype, codes):
    parts = np.digitize(P, (0.4, 0.6))
    write(tmp_path / "own/cover_20200101.tif", np.array(codes)[parts].astype(dtype))
    write(tmp_path / "own/cover_20210101.tif", np.full((ROWS, COLUMNS), codes[1], dtype))
    engine = opened(tmp_path, "categorical")
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS, time="2020-01-01")
    assert (drawn[..., 3] == 255).all()
    colours = [np.unique(drawn[parts == n], axis=0) for n in range(3)]
    assert [len(found) for found in colours] == [1, 1, 1]
    assert len({tuple(found[0]) for found in colours}) == 3
    again = draw(engine, "own", width=COLUMNS, height=ROWS, time="2021-01-01")
    assert (again == colours[1][0]).all()
    engine.close()


@pytest.mark.parametrize("profile", ["generic", "categorical"])
def test_a_class_that_the_newest_table_lacks_has_its_colour_on_older_dates(tmp_path, profile):
    parts = np.digitize(P, (0.4, 0.6)).astype("u1") + 1
    write(tmp_path / "own/cover_20200101.tif", parts, table={1: (9, 9, 9), 2: (0, 200, 0), 3: (0, 0, 200)})
    write(tmp_path / "own/cover_20210101.tif", np.minimum(parts, 2), table={1: (200, 0, 0), 2: (0, 200, 0)})
    engine = opened(tmp_path, profile)
    colours = np.array([(200, 0, 0, 255), (0, 200, 0, 255), (0, 0, 200, 255)], "u1")
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS, time="2020-01-01")
    np.testing.assert_array_equal(drawn, colours[parts - 1])
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS, time="2021-01-01")
    np.testing.assert_array_equal(drawn, colours[np.minimum(parts, 2) - 1])
    engine.close()


@pytest.mark.parametrize("how", [{"photometric": "MINISWHITE"}, {"table": {0: (255, 255, 255), 1: (0, 0, 0)}}])
@pytest.mark.parametrize("profile", ["generic", "categorical"])
def test_a_scanned_map_is_black_on_white(tmp_path, profile, how):
    ink = (P > 0.6).astype("u1")
    write(tmp_path / "own/scan_20200101.tif", ink, nbits=1, **how)
    engine = opened(tmp_path, profile)
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert (drawn[ink == 1] == (0, 0, 0, 255)).all()
    assert (drawn[ink == 0] == 255).all()
    engine.close()


# ---- one range for all dates


LEVELS = {"20200101": (100, 400), "20200102": (300, 700), "20200103": (600, 1100)}


@pytest.fixture
def series(tmp_path):
    for date, (low, high) in LEVELS.items():
        write(tmp_path / f"own/{date}/ndvi_{date}.tif", scaled(low, high, "f4"))
    text = "collections:\n  own: {profile: generic, source: own, pattern: '(?P<band>ndvi)_(?P<date>\\d{8})'}\n"
    engine = open_archive(tmp_path, f"{text}layers:\n  - {{name: own, collection: own}}\n").engine
    yield engine
    engine.close()


@pytest.mark.parametrize("day", ["2020-01-01", "2020-01-02", "2020-01-03"])
def test_every_date_is_visible_in_the_one_range_of_all(series, day):
    drawn = draw(series, "own", time=day)
    assert drawn[..., 0].std() > 20
    (span,) = key(series, "own", time=day)
    assert span == key(series, "own")[0]
    pooled = np.concatenate([scaled(*ends, "f4").ravel() for ends in LEVELS.values()])
    np.testing.assert_allclose(span, np.quantile(pooled, (0.02, 0.98)), atol=0.02 * np.ptp(pooled))


def test_the_legend_tells_the_range_of_the_data(series):
    told = series.legend(series.ask(series.layer("own", "wms"), Ask()), media_type="application/json")
    low, high = key(series, "own")[0]
    assert f'"quantity": "{low:g}"'.encode() in told.body
    assert f'"quantity": "{high:g}"'.encode() in told.body


def test_a_legend_that_nobody_styled_is_titled_by_its_layer(tmp_path):
    write(tmp_path / "own/map_20200101.tif", (P * 2).astype("u1"), table={1: (200, 0, 0)})
    engine = opened(tmp_path, layer=", title: Old sheets")
    told = engine.legend(engine.ask(engine.layer("own", "wms"), Ask()), media_type="application/json")
    assert b'"title": "Old sheets"' in told.body
    engine.close()


def test_scenes_of_before_that_tell_nothing_are_shown_over_all_values_of_their_type(tmp_path):
    write(tmp_path / "own/dn_20200101.tif", scaled(300, 4000, "u2"))
    engine = opened(tmp_path)
    (item,) = engine.catalog.search("own")
    del item.properties["bandstand:statistics"]
    catalog = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    catalog.upsert([item])
    catalog.close()
    assert key(engine, "own") == ((0.0, 65535.0),)
    engine.close()


# ---- numbers that no range suits


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4", "f8"])
def test_a_constant_is_a_middle_grey(tmp_path, dtype):
    write(tmp_path / "own/flat_20200101.tif", np.full((ROWS, COLUMNS), 7, dtype))
    engine = opened(tmp_path)
    assert set(np.unique(draw(engine, "own")[..., 0])) <= {127, 128}
    engine.close()


@pytest.mark.parametrize(("dtype", "nodata"), [("f4", np.nan), ("u1", 0), ("i2", -1)])
def test_a_file_without_a_single_value_is_a_transparent_map(tmp_path, dtype, nodata):
    write(tmp_path / "own/none_20200101.tif", np.full((ROWS, COLUMNS), nodata, dtype), nodata=nodata)
    engine = opened(tmp_path)
    assert not draw(engine, "own")[..., 3].any()
    engine.close()


def test_few_values_among_many_equal_ones_are_seen(tmp_path):
    rain = np.zeros((ROWS, COLUMNS), "f4")
    rain[3:6, 5:60] = 40
    write(tmp_path / "own/rain_20200101.tif", rain)
    engine = opened(tmp_path)
    assert key(engine, "own") == ((0.0, 40.0),)
    engine.close()


# ---- archives of a profile that lack what its usual style paints


@pytest.mark.parametrize(
    ("profile", "files"),
    [
        ("sentinel-2-l2a", {"B08": scaled(300, 4000, "u2")}),
        ("sentinel-2-l2a", {"B05": scaled(300, 1200, "u2"), "B06": scaled(300, 4000, "u2")}),
        ("sentinel-2-l1c", {"B04": scaled(300, 1200, "u2"), "B03": scaled(300, 4000, "u2")}),
        ("landsat-c2-l2", {"ST_B10": scaled(38_000, 46_000, "u2")}),
    ],
)
def test_an_archive_without_colours_shows_its_first_band(tmp_path, profile, files):
    scene = {"landsat-c2-l2": "LC08_L2SP_199026_20200101_20200113_02_T1"}.get(profile, "S2A_31UDQ_20200101_0_L2A")
    for band, values in files.items():
        write(tmp_path / f"own/{scene}/{scene}_{band}.tif", values, nodata=0)
    engine = opened(tmp_path, profile)
    first = engine.collection("own").fields[0].name
    drawn = draw(engine, "own", width=COLUMNS, height=ROWS)
    assert drawn[..., 0].std() > 20
    assert np.corrcoef(drawn[..., 0].ravel().astype(float), files[first].ravel())[0, 1] > 0.97
    engine.close()


@pytest.mark.parametrize("more", [("aot",), ("aot", "dem")])
def test_a_date_that_lacks_bands_of_others_is_drawn_by_one_that_all_have(tmp_path, more):
    for name, day in (*((band, "20200101") for band in more), ("ndvi", "20200101"), ("ndvi", "20200109")):
        write(tmp_path / f"own/{name}_{day}.tif", scaled(300, 4000, "u2"))
    engine = opened(tmp_path)
    for day in ("2020-01-01", "2020-01-09"):
        drawn = draw(engine, "own", time=day)
        assert drawn[..., 3].min() == 255
        assert drawn[..., 0].std() > 20
    engine.close()


def test_the_newest_date_is_drawn_where_no_band_is_of_all(tmp_path):
    for name, day in (("aot", "20200101"), ("ndvi", "20200109"), ("ndvi", "20200105")):
        write(tmp_path / f"own/{name}_{day}.tif", scaled(300, 4000, "u2"))
    engine = opened(tmp_path)
    assert draw(engine, "own")[..., 0].std() > 20
    assert draw(engine, "own", time="2020-01-05")[..., 0].std() > 20
    engine.close()


@pytest.mark.parametrize("bands", ["[x1]", "[x1, x2, x3]", "[b1, x1]"])
def test_a_band_that_no_file_has_is_told(tmp_path, bands):
    write(tmp_path / "own/two_20200101.tif", KINDS["two_bands"][0])
    engine = opened(tmp_path, layer=f", bands: {bands}")
    with pytest.raises(UnknownBand, match="x1"):
        engine.ask(engine.layer("own", "wms"), Ask(bands=tuple(bands.strip("[]").split(", "))))
    if bands != "[b1, x1]":
        with pytest.raises(UnknownBand, match="x1"):
            engine.ask(engine.layer("own", "wms"), Ask())
    engine.close()


@pytest.mark.parametrize(("dtype", "high"), [("u2", 3000), ("f4", 1.0)])
def test_a_picture_of_other_numbers_than_bytes_is_visible_under_its_profile(tmp_path, dtype, high):
    write(tmp_path / "own/photo_20200101.tif", coloured(0, high, dtype), photometric="RGB")
    engine = opened(tmp_path, "rgb")
    assert draw(engine, "own")[..., :3].std(axis=(0, 1)).min() > 20
    engine.close()


@pytest.mark.parametrize(("low", "high"), [(0, 60), (400, 900), (3000, 8800)])
def test_heights_of_anywhere_are_told_apart(tmp_path, low, high):
    write(tmp_path / "own/dem.tif", scaled(low, high, "f4"))
    engine = opened(tmp_path, "dem")
    assert draw(engine, "own")[..., :3].std(axis=(0, 1)).max() > 20
    assert key(engine, "own")[0] == pytest.approx((low, high), abs=0.15 * (high - low))
    engine.close()


def test_a_band_that_the_configuration_speaks_of_keeps_the_range_of_its_data(tmp_path):
    write(tmp_path / "own/x_20200101.tif", scaled(40, 90, "u1"), names=("x",))
    engine = opened(tmp_path, more=", bands: {x: {nodata: 255}}")
    assert draw(engine, "own")[..., 0].std() > 20
    engine.close()


def test_a_band_without_a_range_that_the_request_chooses_gets_that_of_its_data(engine):
    chosen = engine.ask(engine.layer("five_bands", "wms"), Ask(bands=("b4",))).style
    values = KINDS["five_bands"][0][3]
    np.testing.assert_allclose(chosen.ranges[0], np.quantile(values, (0.02, 0.98)), atol=0.02 * np.ptp(values))


def test_yes_or_no_is_black_or_white(engine):
    drawn = draw(engine, "uint16_reflectance", expr="uint16_reflectance > 2000")
    assert set(np.unique(drawn[..., 0])) == {0, 255}
