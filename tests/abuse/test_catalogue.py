"""The catalogue goes away, comes back, and is replaced under a running server."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from tests.abuse.conftest import PATIENCE_S
from tests.abuse.test_workers import worker

from bandstand.catalog.sqlite import open_catalog
from bandstand.model.time import TimeSpan

MAP = (
    "/wms?service=WMS&version=1.3.0&request=GetMap&layers=s2_l2a&styles=&crs=CRS:84&bbox=2,44,3,45"
    "&width=64&height=64&format=image/png"
)
CAPABILITIES = "/wms?service=WMS&request=GetCapabilities"


def becomes(server, path, status):
    """The first answer with a status; it is asked for until it comes."""
    until, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while (answer := server.get(path))[0] != status and time.monotonic() < until:
        pause.wait(0.1)
    assert answer[0] == status, answer
    return answer[1]


def test_a_server_without_its_catalogue_starts_is_not_ready_and_finds_it(victim):
    server = victim(spoil=lambda folder: (folder / "catalog.sqlite").rename(folder / "away"))
    path = server.site.config.catalog.path
    assert any("catalog.sqlite is not there" in line for line in server.said)
    status, told = server.get("/readyz")
    assert (status, json.loads(told)["checks"]["catalog"]["status"]) == (503, "failing")
    assert server.get("/healthz")[0] == 200
    status, report = server.get(MAP)
    assert status == 503
    assert b"<ServiceException" in report
    assert not path.exists()
    path.with_name("away").rename(path)
    becomes(server, "/readyz", 200)
    assert server.get(MAP)[0] == 200


def test_a_catalogue_that_is_gone_is_told_and_served_from_until_another_comes(victim):
    server = victim()
    path = server.site.config.catalog.path
    assert server.get("/readyz")[0] == 200
    path.rename(path.with_name("away"))
    assert b"is not there" in becomes(server, "/readyz", 503)
    server.hears("catalog.sqlite is not there")
    # What is open is as good as it was.
    assert {server.get(MAP)[0] for _ in range(12)} == {200}
    assert not path.exists()
    # A worker that starts now has nothing.
    os.kill(worker(server), signal.SIGKILL)
    server.hears("and is replaced")
    assert server.get(MAP)[0] == 503
    assert not path.exists()
    shutil.copy(path.with_name("away"), path)
    becomes(server, "/readyz", 200)
    assert server.get(MAP)[0] == 200


@pytest.mark.parametrize("damage", ["cut off", "garbage in its place", "garbage in it"])
def test_a_broken_catalogue_is_told_and_healed(victim, damage):
    server = victim()
    path = server.site.config.catalog.path
    whole = path.read_bytes()
    if damage == "cut off":
        os.truncate(path, 5000)
    elif damage == "garbage in it":
        path.write_bytes(b"no database " * 1000)
    else:
        path.with_name("garbage").write_bytes(b"no database " * 1000)
        path.with_name("garbage").rename(path)
    assert b"failing" in becomes(server, "/readyz", 503)
    assert server.get(CAPABILITIES)[0] in {200, 503}
    path.write_bytes(whole)
    becomes(server, "/readyz", 200)
    assert server.get(MAP)[0] == 200
    assert not any("and is replaced" in line for line in server.said)


def default_time(server):
    capabilities = server.get(CAPABILITIES)[1].decode()
    return re.search(r'<Dimension name="time"[^>]* default="([^"]+)"', capabilities)[1]


def test_every_worker_follows_what_is_withdrawn_and_restored(victim):
    server = victim("--workers", "2")
    newest = default_time(server)
    writer = open_catalog(server.site.config.catalog.path, writable=True)
    taken = [
        entry.id
        for entry in writer.listing(
            "s2_l2a", times=(TimeSpan(datetime.fromisoformat(f"{newest}T00:00:00+00:00"), None),)
        )
    ]
    assert writer.withdraw("s2_l2a", taken) == 2
    # A connection of its own for each request: both workers answer.
    assert newest not in {default_time(server) for _ in range(12)}
    writer.restore("s2_l2a", taken)
    assert {default_time(server) for _ in range(12)} == {newest}
    writer.close()


def test_a_scene_that_lost_its_files_is_told_and_pruned_under_a_running_server(victim):
    server = victim()
    newest = default_time(server)
    lost = [path for scene, path in server.site.scenes().items() if newest.replace("-", "") in scene]
    for path in lost:
        shutil.rmtree(path)
    told = json.loads(becomes_degraded(server))
    assert told["checks"]["files"]["scenes"][0]["item"] in {path.name for path in lost}
    coverage = "/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageId=s2_l2a"
    assert server.get(coverage)[0] == 200
    status, report = server.get(f"{coverage}&subset=ansi(%22{newest}%22)")
    assert status == 503
    assert any(path.name.encode() in report for path in lost)
    command = [str(Path(sys.executable).with_name("bandstand")), "ingest", "-C", "s2_l2a", "--prune"]
    pruned = subprocess.run(command, cwd=server.site.folder, check=False, capture_output=True, text=True)
    assert "pruned  2 scenes" in pruned.stdout
    assert default_time(server) < newest
    assert json.loads(server.get("/readyz")[1])["status"] == "ok"


def becomes_degraded(server):
    until, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while b'"degraded"' not in (answer := server.get("/readyz"))[1] and time.monotonic() < until:
        pause.wait(0.1)
    assert answer[0] == 200, answer
    return answer[1]
