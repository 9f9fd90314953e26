"""Time and memory have bounds, whatever is asked and whatever lies in the archive."""

import contextlib
import http.client
import re
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.abuse.conftest import Victim, children
from tests.fixtures.bomb import SIDE_PX, write_bomb
from tests.fixtures.site import plant

from bandstand.model.crs import parse_crs
from bandstand.model.grid import Affine, Grid

WITHIN_S = 2.0
COVERAGE = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "s2_l2a"}
LARGE = COVERAGE | {"scaleSize": "E(6500),N(5000)", "rangeSubset": "B04,B03,B02", "interpolation": "cubic"}
TEXT = COVERAGE | {"coverageId": "dem", "scaleSize": "Long(1999),Lat(1999)"}
QUERY = {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages"}
KINDS = {
    "GeoTIFF": LARGE | {"format": "image/tiff"},
    "sent while it is computed": TEXT | {"scaleSize": "Long(9900),Lat(9900)", "interpolation": "cubic"},
    "deflated": LARGE | {"format": "image/tiff", "geotiff:compression": "Deflate"},
    "netCDF": LARGE | {"format": "application/netcdf"},
    "beside its description": LARGE | {"format": "image/tiff", "mediaType": "multipart/related"},
    "GML": TEXT | {"format": "application/gml+xml"},
    "CoverageJSON": TEXT | {"format": "application/prs.coverage+json"},
    "number": QUERY | {"query": "for $c in (dem) return max(sin(scale($c, {Long(0:9800), Lat(0:9800)})))"},
}


@pytest.fixture
def hurried(victim):
    """A server whose requests may take a second."""

    def change(text):
        changed = re.sub(r"#?timeout_s: \d+", "timeout_s: 1", text)
        assert changed != text
        return changed

    return victim("--threads", "2", change=change)


def ended(server, keys):
    """The status of an answer, None where it was broken off, and the seconds that took."""
    begun = time.monotonic()
    status = None
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with contextlib.closing(connection), contextlib.suppress(http.client.HTTPException, ConnectionError):
        connection.request("GET", f"/wcs?{urlencode(keys)}")
        answer = connection.getresponse()
        answer.read()
        status = answer.status
    return status, time.monotonic() - begun


def test_every_kind_of_request_ends_in_time(hurried):
    unlike = {}
    for kind, keys in KINDS.items():
        # The best of a few: the first may compile its kernels, and the machine may be busy with something else.
        for _ in range(4):
            status, taken = ended(hurried, keys)
            if taken <= WITHIN_S:
                break
        if taken > WITHIN_S or status not in {None, 200, 503}:
            unlike[kind] = (status, taken)
    assert not unlike
    assert hurried.get("/healthz", timeout=5)[0] == 200


SITE = """
server: {block_cache_bytes: 100000000, memory_bytes: 1500000000}
catalog: {path: catalog.sqlite}
collections:
  bomb: {profile: generic, source: files}
layers:
  - {name: bomb, collection: bomb}
"""


def test_a_small_file_of_giant_blocks_stays_within_the_budget(tmp_path):
    grid = Grid(parse_crs("EPSG:32633"), Affine(10, 0, 400000, 0, -10, 5400000), 3 * SIDE_PX, 3 * SIDE_PX)
    (tmp_path / "files").mkdir()
    write_bomb(tmp_path / "files" / "bomb_20230614.tif", grid, tiles=3)
    site = plant(tmp_path, change=lambda _: SITE)
    server = Victim(site, "--threads", "2")
    try:
        before = peaks(server)
        keys = COVERAGE | {"coverageId": "bomb", "scaleSize": "x(64),y(64)", "format": "image/tiff"}
        assert server.get(f"/wcs?{urlencode(keys)}")[0] == 200
        grown = max(after - before[pid] for pid, after in peaks(server).items())
    finally:
        server.end()
    assert grown < 1_000_000_000, grown


def peaks(server):
    """Most bytes that each process of a server ever held."""
    found = {}
    for pid in children(server.process.pid):
        told = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        found[pid] = int(told[1]) * 1024
    return found
