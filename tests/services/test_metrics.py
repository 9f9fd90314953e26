"""/metrics: who may read it, and what the engine tells there."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

MAP = (
    "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=s2_l2a&STYLES=&CRS=EPSG:3857"
    "&BBOX=-17625,6316316,17564,6336201&WIDTH=64&HEIGHT=64&FORMAT=image/png"
)


def figures(client, **asked):
    answer = client.get("/metrics", **asked)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("networks", "proxies", "peer", "headers", "status"),
    [
        (["127.0.0.0/8"], [], "127.0.0.1", {}, 200),
        (["127.0.0.0/8"], [], "192.0.2.1", {}, 403),
        ([], [], "127.0.0.1", {}, 403),
        (["192.0.2.0/24"], [], "192.0.2.1", {}, 200),
        # A proxy on this machine that nobody has told of asks for the whole world.
        (["127.0.0.0/8"], [], "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        (["127.0.0.0/8"], [], "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        (["127.0.0.0/8"], ["127.0.0.1"], "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        (["192.0.2.0/24"], ["127.0.0.1"], "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 200),
        (["192.0.2.0/24"], ["127.0.0.1"], "127.0.0.1", {"X-Forwarded-For": "192.0.2.1, 198.51.100.1"}, 403),
    ],
)
def test_figures_are_for_the_networks_that_are_named(site_engine, networks, proxies, peer, headers, status):
    settings = Settings(metrics=tuple(networks), trusted_proxies=tuple(proxies))
    client = mount_services(site_engine, settings).test_client()
    answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("bandstand_info" in answer.text) == (status == 200)


def test_the_catalogue_is_told(site_engine):
    found = figures(mount_services(site_engine, Settings(metrics=("127.0.0.1",))).test_client())
    for name in ("s2_l2a", "landcover", "dem"):
        assert found["bandstand_catalog_items", ("collection", name)] == site_engine.catalog.count(name)
    changed = found["bandstand_catalog_changed_timestamp_seconds",]
    assert changed == pytest.approx(site_engine.catalog.changed_ms() / 1000)
    assert found["bandstand_ready",] == 1
    assert re.fullmatch(r"\d+\.\d+.*", dict(next(key for key in found if key[0] == "bandstand_info")[1:])["version"])


def test_scenes_that_a_map_lacks_are_counted(make_site):
    site = make_site()
    newest = max(site.scenes().values())
    for path in newest.glob("*.tif"):
        path.unlink()
    engine = build_engine(site.config)
    client = mount_services(engine, Settings(metrics=("127.0.0.1",))).test_client()
    before = figures(client)
    answer = client.get(MAP)
    skipped = sum(" was left out: " in value for key, value in answer.headers if key == "Warning")
    after = figures(client)
    engine.close()
    assert skipped
    for name in ("bandstand_skipped_scenes_total", "bandstand_store_errors_total"):
        assert after[name,] - before.get((name,), 0) == skipped
