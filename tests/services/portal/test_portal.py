"""The page's files and the JSON API behind it."""

import re
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from tests.unit.engine.conftest import open_archive, write_tiff
from werkzeug.routing import Map, Rule

from bandstand.services.portal import SERVICE
from bandstand.web.app import Settings, mount_services

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_loads_nothing_from_elsewhere(client):
    for path in ("/", "/static/portal.js", "/static/portal.css"):
        text = client.get(path).text
        assert "http://" not in text.replace("http://www.w3.org", "").replace("http://www.opengis.net", "")
        assert "//cdn" not in text


@pytest.mark.parametrize("name", ["portal.js", "portal.css", "ol.js", "ol.css", "icon.svg", "ol.LICENSES.txt"])
def test_every_file_of_the_page_is_there(client, name):
    assert client.get(f"/static/{name}").status_code == 200


def test_the_page_may_only_load_from_here(client):
    assert "default-src 'self'" in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["..%2fservice.py", "nix.js", "..%5cservice.py"])
def test_nothing_else_can_be_fetched(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_layers_tell_what_a_page_needs(client):
    layers = {layer["name"]: layer for layer in client.get("/api/layers").json["layers"]}
    assert list(layers) == ["true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation"]
    assert layers["true_color"]["default_time"] == "2022-07-19"
    assert len(layers["true_color"]["bbox"]) == 4


def test_a_layer_without_a_style_tells_what_is_drawn(tmp_path):
    write_tiff(tmp_path / "own/depth_20200101.tif", np.linspace(-60, -10, 64 * 64, dtype="f4").reshape(64, 64))
    text = "collections:\n  own: {profile: generic, source: own}\nlayers:\n  - {name: own, collection: own}\n"
    engine = open_archive(tmp_path, text).engine
    (told,) = mount_services(engine, Settings()).test_client().get("/api/layers").json["layers"]
    assert told["kind"] == "ramp"
    assert told["range"] == pytest.approx([-59, -11], abs=0.5)
    engine.close()


def test_dates_are_told_newest_first(client):
    dates = client.get("/api/layers/ndvi/dates").json
    assert [entry["date"] for entry in dates["dates"]] == ["2022-07-19", "2022-05-15", "2021-09-02", "2021-06-14"]


def test_dates_can_be_bounded(client):
    dates = client.get("/api/layers/ndvi/dates?from=2021-07-01&to=2022-05").json
    assert [entry["date"] for entry in dates["dates"]] == ["2022-05-15", "2021-09-02"]


def outlines(site):
    """What every scene covers in longitude and latitude, by its files alone, with its date."""
    for name, folder in site.scenes().items():
        with rasterio.open(folder / "B02.tif") as file:
            corners = [
                file.transform @ corner
                for corner in ((0, 0), (file.width, 0), (file.width, file.height), (0, file.height))
            ]
            to_degrees = pyproj.Transformer.from_crs(file.crs, 4326, always_xy=True)
        day = re.search(r"_(\d{4})(\d\d)(\d\d)", name)
        yield shapely.Polygon([to_degrees.transform(*corner) for corner in corners]), "-".join(day.groups())


@pytest.mark.parametrize(
    "box",
    [
        (-0.02, 49.29, -0.0199, 49.2901),
        (-0.0001, 49.3, 0.0001, 49.3001),
        (0.0100, 49.3, 0.0101, 49.3001),
        (10.0, 49.0, 11.0, 50.0),
        (-180.0, -90.0, 180.0, 90.0),
    ],
)
def test_dates_in_a_box_are_those_of_the_scenes_that_meet_it(client, site, box):
    expected = {day for outline, day in outlines(site) if outline.intersects(shapely.box(*box))}
    told = client.get("/api/layers/ndvi/dates", query_string={"bbox": ",".join(map(repr, box))}).json
    assert [entry["date"] for entry in told["dates"]] == sorted(expected, reverse=True)
    assert told["default"] == "2022-07-19"


def test_a_box_over_the_antimeridian_is_not_the_rest_of_the_world(client):
    assert client.get("/api/layers/ndvi/dates?bbox=179,-10,-179,60").json["count"] == 0
    assert client.get("/api/layers/ndvi/dates?bbox=179,-10,1,60").json["count"] == 4


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("bbox", "1,2,3", "3 value(s)"),
        ("bbox", "1,2,3,x", "no finite number"),
        ("bbox", "1,50,2,49", "no box"),
        ("from", "yesterday", "no time"),
        ("to", "14/06/2023", "no time"),
        ("from", "2022-13", "no time"),
        ("to", "2022-02-30", "no time"),
    ],
)
def test_a_bound_of_dates_that_cannot_be_read_is_refused(client, key, value, said):
    answer = client.get("/api/layers/ndvi/dates", query_string={key: value})
    assert (answer.status_code, answer.json["parameter"]) == (400, key)
    assert said in answer.json["detail"]


