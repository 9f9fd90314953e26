"""Large coverages leave while they are computed, and say the same as those that are computed first."""

from urllib.parse import urlencode

import numpy as np
import pytest
import rasterio

from bandstand.engine import run

COVERAGE = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "format": "image/tiff"}
REQUESTS = {
    "one scene": COVERAGE | {"coverageId": "dem", "scaleSize": "Long(300),Lat(400)"},
    "a mosaic": COVERAGE | {"coverageId": "s2_l2a", "scaleSize": "E(300),N(400)", "interpolation": "linear"},
    "packed": COVERAGE | {"coverageId": "dem", "scaleSize": "Long(300),Lat(400)", "geotiff:compression": "Deflate"},
    "classes": COVERAGE | {"coverageId": "landcover", "scaleSize": "Long(300),Lat(400)"},
}
TOLD = ("X-Source-Items", "X-Source-Time", "Content-Disposition", "ETag")


def answered(client, keys):
    answer = client.get(f"/wcs?{urlencode(keys)}")
    assert answer.status_code == 200
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
        return answer, file.read(masked=True), file.tags()


@pytest.mark.parametrize("kind", REQUESTS)
def test_strips_say_what_the_whole_says(client, monkeypatch, kind):
    whole, numbers, tags = answered(client, REQUESTS[kind])
    monkeypatch.setattr("bandstand.engine.run.STRIP_PX", 300 * 40)
    strips, found, told = answered(client, REQUESTS[kind])
    assert [strips.headers.get(key) for key in TOLD] == [whole.headers.get(key) for key in TOLD]
    assert told == tags
    np.testing.assert_array_equal(found.mask, numbers.mask)
    np.testing.assert_allclose(found.filled(0), numbers.filled(0), rtol=0, atol=0.5)


def test_of_one_scene_the_first_part_leaves_before_the_last_strip_is_computed(client, monkeypatch):
    composed = []
    compose = run.compose
    monkeypatch.setattr(run, "STRIP_PX", 300 * 40)
    monkeypatch.setattr(run, "compose", lambda *given: composed.append(1) or compose(*given))
    answer = client.get(f"/wcs?{urlencode(REQUESTS['one scene'])}", buffered=False)
    body = answer.iter_encoded()
    next(body)
    begun = len(composed)
    rest = sum(len(part) for part in body)
    answer.close()
    assert rest
    assert begun < len(composed) == 10
