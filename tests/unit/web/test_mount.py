"""What HTTP asks of every answer, whichever service gives it."""

import pytest

from bandstand.errors import InvalidParameter
from bandstand.model.exchange import Response
from bandstand.services.base import Route
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


def test_a_body_above_the_limit_is_refused(site_engine):
    app = mount_services(site_engine, Settings(body_max_bytes=100))
    answer = app.test_client().post("/wms", data=b"x" * 1000, content_type="text/xml")
    assert answer.status_code == 413
    assert "100 bytes" in answer.text


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
