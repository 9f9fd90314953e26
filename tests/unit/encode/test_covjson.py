"""CoverageJSON: a plain JSON reader gets the same numbers back, and the document is what the specification says."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyproj
import pytest
from covjson_pydantic.coverage import Coverage
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bandstand.encode.covjson import _spell
from bandstand.encode.registry import find_format, formats, is_text
from bandstand.errors import InvalidParameter
from bandstand.model.crs import crs_from_proj, parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.raster import Cube, Image, Raster
from bandstand.model.request import Output
from bandstand.model.time import TimeSpan

TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"]
COVJSON = find_format("covjson", "cube")
NOON = datetime(2022, 7, 19, 12, tzinfo=UTC)


def raster(dtype="uint16", bands=2, height=7, width=9, *, crs="EPSG:32631", masked=0.2, seed=0, **field):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        values = rng.normal(0, 1, (bands, height, width)).astype(dtype)
    else:
        info = np.iinfo(dtype)
        values = rng.integers(info.min, info.max, (bands, height, width), dtype=dtype, endpoint=True)
    fields = tuple(Field(name=f"B{i}", dtype=dtype, **field) for i in range(bands))
    valid = rng.random((1, height, width)) >= masked
    return Raster(values, valid, fields, Grid.from_bbox(parse_crs(crs), BBox(2, 40, 2.9, 40.7), width, height))


def refuse(text):
    raise AssertionError(f"{text} is no JSON")


def write(source, tags=None):
    output = Output(kind="coverage", media_type="application/prs.coverage+json", name="s2")
    body = (
        COVJSON.cube(source, output, tags or {})
        if isinstance(source, Cube)
        else COVJSON.data(source, output, tags or {})
    )
    text = b"".join(body.parts)
    assert len(text) == body.length
    document = json.loads(text, parse_constant=refuse)
    Coverage.model_validate_json(text)
    return document


def numbers(array, dtype):
    """The values and the mask of a range."""
    listed = array["values"]
    valid = np.array([value is not None for value in listed]).reshape(array["shape"])
    return np.array([0 if value is None else value for value in listed], dtype).reshape(array["shape"]), valid


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_comes_back(dtype):
    source = raster(dtype)
    ranges = write(source)["ranges"]
    for band, name in enumerate(("B0", "B1")):
        assert ranges[name]["dataType"] == ("float" if dtype.startswith("float") else "integer")
        values, valid = numbers(ranges[name], dtype)
        np.testing.assert_array_equal(valid, source.valid[0])
        np.testing.assert_array_equal(values[valid], source.values[band][valid])


@given(arrays("float32", 40, elements=st.floats(width=32)))
def test_every_float_is_spelled_so_that_it_reads_back(values):
    read = json.loads(f"[{_spell(values, np.ones(40, bool))}]", parse_constant=refuse)
    wanted = np.where(np.isfinite(values), values, np.nan).astype("f4")
    np.testing.assert_array_equal(np.array([np.nan if value is None else value for value in read], "f4"), wanted)


def test_reflectances_have_the_digits_that_they_were_stored_with():
    values = (np.arange(10000, 10010, dtype="u2") * 1e-4).astype("f4")
    assert _spell(values, np.ones(10, bool)) == "1.0,1.0001,1.0002,1.0003,1.0004,1.0005,1.0006,1.0007,1.0008,1.0009"


def test_a_picture_of_many_parts_comes_back():
    source = raster("float32", 1, 300, 400)
    values, valid = numbers(write(source)["ranges"]["B0"], "float32")
    np.testing.assert_array_equal(valid, source.valid[0])
    np.testing.assert_array_equal(values[valid], source.values[0][valid])


def test_truth_values_are_whole_numbers():
    source = raster("uint8", 1, masked=0.0)
    truth = Raster(source.values > 100, source.valid, source.fields, source.grid)
    values, _ = numbers(write(truth)["ranges"]["B0"], "uint8")
    np.testing.assert_array_equal(values, truth.values[0])


def test_each_band_may_have_its_own_mask():
    source = raster("int16", 3)
    valid = np.random.default_rng(5).random(source.values.shape) < 0.5
    ranges = write(Raster(source.values, valid, source.fields, source.grid))["ranges"]
    for band in range(3):
        np.testing.assert_array_equal(numbers(ranges[f"B{band}"], "int16")[1], valid[band])


def test_axes_go_from_the_first_centre_to_the_last():
    axes = write(raster())["domain"]["axes"]
    assert axes["x"] == {"start": pytest.approx(2.05), "stop": pytest.approx(2.85), "num": 9}
    assert axes["y"] == {"start": pytest.approx(40.65), "stop": pytest.approx(40.05), "num": 7}


def test_an_axis_of_one_pixel_starts_where_it_stops():
    axis = write(raster("uint8", 1, 1, 1))["domain"]["axes"]["x"]
    assert axis["start"] == axis["stop"]


@pytest.mark.parametrize(
    ("crs", "kind", "order"),
    [
        ("EPSG:32631", "ProjectedCRS", ["x", "y"]),
        ("EPSG:3035", "ProjectedCRS", ["y", "x"]),
        ("EPSG:4326", "GeographicCRS", ["y", "x"]),
        ("CRS:84", "GeographicCRS", ["x", "y"]),
    ],
)
def test_coordinates_are_referenced_in_the_order_of_the_crs(crs, kind, order):
    (referencing,) = write(raster(crs=crs))["domain"]["referencing"]
    assert referencing == {"coordinates": order, "system": {"type": kind, "id": parse_crs(crs).uri}}


def test_a_system_without_a_code_is_described():

    proj = pyproj.CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +ellps=WGS84 +units=m")
    source = raster()
    grid = Grid(crs_from_proj(proj, key=proj.to_wkt()), source.grid.transform, 9, 7)
    (referencing,) = write(Raster(source.values, source.valid, source.fields, grid))["domain"]["referencing"]
    assert pyproj.CRS.from_wkt(referencing["system"]["description"]["en"]) == proj


def test_a_parameter_says_what_it_is():
    parameter = write(raster("float32", 1, title="Surface temperature", unit="K"))["parameters"]["B0"]
    assert parameter == {
        "type": "Parameter",
        "description": {"en": "Surface temperature"},
        "observedProperty": {"label": {"en": "Surface temperature"}},
        "unit": {
            "label": {"en": "K"},
            "symbol": {"value": "K", "type": "http://www.opengis.net/def/uom/UCUM/"},
        },
    }


def test_stored_numbers_say_how_they_are_meant():
    parameter = write(raster("uint16", 1, scale=0.0001, offset=-0.1))["parameters"]["B0"]
    assert parameter["description"]["en"] == "B0, as stored: times 0.0001 plus -0.1 is the value in 1"
    assert "unit" not in parameter


def test_classes_are_categories():
    parameter = write(raster("uint8", 1, categorical=True, classes=((4, "Bare soil"), (6, ""))))["parameters"]["B0"]
    assert parameter["categoryEncoding"] == {"#B0-4": 4, "#B0-6": 6}
    assert [category["label"]["en"] for category in parameter["observedProperty"]["categories"]] == ["Bare soil", "6"]


def test_classes_among_floats_stay_whole_numbers():
    source = raster("float32", 2)
    values = np.round(np.abs(source.values * 4))
    values[1][~source.valid[0]] = np.nan
    fields = (source.fields[0], Field(name="SCL", dtype="float32", categorical=True, classes=((4, "Soil"),)))
    array = write(Raster(values, source.valid, fields, source.grid))["ranges"]["SCL"]
    assert array["dataType"] == "integer"
    assert all(value is None or isinstance(value, int) for value in array["values"])


def test_names_are_plain_words():
    source = raster("uint8", 1)
    named = Raster(source.values, source.valid, (Field(name="(B08-B04)/2", dtype="uint8"),), source.grid)
    document = write(named)
    assert list(document["parameters"]) == list(document["ranges"]) == ["_B08-B04__2"]


def test_one_time_is_an_axis_of_one():
    tags = {"SOURCE_TIME_START": "2022-07-19T10:56:19Z", "SOURCE_TIME_END": "2022-07-19T10:56:34Z"}
    document = write(raster(), tags)
    assert document["domain"]["axes"]["t"] == {
        "values": ["2022-07-19T10:56:19Z"],
        "bounds": ["2022-07-19T10:56:19Z", "2022-07-19T10:56:34Z"],
    }
    assert document["ranges"]["B0"]["axisNames"] == ["t", "y", "x"]


def test_no_time_is_told_where_none_is_known():
    document = write(raster())
    assert "t" not in document["domain"]["axes"]
    assert document["ranges"]["B0"]["axisNames"] == ["y", "x"]


def test_a_cube_has_an_axis_of_time():
    slices = [raster("float32", seed=seed) for seed in range(3)]
    times = tuple(TimeSpan.instant(NOON + i * timedelta(days=5)) for i in range(3))
    document = write(Cube(tuple(slices), times))
    assert document["domain"]["axes"]["t"] == {"values": [f"2022-07-{day}T12:00:00Z" for day in (19, 24, 29)]}
    values, valid = numbers(document["ranges"]["B1"], "float32")
    for number, source in enumerate(slices):
        np.testing.assert_array_equal(valid[number], source.valid[0])
        np.testing.assert_array_equal(values[number][valid[number]], source.values[1][source.valid[0]])


def test_the_document_says_where_it_comes_from():
    document = write(raster(), {"TIFFTAG_SOFTWARE": "Bandstand 1", "SOURCE_ITEMS": "a,b", "EXPRESSION": 'x="1"'})
    assert (document["id"], document["dct:title"]) == ("s2", "s2")
    assert document["dct:creator"] == "Bandstand 1"
    assert document["dct:source"] == "a,b"
    assert document["dct:provenance"] == 'x="1"'


def test_a_rotated_grid_is_refused():
    source = raster("uint8", 1)
    grid = Grid(source.grid.crs, Affine(1.0, 0.5, 0.0, 0.5, -1.0, 0.0), 9, 7)
    with pytest.raises(InvalidParameter, match="rotated"):
        write(Raster(source.values, source.valid, source.fields, grid))


def test_pictures_are_refused():
    with pytest.raises(InvalidParameter, match="image/png"):
        COVJSON.picture(Image(np.zeros((2, 2, 4), np.uint8)), Output(kind="map", media_type="json"), None)


@pytest.mark.parametrize(
    "name",
    [
        "application/prs.coverage+json",
        "application/prs.coverage json",
        "application/vnd.cov+json",
        "application/json",
        "CoverageJSON",
        "CovJSON",
    ],
)
def test_its_names(name):
    assert find_format(name, "coverage").media_type == "application/prs.coverage+json"


def test_the_limit_of_texts_holds_for_it():
    assert is_text(COVJSON.media_type)


def test_it_is_no_format_for_maps():
    assert COVJSON not in formats("map")
