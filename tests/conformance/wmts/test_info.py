"""GetFeatureInfo of WMTS, by keys and by path."""

import json

import numpy as np
import pytest
from tests.conformance.blue_lake import where
from tests.conformance.wmts.spoken import NS

KEYS = ("Layer", "Style", "Format", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol", "I", "J", "InfoFormat")
FORMATS = (
    *("text/plain", "text/html", "application/json", "application/geo+json", "application/vnd.ogc.gml", "text/xml"),
)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_is_what_it_says(wmts, tiles, form):
    assert wmts.find("w:InfoFormat/text()", wmts.layer("Lakes")) == list(FORMATS)
    answer = tiles.info(InfoFormat=form)
    assert (answer.status, answer.media_type) == (200, form)


def test_a_pixel_is_counted_from_the_upper_left(wmts, tiles):
    matrix = wmts.matrices["BlueLake", "1"]
    covered, free = where("Lakes", matrix.bounds(2, 2), matrix.tile, "EPSG:3857")
    # One row that has shores, and one column.
    row = int(np.argmax(covered.sum(axis=1)))
    pixels = [(i, row) for i in range(0, 256, 9)] + [(int(np.argmax(covered.sum(axis=0))), j) for j in range(0, 256, 9)]
    told = {}
    for i, j in pixels:
        if covered[j, i] or free[j, i]:
            place = {"TileMatrix": "1", "TileRow": 2, "TileCol": 2, "I": i, "J": j}
            found = json.loads(tiles.info(InfoFormat="application/json", **place).body)["features"]
            assert bool(found) == covered[j, i], (i, j)
            told[bool(found)] = True
    assert told == {True: True, False: True}


def test_the_place_is_the_middle_of_the_pixel(wmts, tiles):
    matrix = wmts.matrices["BlueLake", "0"]
    left, _, _, top = matrix.bounds(1, 1)
    for i, j in ((0, 0), (255, 255), (100, 30)):
        lon = (left + (i + 0.5) * matrix.resolution) / 111319.49079327358
        lat = (top - (j + 0.5) * matrix.resolution) / 111319.49079327358
        assert f"{lon:.5f} E, {-lat:.5f} S" in tiles.info(I=i, J=j).body.decode()


@pytest.mark.parametrize("key", KEYS)
def test_it_needs_every_key(wmts, refused, key):
    keys = {"Layer": "Lakes", "Style": "cite_lakes", "Format": "image/png", "TileMatrixSet": "BlueLake"}
    keys |= {"TileMatrix": "0", "TileRow": 1, "TileCol": 1, "I": 5, "J": 5, "InfoFormat": "text/plain"}
    assert wmts.ask("GetFeatureInfo", **keys).status == 200
    assert refused(wmts.ask("GetFeatureInfo", **keys | {key: None})) == (400, "MissingParameterValue", key)


@pytest.mark.parametrize("key", ["Layer", "Style", "TileMatrixSet", "TileMatrix"])
def test_a_name_that_does_not_exist_is_refused(tiles, refused, key):
    answer = tiles.info("Nowhere") if key == "Layer" else tiles.info(**{key: "Nowhere"})
    assert refused(answer) == (404 if tiles.by_path else 400, "InvalidParameterValue", key)


def test_a_format_that_is_not_offered_is_refused(wmts, refused):
    keys = {"Layer": "Lakes", "Style": "cite_lakes", "Format": "image/png", "TileMatrixSet": "BlueLake"}
    keys |= {"TileMatrix": "0", "TileRow": 1, "TileCol": 1, "I": 5, "J": 5, "InfoFormat": "text/bogus"}
    assert refused(wmts.ask("GetFeatureInfo", **keys)) == (400, "InvalidParameterValue", "InfoFormat")


@pytest.mark.parametrize("key", ["TileRow", "TileCol"])
def test_a_tile_beyond_the_limits_is_out_of_range(tiles, refused, key):
    for value in (0, 2):
        assert refused(tiles.info(**{key: value})) == (404 if tiles.by_path else 400, "TileOutOfRange", key)


@pytest.mark.parametrize("key", ["I", "J"])
@pytest.mark.parametrize("value", [-1, 256, 300])
def test_a_pixel_beyond_the_tile_is_out_of_range(tiles, refused, key, value):
    assert refused(tiles.info(**{key: value})) == (400, "TileOutOfRange", key)


@pytest.mark.parametrize("pixel", [(0, 0), (255, 0), (0, 255), (255, 255)])
def test_the_corners_of_a_tile_are_pixels_of_it(tiles, pixel):
    assert tiles.info(I=pixel[0], J=pixel[1]).status == 200


def test_a_time_that_is_none_is_refused(tiles, refused):
    assert refused(tiles.info("Autos", Time="bogus")) == (400, "InvalidParameterValue", "Time")


def test_a_time_is_that_of_the_tile(wmts, tiles):
    # Car 1 is at (-0.0014, 0.0002) at the very start alone.
    matrix = wmts.matrices["BlueLake", "0"]
    left, _, _, top = matrix.bounds(0, 0)
    i = int((-0.0014 * 111319.49079327358 - left) / matrix.resolution)
    j = int((top - 0.0002 * 111319.49079327358) / matrix.resolution)
    place = {"TileRow": 0, "TileCol": 0, "I": i, "J": j}
    assert "car-1-00s" in tiles.info("Autos", Time="2000-01-01T00:00:00Z", **place).body.decode()
    assert "car-" not in tiles.info("Autos", Time="2000-01-01T00:01:00Z", **place).body.decode()
    assert "car-" not in tiles.info("Autos", Time="default", **place).body.decode()


def test_a_layer_that_cannot_be_queried_does_not_have_the_operation(wmts, tiles, refused):
    assert wmts.layer("MapNeatline").find("w:InfoFormat", NS) is None
    assert refused(tiles.info("MapNeatline")) == (501, "OperationNotSupported", "GetFeatureInfo")
