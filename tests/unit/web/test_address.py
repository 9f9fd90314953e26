"""Where clients reach the server, by the words of proxies as far as they are trusted."""

import pytest
from tests.unit.web.test_mount import echo

from bandstand.web.address import PublicAddress

TRUSTED = {"trusted_proxies": ("127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32")}


@pytest.fixture(scope="module")
def proxied(site_engine):
    return echo(site_engine, **TRUSTED)


def base(client, **headers):
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return client.get("/echo/a", headers=sent).text.rpartition(" ")[2]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("for=192.0.2.60;proto=https;by=203.0.113.43;host=maps.example.org", "https://maps.example.org"),
        ('For="[2001:db8:cafe::17]:4711";Proto=HTTPS;Host="maps.example.org:8443"', "https://maps.example.org:8443"),
        ("host=maps.example.org", "http://maps.example.org"),
        ("proto=https", "https://localhost"),
        # The client, an outer and an inner proxy: the outer one knows the name that clients use.
        (
            "for=192.0.2.60;proto=https;host=maps.example.org, for=10.0.0.1;proto=http;host=inner",
            "https://maps.example.org",
        ),
        # A client that writes the header itself: what a stranger says does not count.
        ("host=evil.example.org;proto=https, for=192.0.2.60;host=maps.example.org", "http://maps.example.org"),
        ("for=10.0.0.9;host=evil.example.org, for=192.0.2.60;host=maps.example.org", "http://maps.example.org"),
        ('for=unknown;host="maps.example.org"', "http://maps.example.org"),
        ('host="maps.example.org/evil"', "http://localhost"),
        ("host=a b", "http://localhost"),
        # Pairs (RFC 7239, 4) and members of a list (RFC 9110, 5.6.1) may be empty.
        ("proto=https;;host=maps.example.org;", "https://maps.example.org"),
        (", for=192.0.2.60;proto=https;host=maps.example.org , , for=10.0.0.1;host=inner", "https://maps.example.org"),
        ("proto=javascript;host=maps.example.org", "http://maps.example.org"),
        ("nonsense", "http://localhost"),
        ('host="', "http://localhost"),
    ],
)
def test_forwarded_is_read_from_a_trusted_proxy(proxied, header, address):
    assert base(proxied, Forwarded=header) == address


def test_forwarded_of_a_stranger_is_ignored(site_engine):
    client = echo(site_engine, trusted_proxies=("10.0.0.0/8",))
    assert base(client, Forwarded="host=evil.example.org;proto=https", X_Forwarded_Port="8443") == "http://localhost"


def test_one_family_of_headers_counts(proxied):
    """A proxy that writes X-Forwarded-… hands on a Forwarded that the client invented."""
    told = {"X_Forwarded_For": "192.0.2.60", "X_Forwarded_Proto": "https", "Host": "maps.example.org"}
    assert base(proxied, Forwarded="host=evil.example.org", **told) == "https://maps.example.org"


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X_Forwarded_Port": "8443", "X_Forwarded_Proto": "https"}, "https://localhost:8443"),
        ({"X_Forwarded_Port": "443", "X_Forwarded_Proto": "https"}, "https://localhost"),
        ({"X_Forwarded_Port": "80"}, "http://localhost"),
        ({"X_Forwarded_Port": "8080", "Host": "maps.example.org:5000"}, "http://maps.example.org:8080"),
        ({"X_Forwarded_Port": "443", "X_Forwarded_Proto": "https", "Host": "in:5000"}, "https://in"),
        ({"X_Forwarded_Port": "8443", "X_Forwarded_Host": "maps.example.org"}, "http://maps.example.org:8443"),
        ({"X_Forwarded_Port": "80", "X_Forwarded_Host": "maps.example.org:8443"}, "http://maps.example.org:8443"),
        ({"X_Forwarded_Port": "8443", "X_Forwarded_Host": "[2001:db8::1]"}, "http://[2001:db8::1]:8443"),
        ({"X_Forwarded_Port": "99999"}, "http://localhost"),
        ({"X_Forwarded_Port": "x"}, "http://localhost"),
        ({"X_Forwarded_Prefix": "/eo/"}, "http://localhost/eo"),
        ({"X_Forwarded_Prefix": "//evil.example.org"}, "http://localhost"),
        ({"X_Forwarded_Prefix": "eo"}, "http://localhost"),
        # Apache adds to what it is given.
        (
            {"X_Forwarded_Host": "evil.example.org, maps.example.org", "X_Forwarded_For": "192.0.2.60"},
            "http://maps.example.org",
        ),
        # Two proxies that are trusted, each with its line.
        (
            {"X_Forwarded_Host": "maps.example.org, inner", "X_Forwarded_For": "192.0.2.60, 10.0.0.1"},
            "http://maps.example.org",
        ),
        (
            {"X_Forwarded_Host": "maps.example.org, inner", "X_Forwarded_For": "192.0.2.60, [2001:db8::7]:4000"},
            "http://maps.example.org",
        ),
    ],
)
def test_the_other_family_is_read_from_a_trusted_proxy(proxied, headers, address):
    assert base(proxied, **headers) == address


def test_a_proxy_that_is_seen_in_the_form_of_the_new_addresses_is_the_same(site_engine):
    client = echo(site_engine, **TRUSTED)
    answer = client.get(
        "/echo/a", headers={"X-Forwarded-Host": "maps.example.org"}, environ_base={"REMOTE_ADDR": "::ffff:127.0.0.1"}
    )
    assert answer.text.endswith(" http://maps.example.org")


@pytest.mark.parametrize(
    ("peer", "fields", "client"),
    [
        ("192.0.2.1", {"x-forwarded-for": "198.51.100.7"}, "192.0.2.1"),
        ("10.0.0.1", {"x-forwarded-for": "198.51.100.7"}, "198.51.100.7"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.9, 198.51.100.7, 10.0.0.2"}, "198.51.100.7"),
        ("10.0.0.1", {"x-forwarded-for": "[2001:db8::1]:4711"}, "2001:db8::1"),
        ("10.0.0.1", {"forwarded": 'for=203.0.113.9, for="[2001:db8::1]:4711";proto=https'}, "2001:db8::1"),
        ("10.0.0.1", {"x-forwarded-for": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
        ("10.0.0.1", {"x-forwarded-for": "a\x1b[2J"}, "10.0.0.1"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("local", {"x-forwarded-for": "198.51.100.7"}, "local"),
    ],
)
def test_a_client_is_the_nearest_address_that_nobody_vouches_for(peer, fields, client):
    assert PublicAddress("", ["10.0.0.0/8"]).client(peer, fields) == client
