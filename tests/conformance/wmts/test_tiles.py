"""Tiles, by keys and by path."""

import numpy as np
import pytest
from tests.conformance.blue_lake import CARS, where
from tests.conformance.blue_lake import LAYERS as DRAWN
from tests.conformance.wmts.spoken import LAYERS, Tiles

TILE_KEYS = ("Layer", "Style", "Format", "TileMatrixSet", "TileMatrix", "TileRow", "TileCol")


def place(key, tile):
    """Keys of a tile by set and level, row and column."""
    return {"TileMatrixSet": key[0], "TileMatrix": key[1], "TileRow": tile[0], "TileCol": tile[1]}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_level_has_its_first_middle_and_last_tile(wmts, tiles, layer):
    for key, limits in wmts.limits(layer).items():
        # By path the same tiles come; of the many levels some are enough.
        if tiles.by_path and key[0] == "WebMercatorQuad" and int(key[1]) % 6:
            continue
        for tile in limits.probes:
            answer = tiles.tile(layer, **place(key, tile))
            assert (answer.status, answer.media_type) == (200, "image/png"), (key, tile)
            assert (answer.image.format, answer.image.size) == ("PNG", wmts.matrices[key].tile)


@pytest.mark.parametrize(
    "key",
    [("BlueLake", "0"), ("BlueLake", "1"), ("BlueLake", "2"), ("WebMercatorQuad", "17"), ("WebMercatorQuad", "19")],
)
def test_a_tile_shows_the_ground_that_the_document_says(wmts, tiles, key):
    limits, matrix = wmts.limits("Lakes")[key], wmts.matrices[key]
    seen = 0
    for tile in limits.probes:
        rgba = tiles.tile("Lakes", **place(key, tile)).rgba
        covered, free = where("Lakes", matrix.bounds(*tile), matrix.tile, "EPSG:3857")
        assert (rgba[covered] == (*DRAWN["Lakes"].colour, 255)).all(), tile
        assert (rgba[free][:, 3] == 0).all(), tile
        seen += covered.sum()
    assert seen > 100


def test_both_ways_give_the_same_tile(wmts):
    by_keys, by_path = Tiles(wmts, by_path=False), Tiles(wmts, by_path=True)
    for layer, style in (("Lakes", "cite_lakes"), ("Lakes", "cite_outline"), ("Autos", "cite_autos")):
        keys = {"Style": style} | place(("BlueLake", "1"), (2, 2))
        assert by_keys.tile(layer, **keys).body == by_path.tile(layer, **keys).body
        assert by_keys.info(layer, **keys).body == by_path.info(layer, **keys).body


