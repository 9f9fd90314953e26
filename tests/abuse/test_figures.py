"""The figures of a running server: of all its processes, and right after one of them dies."""

import os
import signal

from prometheus_client.parser import text_string_to_metric_families
from tests.abuse.conftest import children

TILE = "/xyz/s2_l2a/14/8191/5604.png"


def figures(server):
    status, text = server.get("/metrics")
    assert status == 200
    return [s for family in text_string_to_metric_families(text.decode()) for s in family.samples]


def total(samples, name, **labels):
    """The sum over all processes."""
    return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())


def test_counters_do_not_fall_when_a_worker_dies(victim):
    server = victim()
    for _ in range(5):
        assert server.get(TILE)[0] == 200
    assert server.get("/wms?request=GetMap&service=WMS")[0] == 400
    # An answer is counted once it has left, just before its line.
    server.hears(TILE, times=5)
    server.hears("/wms?request=GetMap")
    tiles = {"service": "xyz", "operation": "GetTile", "status": "2xx"}
    before = figures(server)
    assert total(before, "bandstand_requests_total", **tiles) == 5
    assert total(before, "bandstand_requests_total", service="wms", operation="GetMap", status="4xx") == 1
    assert total(before, "bandstand_request_seconds_count", service="xyz") == 5
    assert total(before, "bandstand_workers") == 1
    assert total(before, "bandstand_running", lane="health") == 1
    assert 1e7 < total(before, "process_resident_memory_bytes") < 1e10
    server.process.send_signal(signal.SIGHUP)
    # The worker that ends says its last word; the one that takes its place may have another slate.
    server.hears("The configuration was read again")
    samples = figures(server)
    assert total(samples, "bandstand_reloads_total", result="done") == 1
    assert total(samples, "bandstand_requests_total", **tiles) == 5
    os.kill(max(children(server.process.pid)), signal.SIGKILL)
    server.hears("and is replaced")
    assert server.get(TILE)[0] == 200
    server.hears(TILE, times=6)
    samples = figures(server)
    assert total(samples, "bandstand_worker_restarts_total") == 1
    assert total(samples, "bandstand_requests_total", **tiles) == 6
    assert total(samples, "bandstand_workers") == 1
