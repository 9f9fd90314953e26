"""GeoTIFF: what rasterio reads is what was written, in every type, packing and size."""

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from bandstand.encode.base import Parts
from bandstand.encode.registry import find_format
from bandstand.encode.tiff import LONG, SHORT, Tag, frame
from bandstand.errors import InvalidParameter
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.raster import Image, Raster, Strips
from bandstand.model.request import Output

TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
GEOTIFF = find_format("image/tiff", "coverage")


def raster(dtype="uint16", bands=2, height=70, width=90, *, crs="EPSG:32631", masked=0.1, nodata=None, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        values = rng.normal(0, 1, (bands, height, width)).astype(dtype)
    else:
        info = np.iinfo(dtype)
        values = rng.integers(max(info.min, -9000) + 1, min(info.max, 9000), (bands, height, width)).astype(dtype)
    fields = tuple(Field(name=f"B{i}", dtype=dtype, nodata=nodata) for i in range(bands))
    valid = rng.random((1, height, width)) >= masked
    return Raster(values, valid, fields, Grid.from_bbox(parse_crs(crs), BBox(2, 40, 2.9, 40.7), width, height))


def write(source, tags=None, **options):
    output = Output(kind="coverage", media_type="image/tiff", options=tuple(options.items()))
    body = GEOTIFF.data(source, output, tags or {})
    if isinstance(body, Parts):
        data = b"".join(body.parts)
        assert len(data) == body.length
        return data
    return body


def expected(source):
    dtype = source.values.dtype
    nothing = np.nan if dtype.kind == "f" else 0 if dtype.kind == "u" else np.iinfo(dtype).min
    return np.where(source.valid, source.values, np.asarray(nothing).astype(dtype))


def read(data):
    with MemoryFile(data) as memory, memory.open() as file:
        return file.read()


@pytest.mark.parametrize("compression", ["none", "deflate", "lzw", "zstd", "packbits"])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_comes_back_from_every_compression(dtype, compression):
    source = raster(dtype)
    np.testing.assert_array_equal(read(write(source, compression=compression)), expected(source))


@pytest.mark.parametrize("tiling", ["true", "false"])
@pytest.mark.parametrize("interleave", ["band", "pixel"])
@pytest.mark.parametrize("compression", ["none", "deflate"])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (256, 256), (257, 511)])
def test_every_size_comes_back_from_every_layout(size, compression, interleave, tiling):
    source = raster("float32", 3, *size)
    data = write(source, compression=compression, interleave=interleave, tiling=tiling)
    np.testing.assert_array_equal(read(data), expected(source))


@pytest.mark.parametrize("interleave", ["band", "pixel"])
@pytest.mark.parametrize(
    ("dtype", "predictor"),
    [
        ("uint8", "none"),
        ("uint16", "horizontal"),
        ("int32", "2"),
        ("float32", "floatingpoint"),
        ("float64", "3"),
        # Differences of the bits, as libtiff takes them.
        ("float32", "horizontal"),
        ("float64", "2"),
    ],
)
def test_every_predictor_comes_back(dtype, predictor, interleave):
    source = raster(dtype)
    data = write(source, compression="deflate", predictor=predictor, interleave=interleave)
    np.testing.assert_array_equal(read(data), expected(source))


def test_a_large_picture_comes_in_parts_that_join_to_the_whole():
    source = raster("float32", 2, 1100, 1300)
    body = GEOTIFF.data(source, Output(kind="coverage", media_type="image/tiff"), {})
    parts = list(body.parts)
    assert len(parts) > 10
    assert sum(map(len, parts)) == body.length
    np.testing.assert_array_equal(read(b"".join(parts)), expected(source))