def test_a_tile_outside_the_data_is_transparent(wmts, tiles):
    # The middle tile of the first level of a layer that is transparent where there is nothing.
    key, limits = next(iter(wmts.limits("Lakes").items()))
    rgba = tiles.tile("Lakes", **place(key, limits.probes[len(limits.probes) // 2])).rgba
    assert (rgba[..., 3] == 0).any()


def test_a_style_looks_as_it_is_named(wmts, tiles):
    matrix = wmts.matrices["BlueLake", "0"]
    covered, _ = where("Lakes", matrix.bounds(1, 1), matrix.tile, "EPSG:3857")
    for style, colour in (("cite_lakes", (0x2F, 0x6F, 0xC0, 255)), ("cite_outline", (0x18, 0x38, 0x68, 255))):
        assert (tiles.tile("Lakes", Style=style).rgba[covered] == colour).all()


@pytest.mark.parametrize("key", TILE_KEYS)
def test_a_tile_needs_every_key(wmts, refused, key):
    keys = {"Layer": "Lakes", "Style": "cite_lakes", "Format": "image/png"} | place(("BlueLake", "0"), (1, 1))
    assert wmts.ask("GetTile", **keys).status == 200
    assert refused(wmts.ask("GetTile", **keys | {key: None})) == (400, "MissingParameterValue", key)


@pytest.mark.parametrize("key", ["Layer", "Style", "TileMatrixSet", "TileMatrix"])
def test_a_name_that_does_not_exist_is_refused(tiles, refused, key):
    answer = tiles.tile("Nowhere") if key == "Layer" else tiles.tile(**{key: "Nowhere"})
    assert refused(answer) == (404 if tiles.by_path else 400, "InvalidParameterValue", key)


def test_a_format_that_is_not_offered_is_refused(wmts, tiles, refused):
    if tiles.by_path:
        path = wmts.template("Lakes", "tile", "image/png").removeprefix(wmts.cite.base)
        for key, value in {"Style": "cite_lakes", **place(("BlueLake", "0"), (1, 1))}.items():
            path = path.replace(f"{{{key}}}", str(value))
        status, _, locator = refused(wmts.cite.get(path.replace(".png", ".bogus")))
        assert (status, locator) == (404, "Format")
    else:
        assert refused(tiles.tile(Format="image/bogus")) == (400, "InvalidParameterValue", "Format")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_tile_beyond_the_limits_is_out_of_range(wmts, tiles, refused, layer):
    status = 404 if tiles.by_path else 400
    for key, limits in list(wmts.limits(layer).items())[:6]:
        row, column = limits.rows[0], limits.columns[0]
        for other in (limits.rows[0] - 1, limits.rows[1] + 1):
            answer = tiles.tile(layer, **place(key, (other, column)))
            assert refused(answer) == (status, "TileOutOfRange", "TileRow"), (key, other)
        for other in (limits.columns[0] - 1, limits.columns[1] + 1):
            answer = tiles.tile(layer, **place(key, (row, other)))
            assert refused(answer) == (status, "TileOutOfRange", "TileCol"), (key, other)


@pytest.mark.parametrize("key", ["TileRow", "TileCol"])
@pytest.mark.parametrize("value", ["one", "1.5", "0x1"])
def test_what_is_no_number_is_refused(wmts, refused, key, value):
    keys = {"Layer": "Lakes", "Style": "cite_lakes", "Format": "image/png"} | place(("BlueLake", "0"), (1, 1))
    assert refused(wmts.ask("GetTile", **keys | {key: value})) == (400, "InvalidParameterValue", key)


def drawn_cars(wmts, tiles, time):
    """Seconds whose cars, and no others, a tile of the western half shows, all of it or nothing."""
    matrix = wmts.matrices["BlueLake", "0"]
    left, _, _, top = matrix.bounds(0, 0)
    found = {}
    for row in (0, 1):
        for column in (0, 1):
            found[row, column] = tiles.tile("Autos", Time=time, TileRow=row, TileCol=column).rgba[..., 3]
    whole = np.block([[found[0, 0], found[0, 1]], [found[1, 0], found[1, 1]]])
    metres = 111319.49079327358
    seen = set()
    for places in CARS.values():
        for x, y in places:
            i, j = int((x * metres - left) / 2), int((top - y * metres) / 2)
            if whole[j - 1 : j + 2, i - 1 : i + 2].any():
                seen.add((x, y))
    return seen


@pytest.mark.parametrize("second", [0, 20, 40, 60])
def test_a_time_shows_its_cars_and_no_others(wmts, tiles, second):
    time = f"2000-01-01T00:{second // 60:02}:{second % 60:02}Z"
    assert drawn_cars(wmts, tiles, time) == set(CARS[second])


@pytest.mark.parametrize("word", ["default", "current"])
def test_the_words_for_the_default_and_the_newest_time_are_known(wmts, tiles, word):
    assert drawn_cars(wmts, tiles, word) == set(CARS[60])


@pytest.mark.parametrize("time", [None, ""])
def test_without_a_time_the_default_is_drawn(wmts, time):
    assert drawn_cars(wmts, Tiles(wmts, by_path=False), time) == set(CARS[60])


@pytest.mark.parametrize("time", ["bogus", "2010-01-01T00:00:00Z"])
def test_a_time_that_is_none_or_has_nothing_is_refused(tiles, refused, time):
    status, code, locator = refused(tiles.tile("Autos", Time=time))
    assert (status, code, locator) == (400, "InvalidParameterValue", "Time")
