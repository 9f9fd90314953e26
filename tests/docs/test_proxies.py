"""The configurations of docs/proxies.md give the addresses that clients use, whatever a client invents.

The headers that each of them sends are made out of its own lines, as nginx and Apache make them.
"""

import re
from pathlib import Path

import pytest

from bandstand.web.app import Settings, mount_services

TEXT = (Path(__file__).parents[2] / "docs" / "proxies.md").read_text(encoding="utf-8")
NGINX = re.findall(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
APACHE = re.findall(r"```apache\n(.*?)```", TEXT, re.DOTALL)
CLIENT = "192.0.2.60"
HOST = "maps.example.org:8081"
INVENTED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example.org",
}


def by_nginx(block):
    """`proxy_set_header`: variables filled in, empty ones not sent at all."""
    meant = {"$http_host": HOST, "$remote_addr": CLIENT, "$scheme": "http", '""': ""}
    sent = dict(INVENTED)
    for name, value in re.findall(r"proxy_set_header (\S+) (\S+);", block):
        sent[name] = meant.get(value, value)
    return {name: value for name, value in sent.items() if value}


def by_apache(block):
    """`RequestHeader` first, then what mod_proxy adds at the end; the host is preserved."""
    sent = dict(INVENTED)
    for name in re.findall(r"RequestHeader unset (\S+)", block):
        sent.pop(name, None)
    sent |= dict(re.findall(r'RequestHeader set (\S+) "(\S+)"', block))
    assert "ProxyPreserveHost On" in block
    for name, value in (("X-Forwarded-For", CLIENT), ("X-Forwarded-Host", HOST)):
        sent[name] = f"{sent[name]}, {value}" if name in sent else value
    return sent | {"Host": HOST}


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        (by_nginx(NGINX[0]), "http://maps.example.org:8081"),
        (by_nginx(NGINX[1]), "http://maps.example.org:8081/eo"),
        (by_apache(APACHE[0]), "http://maps.example.org:8081"),
        (by_apache(APACHE[1]), "http://maps.example.org:8081/eo"),
    ],
    ids=["nginx", "nginx under a path", "Apache", "Apache under a path"],
)
def test_an_example_gives_the_addresses_that_clients_use(site_engine, headers, address):
    client = mount_services(site_engine, Settings(trusted_proxies=("127.0.0.1", "10.0.0.0/8"))).test_client()
    document = client.get("/wms?SERVICE=WMS&REQUEST=GetCapabilities", headers=headers).text
    found = set(re.findall(r'OnlineResource[^>]* xlink:href="(http://[^"]*/wms)\?', document))
    assert found == {f"{address}/wms"}
    tiles = client.get("/xyz/ndvi/tilejson.json", headers=headers).json["tiles"]
    assert tiles == [f"{address}/xyz/ndvi/{{z}}/{{x}}/{{y}}.png"]
