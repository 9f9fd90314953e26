"""The conformance instance draws and tells what the shapes say, pixel by pixel."""

import hashlib
import io
import json

import numpy as np
import pytest
import rasterio
import shapely
from PIL import Image

from bandstand.cli.check import find_problems
from bandstand.conformance import generate
from bandstand.conformance.coverages import tiny_coverages
from bandstand.conformance.shapes import THEMES

SIDE = 40
CARS = next(theme for theme in THEMES if theme.name == "Autos")
INSTANTS = sorted({shape.time for shape in CARS.shapes})


def drawn(client, theme, box, **more):
    """Where a map of SIDE x SIDE pixels is not transparent, and the centres of its pixels."""
    query = {
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": theme.name,
        "STYLES": "",
        "CRS": "CRS:84",
        "BBOX": ",".join(map(str, box)),
        "WIDTH": SIDE,
        "HEIGHT": SIDE,
        "FORMAT": "image/png",
        "TRANSPARENT": "TRUE",
    } | more
    answer = client.get("/wms", query_string=query)
    assert answer.content_type == "image/png", answer.text
    alpha = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))[..., 3]
    step = np.arange(SIDE) + 0.5
    xs, ys = np.meshgrid(box[0] + step * (box[2] - box[0]) / SIDE, box[3] - step * (box[3] - box[1]) / SIDE)
    return alpha > 0, xs, ys


def bounds_of(shape, margin):
    left, bottom, right, top = shape.geometry.bounds
    x, y = margin * (right - left), margin * (top - bottom)
    return left - x, bottom - y, right + x, top + y


@pytest.mark.parametrize("theme", [theme for theme in THEMES if theme is not CARS], ids=lambda theme: theme.name)
def test_a_layer_is_drawn_where_its_shapes_are_and_nowhere_else(cite_client, theme):
    whole = shapely.union_all([shape.geometry for shape in theme.shapes])
    for shape in theme.shapes:
        found, xs, ys = drawn(cite_client, theme, bounds_of(shape, 0.1731))
        points = shapely.points(xs, ys)
        # A pixel of the file may lie on either side of an edge: those decide nothing.
        clear = shapely.distance(whole.boundary, points) > theme.pixel
        assert clear.mean() > 0.3 or len(theme.shapes) > 1
        np.testing.assert_array_equal(found[clear], shapely.contains_xy(whole, xs, ys)[clear])


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_an_instant_shows_its_cars_and_no_others(cite_client, instant):
    for shape in CARS.shapes:
        x, y = shape.geometry.centroid.coords[0]
        box = (x - 1e-5, y - 1e-5, x + 1e-5, y + 1e-5)
        found, _, _ = drawn(cite_client, CARS, box, TIME=f"{instant:%Y-%m-%dT%H:%M:%SZ}")
        here = any(other.time == instant and other.geometry.covers(shapely.Point(x, y)) for other in CARS.shapes)
        assert found.all() == found.any() == here


def info(client, count):
    query = {
        "VERSION": "1.3.0",
        "REQUEST": "GetFeatureInfo",
        "LAYERS": "BasicPolygons",
        "QUERY_LAYERS": "BasicPolygons",
        "CRS": "CRS:84",
        "BBOX": "-2,2,2,6",
        "WIDTH": 100,
        "HEIGHT": 100,
        "I": 50,
        "J": 50,
        "INFO_FORMAT": "application/json",
        "FEATURE_COUNT": count,
    }
    return json.loads(client.get("/wms", query_string=query).data)["features"]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (10, 2)])
def test_as_many_of_the_overlapping_polygons_are_told_as_asked(cite_client, count, expected):
    features = info(cite_client, count)
    assert [feature["id"] for feature in features] == [f"BasicPolygons.{n}" for n in range(1, expected + 1)]
    assert {feature["properties"]["item"] for feature in features} <= {"polygon-2", "polygon-3"}
    assert len({feature["properties"]["item"] for feature in features}) == expected


def test_the_first_one_told_is_the_one_that_is_told_alone(cite_client):
    assert info(cite_client, 2)[0] == info(cite_client, 1)[0]


@pytest.mark.parametrize("tiny", tiny_coverages(), ids=lambda tiny: tiny.name)
def test_a_coverage_delivers_the_numbers_it_was_made_of(cite_client, tiny):
    newest = tiny.parts[-1]
    query = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": tiny.name}
    answer = cite_client.get("/wcs", query_string=query | {"FORMAT": "image/tiff"})
    with rasterio.open(io.BytesIO(answer.data)) as file:
        assert file.descriptions == tuple(newest.bands)
        np.testing.assert_array_equal(file.read(), np.stack([newest.bands[name] for name in newest.bands]))
        assert file.crs.to_epsg() == newest.sheet.epsg
        assert tuple(file.transform)[:6] == newest.sheet.transform


def test_the_configuration_has_no_problem(cite_folder):
    assert find_problems(cite_folder / "config.yml") == []


def test_two_generations_are_the_same_bytes(cite_folder, tmp_path):
    generate(tmp_path, progress=lambda _: None)
    made = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) > 100
    for name, path in made.items():
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256((cite_folder / name).read_bytes()).digest()


def test_what_is_there_stays_as_it_is(tmp_path):
    generate(tmp_path, progress=lambda _: None)
    (tmp_path / "config.yml").write_text("version: 1\n")
    lake = tmp_path / "data" / "cite_lakes" / "blue-lake-1.tif"
    before = lake.stat().st_mtime_ns
    generate(tmp_path, progress=lambda _: None)
    assert (tmp_path / "config.yml").read_text() == "version: 1\n"
    assert lake.stat().st_mtime_ns == before
