"""XYZ tiles and TileJSON."""

import json

import mercantile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.errors import BandstandError
from bandstand.model.exchange import Call
from bandstand.model.tiling import WEB_MERCATOR_QUAD
from bandstand.services.wmts import SERVICE

WMTS, XYZ = SERVICE


@pytest.fixture
def tile(ask_service):
    def ask(z, x, tail, parameters=(), layer="s2", **more):
        variables = {"layer": layer, "z": str(z), "x": str(x), "tail": tail}
        return ask_service(XYZ, f"/xyz/{layer}/{z}/{x}/{tail}", parameters, variables=variables, **more)

    return ask


@pytest.fixture
def tilejson(ask_service):
    def ask(parameters=(), layer="s2"):
        return ask_service(XYZ, f"/xyz/{layer}/tilejson.json", parameters, variables={"layer": layer})

    return ask


@pytest.mark.parametrize(("z", "x", "y"), [(0, 0, 0), (5, 16, 11), (12, 2080, 1495), (24, 8521000, 6123000)])
def test_a_tile_has_the_ground_that_mercantile_says(tile, engine, z, x, y):
    assert tile(z, x, f"{y}.png").status == 200
    box, expected = engine.requests[-1].grid.bbox, mercantile.xy_bounds(x, y, z)
    assert (box.min_x, box.min_y, box.max_x, box.max_y) == pytest.approx(tuple(expected), abs=1e-6)


def test_a_retina_tile_has_the_same_ground_and_twice_the_pixels(tile, engine):
    tile(12, 2080, "1495.png")
    tile(12, 2080, "1495@2x.png")
    plain, retina = (request.grid for request in engine.requests[-2:])
    assert (retina.width, retina.height) == (512, 512)
    assert retina.bbox == plain.bbox


@pytest.mark.parametrize(
    ("extension", "media_type"),
    [("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/webp")],
)
def test_the_extension_is_the_format(tile, extension, media_type):
    assert tile(12, 2080, f"1495.{extension}").media_type == media_type


@pytest.mark.parametrize("said", ["jpg", "image/jpeg", "JPEG"])
def test_a_format_in_the_query_agrees_with_the_extension_or_is_refused(tile, said):
    assert tile(12, 2080, "1495.jpg", {"format": said}).media_type == "image/jpeg"
    refused = tile(12, 2080, "1495.png", {"format": said})
    assert (refused.status, json.loads(refused.body)["parameter"]) == (400, "format")


@pytest.mark.parametrize("key", ["assets", "bands"])
def test_bands_may_be_given_one_by_one(tile, engine, key):
    """As TiTiler has them: `assets=B08&assets=B04`; one that a proxy says twice is meant once."""
    assert tile(12, 2080, "1495.png", [(key, name) for name in ("B08", "B04", "B08")]).status == 200
    assert engine.asks[-1][1].bands == ("B08", "B04")


def test_it_is_the_same_question_as_a_wmts_tile(tile, ask_service, engine):
    tile(12, 2080, "1495.png", {"time": "2023-06-14", "expr": "B08", "style": "grey"})
    ask_service(
        WMTS,
        "/wmts",
        {
            "request": "GetTile",
            "layer": "s2",
            "style": "grey",
            "format": "image/png",
            "tilematrixset": "WebMercatorQuad",
            "tilematrix": "12",
            "tilerow": "1495",
            "tilecol": "2080",
            "time": "2023-06-14",
            "expr": "B08",
        },
    )
    assert engine.requests[-1] == engine.requests[-2]


def test_a_tile_far_from_the_data_is_asked_like_any_other(tile):
    assert tile(12, 0, "0.png").status == 200


