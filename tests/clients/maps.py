"""Maps of OpenLayers and Leaflet in a browser: the pages, what they ask for, and what they show."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

VENDOR = Path(__file__).with_name("vendor")
SIDE = 400
"""Pixels of a map, each way."""
_PATIENCE_MS = 60_000
_PAGE = f"""<!DOCTYPE html><html><head><style>
html, body {{ margin: 0; background: #fff; }} #map {{ width: {SIDE}px; height: {SIDE}px; background: #fff; }}
</style></head><body><div id="map"></div><script>window.told = {{errors: [], done: false}};</script></body></html>"""

_OPENLAYERS = """
const settings = %s;
for (const {code, extent} of settings.projections || [])
  ol.addProjection(new ol.Projection({code, extent, units: "m"}));
const show = (layer, source) => {
  for (const kind of ["tileloaderror", "imageloaderror"])
    source.on(kind, event => window.told.errors.push(kind));
  const view = new ol.View({projection: settings.crs, center: settings.center, resolution: settings.resolution});
  const map = new ol.Map({target: "map", controls: [], interactions: [], pixelRatio: 1, layers: [layer], view});
  map.once("rendercomplete", () => { window.told.done = true; });
};
%s
"""
_LEAFLET = """
const settings = %s;
const map = L.map("map", {
  crs: L.CRS[settings.crs], zoomControl: false, attributionControl: false, fadeAnimation: false, zoomAnimation: false,
}).setView(settings.center, settings.zoom);
map.on("layeradd", ({layer}) => {
  layer.on("tileerror", event => window.told.errors.push("tileerror"));
  layer.on("load", () => {
    const corner = map.getPixelBounds().min;
    window.told.corner = [corner.x, corner.y];
    window.told.done = true;
  });
});
%s
"""
_LAYER = 'L.tileLayer.wms(settings.base + "/wms", settings.options).addTo(map);'
TILED = "const source = new ol.TileWMS(settings.source); show(new ol.TileLayer({source}), source);"
WHOLE = "const source = new ol.ImageWMS(settings.source); show(new ol.ImageLayer({source}), source);"
WMTS = """
fetch(settings.capabilities).then(answer => answer.text()).then(text => {
  const options = ol.optionsFromCapabilities(new ol.WMTSCapabilities().read(text), settings.source);
  options.crossOrigin = "anonymous";
  const source = new ol.WMTS(options);
  show(new ol.TileLayer({source}), source);
}).catch(error => window.told.errors.push(String(error)));
"""
WMS_CAPABILITIES = """
fetch(settings.capabilities).then(answer => answer.text()).then(text => {
  window.told.read = new ol.WMSCapabilities().read(text);
  window.told.done = true;
});
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page showed and told."""

    picture: np.ndarray
    """(y, x, 3), as on the screen."""
    told: Mapping[str, object]
    complaints: tuple[str, ...]
    """Errors of scripts and failed requests."""


def openlayers(browser, script: str, **settings) -> Shown:
    """A map of OpenLayers; `script` is one of the above."""
    return _show(browser, "ol.js", _OPENLAYERS % (json.dumps(settings), script))


def leaflet(browser, **settings) -> Shown:
    """A map of Leaflet with one `TileLayer.WMS` of these `options`."""
    return leaflet_snippet(browser, _LAYER, **settings)


def leaflet_snippet(browser, snippet: str, crs: str = "EPSG3857", **settings) -> Shown:
    """A map of Leaflet with what a snippet adds to `map`."""
    text = _LEAFLET % (json.dumps({"crs": crs, **settings}), snippet)
    return _show(browser, "leaflet.js", text, style="leaflet.css")


def _show(browser, library: str, script: str, style: str = "") -> Shown:
    page = browser.new_page(viewport={"width": SIDE, "height": SIDE}, device_scale_factor=1)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    try:
        page.set_content(_PAGE)
        if style:
            page.add_style_tag(path=str(VENDOR / style))
        page.add_script_tag(path=str(VENDOR / library))
        page.add_script_tag(content=script)
        page.wait_for_function("window.told.done || window.told.errors.length", timeout=_PATIENCE_MS)
        told = page.evaluate("window.told")
        with Image.open(io.BytesIO(page.screenshot())) as image:
            picture = np.asarray(image.convert("RGB")).astype(int)
    finally:
        page.close()
    return Shown(picture, told, tuple(complaints))