def in_strips(source, heights, *, settled, **options):
    """The file of a raster that comes in pieces of such heights."""
    starts = np.cumsum([0, *heights])[:-1]
    whole = [slice(start, start + height) for start, height in zip(starts, heights, strict=True)]
    grid = source.grid
    parts = (
        Raster(
            source.values[:, rows],
            # One mask for all bands in some pieces, one a band in others.
            source.valid[:, rows]
            if number % 2
            else np.broadcast_to(source.valid[:, rows], source.values[:, rows].shape),
            source.fields,
            grid.crop(0, rows.start, grid.width, rows.stop - rows.start),
        )
        for number, rows in enumerate(whole)
    )
    output = Output(kind="coverage", media_type="image/tiff", options=tuple(options.items()))
    strips = Strips(source.fields, grid, source.values.dtype, parts)
    body = GEOTIFF.strips(strips, output, lambda: {"EXPRESSION": "known"}, settled=settled)
    data = b"".join(body.parts)
    assert len(data) == body.length
    return data


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("options", [{}, {"compression": "deflate"}, {"tiling": "true", "tilewidth": "16"}], ids=str)
@pytest.mark.parametrize("interleave", ["band", "pixel"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16"])
def test_a_file_made_of_strips_is_that_of_the_whole(dtype, interleave, options, settled):
    source = raster(dtype, height=200, width=900)
    made = in_strips(source, [1, 60, 2, 97, 40], settled=settled, interleave=interleave, **options)
    assert made == write(source, {"EXPRESSION": "known"}, interleave=interleave, **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_uncompressed_file_begins_before_its_last_strip_is_made(dtype):
    source = raster(dtype, height=300, width=4000)
    made = []

    def parts():
        for row in range(0, 300, 60):
            made.append(row)
            rows = slice(row, row + 60)
            grid = source.grid.crop(0, row, 4000, 60)
            yield Raster(source.values[:, rows], source.valid[:, rows], source.fields, grid)

    output = Output(kind="coverage", media_type="image/tiff")
    strips = Strips(source.fields, source.grid, source.values.dtype, parts())
    body = iter(GEOTIFF.strips(strips, output, dict, settled=True).parts)
    first = next(body)
    assert made == [0]
    np.testing.assert_array_equal(read(first + b"".join(body)), expected(source))


def test_each_band_may_have_its_own_mask():
    source = raster("float32", 3)
    valid = np.random.default_rng(5).random(source.values.shape) < 0.5
    source = Raster(source.values, valid, source.fields, source.grid)
    np.testing.assert_array_equal(read(write(source)), expected(source))


def test_a_view_of_a_larger_array_comes_back():
    whole = raster("int16", 4, 80, 80)
    grid = whole.grid.crop(7, 5, 31, 40)
    part = Raster(whole.values[1:3, 5:45, 7:38], whole.valid[:, 5:45, 7:38], whole.fields[1:3], grid)
    np.testing.assert_array_equal(read(write(part)), expected(part))


@pytest.mark.parametrize("dtype", [">u2", ">f4"])
def test_big_endian_numbers_come_back(dtype):
    source = raster(np.dtype(dtype).newbyteorder("=").name)
    swapped = Raster(source.values.astype(dtype), source.valid, source.fields, source.grid)
    np.testing.assert_array_equal(read(write(swapped)), expected(source))


def test_truth_values_are_written_as_bytes():
    source = raster("uint8", 1)
    truth = Raster(source.values > 100, np.ones_like(source.valid), source.fields, source.grid)
    np.testing.assert_array_equal(read(write(truth)), truth.values)


@pytest.mark.parametrize(
    "crs", ["EPSG:32631", "EPSG:3857", "EPSG:4326", "EPSG:3035", "EPSG:2154", "CRS:84", "EPSG:2393"]
)
def test_the_place_comes_back(crs):
    source = raster("uint8", 1, crs=crs)
    t = source.grid.transform
    with MemoryFile(write(source)) as memory, memory.open() as file:
        assert file.crs == CRS.from_user_input(4326 if crs == "CRS:84" else crs)
        np.testing.assert_allclose(file.transform[:6], (t.a, t.b, t.c, t.d, t.e, t.f), rtol=1e-12)


@pytest.mark.parametrize("transform", [Affine(8, 3, 500000, 2, -9, 4600000), Affine(10, 0, 500000, 0, 10, 4600000)])
def test_a_turned_grid_comes_back(transform):
    source = raster("uint8", 1)
    grid = Grid(source.grid.crs, transform, source.grid.width, source.grid.height)
    with MemoryFile(write(Raster(source.values, source.valid, source.fields, grid))) as memory, memory.open() as file:
        t = file.transform
        assert (t.a, t.b, t.c, t.d, t.e, t.f) == (
            transform.a,
            transform.b,
            transform.c,
            transform.d,
            transform.e,
            transform.f,
        )


@pytest.mark.parametrize(
    ("dtype", "declared", "wanted"),
    [("uint16", 0, 0), ("int16", -9999, -9999), ("int16", None, -32768), ("uint8", 700, 0), ("uint8", 255, 255)],
)
def test_invalid_integers_are_the_declared_nodata(dtype, declared, wanted):
    source = raster(dtype, nodata=declared)
    with MemoryFile(write(source)) as memory, memory.open() as file:
        assert file.nodata == wanted
        assert (file.read()[:, ~source.valid[0]] == wanted).all()


@pytest.mark.parametrize("declared", [None, -9999])
def test_invalid_floats_are_not_a_number(declared):
    with MemoryFile(write(raster("float32", nodata=declared))) as memory, memory.open() as file:
        assert np.isnan(file.nodata)


def test_integers_without_nodata_and_all_valid_declare_none():
    with MemoryFile(write(raster("uint8", masked=0))) as memory, memory.open() as file:
        assert file.nodata is None


def test_each_band_says_what_it_is():
    source = raster("int16", 2)
    fields = (
        Field(name="ndvi", dtype="int16", scale=0.0001, offset=-0.1, title="Greenness & <more>"),
        Field(name="height", dtype="int16", unit="m"),
    )
    with MemoryFile(write(Raster(source.values, source.valid, fields, source.grid))) as memory, memory.open() as file:
        assert file.descriptions == ("ndvi", "height")
        assert file.units == (None, "m")
        assert file.scales == (0.0001, 1.0)
        assert file.offsets == (-0.1, 0.0)
        assert file.tags(1)["TITLE"] == "Greenness & <more>"


def test_the_tags_come_back():
    tags = {
        "TIFFTAG_SOFTWARE": "Bandstand 1",
        "TIFFTAG_DATETIME": "2023:06:14 10:56:21",
        "TIFFTAG_IMAGEDESCRIPTION": "NDVI été",
        "EXPRESSION": '(B08 - B04) / (B08 + B04) < 1 & "x"',
        "SOURCE_ITEMS": "S2A_31TCJ_20230614_0_L2A",
        "EMPTY": "",
    }
    with MemoryFile(write(raster(), tags)) as memory, memory.open() as file:
        found = file.tags()
    assert {key: found.get(key, "") for key in tags} == tags


def test_bands_are_no_colours():
    with MemoryFile(write(raster("uint8", 3))) as memory, memory.open() as file:
        assert file.colorinterp == (ColorInterp.gray, ColorInterp.undefined, ColorInterp.undefined)


def test_tiles_have_the_size_that_was_asked_for():
    data = write(raster("uint8", 1, 200, 300), tiling="true", tilewidth="64", tileheight="128")
    with MemoryFile(data) as memory, memory.open() as file:
        assert file.block_shapes == [(128, 64)]


def test_compression_makes_a_smooth_field_smaller():
    y, x = np.mgrid[:300, :300]
    smooth = (np.sin(x / 40) * np.cos(y / 50)).astype(np.float32)[None]
    source = raster("float32", 1, 300, 300, masked=0)
    source = Raster(smooth, source.valid, source.fields, source.grid)
    assert len(write(source, compression="deflate")) < 0.7 * len(write(source))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("compression", "deflat", 'Did you mean "deflate"'),
        ("compression", "jpeg", "expected one of none, deflate"),
        ("predictor", "floatingpoint", "expected one of none, horizontal"),
        ("interleave", "line", "expected one of band, pixel"),
        ("tiling", "maybe", "expected one of true, false"),
        ("tilewidth", "100", "multiple of 16"),
        ("tileheight", "-16", "from 16 to 4096"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name(key, value, words):
    source = raster("uint8")
    with pytest.raises(InvalidParameter, match=words) as refused:
        write(source, **{key: value})
    assert refused.value.locator == key


def picture(*, opaque):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 4), dtype=np.uint8)
    if opaque:
        pixels[..., 3] = 255
    return Image(pixels, opaque=opaque)


@pytest.mark.parametrize(("opaque", "bands"), [(True, 3), (False, 4)])
def test_a_picture_keeps_its_colours_and_its_place(opaque, bands):
    image, grid = picture(opaque=opaque), raster(height=40, width=60).grid
    data = GEOTIFF.picture(image, Output(kind="map", media_type="image/tiff"), grid)
    with MemoryFile(data) as memory, memory.open() as file:
        np.testing.assert_array_equal(np.moveaxis(file.read(), 0, -1), image.pixels[..., :bands])
        assert file.colorinterp[-1] == (ColorInterp.blue if opaque else ColorInterp.alpha)
        assert file.crs == CRS.from_epsg(32631)


def test_above_four_gigabytes_the_offsets_have_eight_bytes():
    counts = np.full(3000, 2_000_000, np.int64)
    head = frame([Tag(256, LONG, [5]), Tag(277, SHORT, [1])], counts, (273, 279), np.arange(3000))
    assert head[:8] == b"II+\0\x08\0\0\0"


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_no_valid_number_becomes_nodata_when_none_is_declared(dtype):
    info = np.iinfo(dtype)
    numbers = np.arange(info.min, info.max + 1).astype(dtype)
    for values in (np.array([0, info.min, info.max]), numbers[numbers != 5], numbers):
        taken = values.astype(dtype)[None, None, :]
        whole = np.concatenate([taken, taken], axis=1)
        valid = np.array([True, False])[None, :, None] & np.ones(whole.shape, bool)
        grid = Grid.from_bbox(parse_crs("EPSG:32631"), BBox(0, 0, 10, 2), whole.shape[2], 2)
        body = write(Raster(whole, valid, (Field(name="class", dtype=dtype),), grid))
        with MemoryFile(body) as memory, memory.open() as file:
            np.testing.assert_array_equal(file.read_masks(1) != 0, valid[0])
            np.testing.assert_array_equal(file.read(1)[0], whole[0, 0])


def test_bands_that_declare_different_nodata_keep_every_valid_number():
    values = np.array([[[7, 0]], [[0, 3]]], np.uint8)
    valid = np.array([[[True, False]], [[True, False]]])
    fields = (Field(name="a", dtype="uint8", nodata=0), Field(name="b", dtype="uint8", nodata=None))
    grid = Grid.from_bbox(parse_crs("EPSG:32631"), BBox(0, 0, 10, 10), 2, 1)
    with MemoryFile(write(Raster(values, valid, fields, grid))) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read_masks() != 0, valid)