@pytest.mark.parametrize(
    ("z", "x", "tail", "status", "parameter"),
    [
        (12, 4096, "0.png", 404, "x"),
        (12, 0, "4096.png", 404, "y"),
        (99, 0, "0.png", 404, "z"),
        (12, -1, "0.png", 400, "x"),
        (12, 0, "-1.png", 400, "y"),
        ("z", 0, "0.png", 400, "z"),
        (12, 0, "0.bmp", 404, "format"),
        (12, 0, "0", 404, "format"),
        (12, 0, "0@3x.png", 400, "y"),
    ],
)
def test_a_bad_address_is_a_problem_that_names_its_part(tile, z, x, tail, status, parameter):
    response = tile(z, x, tail)
    document = json.loads(response.body)
    assert (response.status, response.media_type) == (status, "application/problem+json")
    assert (document["status"], document["parameter"]) == (status, parameter)


@pytest.mark.parametrize(
    ("parameters", "status", "parameter"),
    [
        ({"expr": "broken"}, 400, "expr"),
        ({"style": "x"}, 404, "style"),
        ({"time": "14/06/2023"}, 400, "time"),
        ({"gamma": "x"}, 400, "GAMMA"),
        ({"range": "bad"}, 400, "range"),
    ],
)
def test_a_bad_wish_is_a_problem_that_names_its_parameter(tile, parameters, status, parameter):
    document = json.loads(tile(12, 2080, "1495.png", parameters).body)
    assert (document["status"], document["parameter"]) == (status, parameter)


def test_an_unknown_layer_is_404(tile):
    assert tile(0, 0, "0.png", layer="nothing").status == 404


def test_a_gone_source_says_when_to_try_again(tile, engine, source_gone):
    engine.failure = source_gone
    response = tile(0, 0, "0.png")
    assert (response.status, dict(response.headers)["Retry-After"]) == (503, "10")


def test_tilejson_tells_bounds_zooms_and_addresses(tilejson):
    document = json.loads(tilejson().body)
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["https://maps.example.org/k/t0ken/xyz/s2/{z}/{x}/{y}.png"]
    assert document["bounds"] == [2.25, 43.125, 3.75, 44.0625]
    assert document["attribution"] == "© provider & co"
    assert (document["minzoom"], document["maxzoom"]) == (0, 14)


def test_the_largest_zoom_has_pixels_no_larger_than_the_finest_of_the_layer(tilejson):
    document = json.loads(tilejson().body)
    metres = WEB_MERCATOR_QUAD.matrices[document["maxzoom"]].cell_size * 0.7216
    assert metres <= 10.0 < 2 * metres


def test_the_view_to_start_with_shows_the_whole_layer(tilejson):
    document = json.loads(tilejson().body)
    lon, lat, zoom = document["center"]
    assert 2.25 < lon < 3.75
    assert 43.125 < lat < 44.0625
    assert document["minzoom"] <= zoom <= document["maxzoom"]


def test_tilejson_of_the_world_stays_inside_mercator(tilejson):
    bounds = json.loads(tilejson(layer="dem").body)["bounds"]
    assert bounds == pytest.approx([-180, -85.051129, 180, 85.051129])


def test_wishes_go_on_into_the_addresses_of_the_tiles(tilejson):
    document = json.loads(tilejson({"expr": "nd(B08,B04)+1", "time": "2023-06-14"}).body)
    assert document["tiles"][0].endswith("{y}.png?expr=nd%28B08%2CB04%29%2B1&time=2023-06-14")


def test_a_bad_wish_is_refused_before_a_tile_is_asked(tilejson):
    assert tilejson({"expr": "broken"}).status == 400


@settings(max_examples=200, deadline=None)
@given(
    z=st.text(max_size=5),
    x=st.text(max_size=5),
    tail=st.one_of(st.text(max_size=9), st.text(max_size=5).map(lambda t: f"{t}.png")),
    expr=st.text(max_size=10),
)
def test_no_address_at_all_can_raise_anything_but_our_errors(fuzzed, z, x, tail, expr):
    call = Call(
        method="GET", path="/xyz", args=(("expr", expr),), variables={"layer": "s2", "z": z, "x": x, "tail": tail}
    )
    try:
        response = XYZ.answer(call, fuzzed)
    except BandstandError as error:
        response = XYZ.fault(call, error)
        json.loads(response.body)
    assert response.status < 500
