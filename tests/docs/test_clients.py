"""The snippets of docs/clients.md draw land in a real browser, by the libraries that the tests carry."""

import re
from pathlib import Path

import numpy as np
import pytest
from tests.clients import maps
from tests.clients.programs import running_chromium

TEXT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```js\n(.*?)```", TEXT, re.DOTALL)
PLACE = {"crs": "EPSG:3857", "center": (142.7, 6325868.5), "resolution": 2.388657133911758}
SHOWN = """(async () => {{
{snippet}
show(new ol.TileLayer({{source}}), source);
}})().catch(error => window.told.errors.push(String(error)));"""


@pytest.fixture(scope="module")
def browser():
    with running_chromium() as found:
        yield found


def check(shown):
    assert shown.told["errors"] == []
    assert shown.complaints == ()
    assert len(np.unique(shown.picture.reshape(-1, 3), axis=0)) > 50


def test_the_page_has_a_snippet_for_each_way():
    assert [("TileWMS" in s, "WMTSCapabilities" in s, "tileLayer.wms" in s) for s in SNIPPETS] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


@pytest.mark.parametrize("snippet", SNIPPETS[:2], ids=["WMS", "WMTS"])
def test_a_snippet_for_openlayers_draws(browser, live, snippet):
    here = snippet.replace("http://127.0.0.1:8080", live)
    check(maps.openlayers(browser, SHOWN.format(snippet=here), **PLACE))


def test_the_snippet_for_leaflet_draws(browser, live):
    here = SNIPPETS[2].replace("http://127.0.0.1:8080", live)
    check(maps.leaflet_snippet(browser, here, center=(49.2997, 0.0013), zoom=16))