def test_bands_tell_their_names_and_classes(client):
    bands = {band["name"]: band for band in client.get("/api/layers/s2_l2a/bands").json["bands"]}
    assert bands["B08"]["common_name"] == "nir"
    assert {"value": 6, "label": "water"} in [
        {"value": c["value"], "label": c["label"].lower()} for c in bands["SCL"]["classes"]
    ]


def test_an_expression_is_understood(client):
    report = client.get("/api/expressions/validate", query_string={"expr": "nd(B08,B04)", "layer": "ndvi"}).json
    assert report["bands"] == ["B08", "B04"]


def test_a_wrong_expression_points_at_the_character(client):
    answer = client.get("/api/expressions/validate", query_string={"expr": "(B80-B04)", "layer": "ndvi"})
    assert (answer.status_code, answer.json["position"], answer.json["parameter"]) == (400, 2, "expr")
    assert '"B08"?' in answer.json["detail"]


def test_indices_say_whether_the_bands_are_there(client):
    indices = {index["name"]: index for index in client.get("/api/indices?layer=s2_l2a").json["indices"]}
    assert indices["NDVI"]["available"]
    assert not client.get("/api/indices?layer=elevation").json["indices"][0]["available"]


def test_colour_maps_are_listed(client):
    assert "viridis" in client.get("/api/colormaps").json["colormaps"]


@pytest.mark.parametrize(
    "path",
    ["/api/layers/nix/dates", "/api/layers/nix/bands", "/api/indices?layer=nix", "/api/indices?collection=nix"],
)
def test_an_unknown_name_is_a_problem_document(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    # The same words as every other service that answers in JSON.
    tile = client.get("/xyz/nix/1/1/1.png")
    assert answer.json["type"] in {tile.json["type"], "urn:bandstand:error:NotFound"}


def test_bounds_of_dates_the_wrong_way_round_are_refused(client):
    answer = client.get("/api/layers/ndvi/dates?from=2022-09-01&to=2022-06")
    assert answer.status_code == 400
    assert answer.json["detail"] == 'FROM "2022-09-01" lies after TO "2022-06"; turn them round.'
    assert client.get("/api/layers/ndvi/dates?from=2022-05-15&to=2022-05").json["count"] == 1


@pytest.mark.parametrize(
    ("expr", "kind", "range_"),
    [
        ("NDVI", "ramp", [-0.2, 0.9]),
        ("B04;B03;B02", "rgb", [0.0, 0.3]),
        ("SCL", "classes", None),
        ("B08*2", "ramp", [-1, 1]),
    ],
)
def test_an_expression_tells_how_it_is_painted(client, expr, kind, range_):
    report = client.get(
        "/api/expressions/validate", query_string={"expr": expr, "layer": "s2_l2a", "picture": "1"}
    ).json
    assert (report["style"]["kind"], report["style"]["range"]) == (kind, range_)


def test_an_expression_that_is_not_painted_has_no_style(client):
    assert "style" not in client.get("/api/expressions/validate", query_string={"expr": "NDVI", "layer": "ndvi"}).json


def test_the_manual_is_at_the_address_that_messages_name(client):
    answer = client.get("/api/expressions/validate", query_string={"expr": "banana", "layer": "ndvi"})
    (address,) = re.findall(r"/docs/\w+", answer.json["detail"])
    page = client.get(address)
    assert (page.status_code, page.mimetype) == (200, "text/plain")
    assert page.get_data() == (DOCS / "expressions.md").read_bytes()


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda path: path.stem)
def test_every_page_of_the_manual_is_there_by_its_name(client, path):
    assert client.get(f"/docs/{path.name}").get_data() == client.get(f"/docs/{path.stem}").get_data()
    assert client.get(f"/docs/{path.stem}").get_data() == path.read_bytes()


@pytest.mark.parametrize("name", ["nix", "..%2fREADME.md", "decisions", "images%2fpage.png"])
def test_nothing_but_the_manual_is_there(client, name):
    answer = client.get(f"/docs/{name}")
    assert answer.status_code == 404
    assert "expressions" in answer.text or "/docs/{page}" in answer.text


def test_the_addresses_of_the_api_are_documented_and_those_the_page_uses_are_among_them(client):
    routes = [route.path for route in SERVICE.routes if route.path.startswith("/api")]
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    assert [path for path in routes if f"`{path}" not in text] == []
    rules = Map([Rule(re.sub(r"{(\w+)}", r"<\1>", path)) for path in routes]).bind("")
    used = re.findall(r"/api/[\w/${}().]*", client.get("/static/portal.js").text)
    assert used
    for address in used:
        rules.match(re.sub(r"\$\{[^/]*\}", "x", address))


@pytest.mark.parametrize("path", ["/nix", "/api/nix"])
def test_an_address_that_is_not_there_names_the_api(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "/api/layers" in answer.text
