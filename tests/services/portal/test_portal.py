"""The page's files and the JSON API behind it."""

import pytest


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


def test_dates_are_told_newest_first(client):
    dates = client.get("/api/layers/ndvi/dates").json
    assert [entry["date"] for entry in dates["dates"]] == ["2022-07-19", "2022-05-15", "2021-09-02", "2021-06-14"]


def test_dates_can_be_bounded(client):
    dates = client.get("/api/layers/ndvi/dates?from=2021-07-01&to=2022-05").json
    assert [entry["date"] for entry in dates["dates"]] == ["2022-05-15", "2021-09-02"]


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
