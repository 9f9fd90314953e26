"""What HTTP asks of every answer, whichever service gives it."""

import io

import pytest
from PIL import Image
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bandstand.engine import run as pixels
from bandstand.errors import InvalidParameter
from bandstand.model.exchange import Response
from bandstand.services.base import Route
from bandstand.web import mount
from bandstand.web.app import mount_services
from bandstand.web.mount import Mount, Settings

TILE = "/xyz/true_color/12/2048/1400.png"


class Echo:
    name = "echo"
    routes = (Route("/echo/{word}"),)

    def answer(self, call, engine):
        del engine
        if call.variables["word"] == "wrong":
            raise InvalidParameter("WORD is wrong.", locator="WORD")
        if call.variables["word"] == "bug":
            raise ZeroDivisionError
        text = f"{call.method} {call.path} {call.args} {call.body!r} {call.base_url}"
        return Response(body=text.encode(), etag="tag-1")

    def fault(self, call, error):
        del call
        return Response(status=error.http_status, body=error.message.encode())


def echo(engine, **settings):
    app = mount_services(engine, Settings())
    Mount(app, engine, Settings(**settings)).add(Echo())
    return app.test_client()


@pytest.fixture(scope="module")
def plain(site_engine):
    return echo(site_engine)


def test_head_has_the_headers_of_get_and_no_body(client):
    got, head = client.get(TILE), client.head(TILE)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(got.data))


def test_a_browser_of_another_host_may_ask(client):
    assert client.get(TILE).headers["Access-Control-Allow-Origin"] == "*"


def test_errors_too_may_be_read_by_another_host(client):
    answer = client.get("/wms?service=WMS&request=GetMap&layers=nix")
    assert answer.status_code >= 400
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_options_is_answered(client):
    answer = client.options("/wms", headers={"Access-Control-Request-Headers": "X-Thing"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Headers"] == "X-Thing"


def test_only_the_configured_origins_are_let_in(site_engine):
    client = echo(site_engine, origins=("https://maps.example.org",))
    inside = client.get("/echo/a", headers={"Origin": "https://maps.example.org"})
    outside = client.get("/echo/a", headers={"Origin": "https://other.example.org"})
    assert inside.headers["Access-Control-Allow-Origin"] == "https://maps.example.org"
    assert "Access-Control-Allow-Origin" not in outside.headers


def test_an_answer_that_the_client_has_is_304_without_body(plain):
    answer = plain.get("/echo/a", headers={"If-None-Match": '"tag-1"'})
    assert (answer.status_code, answer.data) == (304, b"")


def test_a_tile_that_the_client_has_is_304(client):
    tag = client.get(TILE).headers["ETag"]
    assert client.get(TILE, headers={"If-None-Match": tag}).status_code == 304


def test_a_client_error_is_worded_by_the_service(plain):
    answer = plain.get("/echo/wrong")
    assert (answer.status_code, answer.text) == (400, "WORD is wrong.")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_bug_is_told_by_a_number_and_kept_in_the_log(plain, caplog):
    answer = plain.get("/echo/bug")
    assert answer.status_code == 500
    assert answer.headers["X-Request-Id"] in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_a_request_id_of_the_caller_is_kept(plain):
    assert plain.get("/echo/a", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"


def test_a_request_id_that_could_forge_a_header_is_replaced(plain):
    assert plain.get("/echo/a", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"] != "a b"


def test_a_form_is_read_like_a_query(plain):
    assert "('a', '1')" in plain.post("/echo/x", data={"a": "1"}).text


def test_another_body_is_handed_on(plain):
    assert "b'<x/>'" in plain.post("/echo/x", data=b"<x/>", content_type="text/xml").text


def test_a_document_that_is_declared_a_form_is_handed_on_as_the_document_it_is(plain):
    answer = plain.post("/echo/x", data=b"\n<x a='1&amp;2'/>", content_type="application/x-www-form-urlencoded")
    assert "<x a=" in answer.text


def test_a_body_above_the_limit_is_refused(site_engine):
    app = mount_services(site_engine, Settings(body_max_bytes=100))
    answer = app.test_client().post("/wms", data=b"x" * 1000, content_type="text/xml")
    assert answer.status_code == 413
    assert "100 bytes" in answer.text


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (-1, 413)])
def test_a_form_that_is_costly_to_read_is_refused_before_it_is_taken_apart(plain, monkeypatch, spare, status):
    form = b"a=" + b"%28" * 10
    monkeypatch.setattr(mount, "_MOST_FORM_BYTES", len(form) + spare)
    answer = plain.post("/echo/x", data=form, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == status
    assert ("((((((((((" in answer.text, f"at most {len(form) + spare} bytes" in answer.text) == (spare == 0, spare < 0)


def test_a_form_of_megabytes_is_refused_in_the_words_of_the_service(client):
    answer = client.post("/wcs", data={"SERVICE": "WCS", "VERSION": "2.0.1", "EXPR": "(" * 3_000_000})
    assert (answer.status_code, "at most 1000000 bytes" in answer.text) == (413, True)
    assert "ExceptionReport" in answer.text


def test_a_document_may_be_larger_than_a_form(plain):
    answer = plain.post("/echo/x", data=b"<x>" + b"a" * 2_000_000, content_type="application/x-www-form-urlencoded")
    assert answer.text.count("a") > 2_000_000


def test_forwarded_headers_of_a_stranger_are_ignored(plain):
    assert "http://localhost" in plain.get("/echo/a", headers={"X-Forwarded-Host": "evil.example.org"}).text


def test_forwarded_headers_of_a_trusted_proxy_make_the_address(site_engine):
    client = echo(site_engine, trusted_proxies=("127.0.0.0/8",))
    headers = {"X-Forwarded-Host": "maps.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/eo"}
    assert client.get("/echo/a", headers=headers).text.endswith("https://maps.example.org/eo")


def test_a_public_address_wins(site_engine):
    client = echo(site_engine, public_url="https://maps.example.org/")
    assert client.get("/echo/a").text.endswith(" https://maps.example.org")


@pytest.mark.parametrize("path", ["/nix", "/static/../app.py", "/xyz", "/wms/nix"])
def test_an_unknown_address_is_a_plain_404(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("path", "method", "status", "said"),
    [
        ("/wms/nix", "GET", 404, b"<ServiceExceptionReport"),
        ("/wmts/1.0.0/a/b", "GET", 404, b'exceptionCode="NoApplicableCode" locator="path"'),
        ("/wcs/nix", "GET", 404, b'exceptionCode="NoApplicableCode" locator="path"'),
        ("/xyz/nix", "GET", 404, b'"parameter": "path"'),
        ("/wms", "DELETE", 405, b"<ServiceExceptionReport"),
    ],
)
def test_what_is_below_a_service_is_refused_in_its_words(client, path, method, status, said):
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert said in answer.get_data()
    assert "X-Request-Id" in answer.headers


def test_a_flood_of_parameters_is_refused(client):
    answer = client.get("/wms?" + "&".join(f"k{i}=v" for i in range(1001)))
    assert answer.status_code == 400
    assert "at most 1000" in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
def test_health_is_told(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.is_json


def test_a_malformed_host_is_worded_by_the_service(site_engine):
    answer = echo(site_engine).get("/echo/a", headers={"Host": "bad host"})
    assert answer.status_code == 400
    assert "body" not in answer.text


def test_where_the_catalogue_lies_is_not_told(make_site):
    from bandstand.engine.build import build_engine  # noqa: PLC0415 - only here

    site = make_site()
    engine = build_engine(site.config)
    client = mount_services(engine, Settings()).test_client()
    engine.catalog.close()
    path = site.config.catalog.path
    for name in (path, *path.parent.glob(f"{path.name}-*")):
        name.unlink()
    path.mkdir()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert str(path.parent) not in answer.text


@pytest.mark.parametrize("path", ["/echo/a", "/echo/wrong", "/nix", "/healthz", "/wms/nix"])
def test_listed_origins_are_told_apart_by_caches_in_every_answer(site_engine, path):
    listed = Settings(origins=("https://maps.example.org",))
    app = mount_services(site_engine, listed)
    Mount(app, site_engine, listed).add(Echo())
    for origin in ("https://maps.example.org", "https://other.example.org", None):
        answer = app.test_client().get(path, headers={"Origin": origin} if origin else {})
        assert answer.headers["Vary"] == "Origin"
        allowed = "https://maps.example.org" if origin == "https://maps.example.org" else None
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed


@pytest.mark.parametrize("path", ["/nix", "/healthz", "/readyz", "/version", "/wms"])
def test_where_every_origin_may_call_no_answer_varies(client, path):
    answer = client.get(path, headers={"Origin": "https://maps.example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Vary" not in answer.headers


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        ("/wms", "PUT", "GET, HEAD, OPTIONS, POST"),
        (TILE, "POST", "GET, HEAD, OPTIONS"),
        ("/", "DELETE", "GET, HEAD, OPTIONS"),
        ("/healthz", "PUT", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_allowed_is_told_which_are_and_is_not_kept(client, path, method, allowed):
    answer = client.open(path, method=method)
    assert answer.status_code == 405
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/wms", "GET, HEAD, OPTIONS, POST"), (TILE, "GET, HEAD, OPTIONS"), ("/", "GET, HEAD, OPTIONS")],
)
def test_options_names_the_methods_of_this_very_address(client, path, allowed):
    answer = client.options(path)
    assert answer.status_code == 204
    assert answer.headers["Allow"] == answer.headers["Access-Control-Allow-Methods"] == allowed


def asked_without_host(app, path, name):
    environ = EnvironBuilder(path=path).get_environ()
    # As the server gives them to the application.
    environ |= {"SERVER_PROTOCOL": "HTTP/1", "SERVER_NAME": name, "SERVER_PORT": "8080", "HTTP_HOST": ""}
    body, status, _ = run_wsgi_app(app, environ, buffered=True)
    return status, b"".join(body).decode()


@pytest.mark.parametrize(("name", "shown"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")])
def test_http_1_0_needs_no_host(site_engine, name, shown):
    app = mount_services(site_engine, Settings())
    status, text = asked_without_host(app, "/wms?SERVICE=WMS&REQUEST=GetCapabilities", name)
    assert status.startswith("200"), text
    assert f"http://{shown}:8080/wms?" in text


COVERAGE = "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=elevation&FORMAT=image/tiff"
COVERAGES = [
    COVERAGE,
    f"{COVERAGE}&MEDIATYPE=multipart/related",
    (
        "/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=elevation&FORMAT=image/tiff"
        "&BOUNDINGBOX={0.min_x},{0.min_y},{0.max_x},{0.max_y},urn:ogc:def:crs:OGC:1.3:CRS84"
    ),
]


@pytest.mark.parametrize("address", COVERAGES)
def test_head_of_a_coverage_computes_no_pixel(client, site_engine, monkeypatch, address):
    address = address.format(site_engine.extent(site_engine.layer("elevation", "wcs")).lonlat)
    got = client.get(address)
    assert got.status_code == 200, got.text

    def refuse(*_, **__):
        raise AssertionError("a pixel was read")

    monkeypatch.setattr(pixels, "_warp_scene", refuse)
    head = client.head(address)
    assert (head.status_code, head.data) == (200, b"")
    # What only the pixels would tell may be left out (RFC 9110, 9.3.2), but not be wrong.
    assert "Content-Length" not in head.headers
    for name in ("ETag", "Cache-Control"):
        assert head.headers[name] == got.headers[name]
    assert head.headers["Content-Type"].partition(";")[0] == got.headers["Content-Type"].partition(";")[0]


def test_head_of_a_coverage_refuses_what_get_refuses(client):
    for address in (f"{COVERAGE}&SCALESIZE=E(90000),N(90000)", f"{COVERAGE}x"):
        assert client.head(address).status_code == client.get(address).status_code >= 400


def test_after_a_head_the_coverage_is_whole(client):
    before = client.get(COVERAGE).data
    client.head(COVERAGE)
    assert client.get(COVERAGE).data == before


def test_an_error_within_a_picture_keeps_to_the_configured_size(make_site):
    def larger(text):
        return text.replace("  #map_max_width_px: 4096 ", "  map_max_width_px: 5000 \n  map_max_height_px: 300 ")

    from bandstand.engine.build import build_engine  # noqa: PLC0415 - only here

    engine = build_engine(make_site(change=larger).config)
    client = mount_services(engine, Settings()).test_client()
    address = (
        "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=nix&STYLES=&CRS=EPSG:3857&BBOX=0,0,1,1&FORMAT=image/png"
    )
    wide = client.get(f"{address}&WIDTH=4500&HEIGHT=20&EXCEPTIONS=INIMAGE")
    assert wide.mimetype == "image/png", wide.text
    assert Image.open(io.BytesIO(wide.data)).size == (4500, 20)
    assert client.get(f"{address}&WIDTH=20&HEIGHT=400&EXCEPTIONS=BLANK").mimetype == "text/xml"
    engine.close()
