"""Feature info: the values under a pixel as text, page, JSON or GML, the same in WMS and WMTS."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bandstand.model.ask import BandValue, Sample
from bandstand.model.exchange import Response
from bandstand.model.layer import Layer
from bandstand.services.ows.xml import templates

INFO_FORMATS = (
    "text/plain",
    "text/html",
    "application/json",
    "application/geo+json",
    "application/vnd.ogc.gml",
    "text/xml",
)
"""As published; the first is the default."""

NAMESPACE = "urn:bandstand:feature-info"
"""Of the elements that GML feature info has of its own."""
_GML_SCHEMA = "http://schemas.opengis.net/gml/2.1.2/feature.xsd"
_TEMPLATES = templates("bandstand.services.ows")
_WIDTH = 14
_OF_SCENE = frozenset({"time", "item", "cloud_cover"})
"""Properties in GeoJSON that are no bands'."""


def feature_info(samples: Sequence[Sample], media_type: str, base_url: str) -> Response:
    """Word the samples of one pixel.

    Args:
        samples: In the order of layers, several of one layer best first; undefined values are told as `null`, an
            empty cell or `no data`.
        media_type: One of `INFO_FORMATS`.
        base_url: Public address of the application, where the schema of GML is.
    """
    if media_type == "text/plain":
        text = "\n".join(_plain(sample) for sample in samples)
    elif media_type == "text/html":
        text = _TEMPLATES.get_template("feature_info.html.j2").render(
            layers=[(sample, list(_rows(sample))) for sample in samples]
        )
    elif media_type in {"application/vnd.ogc.gml", "text/xml"}:
        text = _TEMPLATES.get_template("feature_info.xml.j2").render(
            namespace=NAMESPACE,
            schema=f"{base_url}/wms?SERVICE=WMS&REQUEST=GetFeatureInfoSchema",
            features=[(number, s, list(_properties(s).items())) for number, s in _numbered(samples)],
        )
    else:
        text = json.dumps(_collection(samples), ensure_ascii=False, allow_nan=False)
    body = text.encode("utf-8", "replace")
    warnings = dict.fromkeys(text for sample in samples for text in sample.warnings)
    # What could not be read may be there again at any moment.
    cache = ("Cache-Control", "no-store" if warnings else "public, max-age=60")
    return with_warnings(Response(media_type=media_type, body=body, headers=(cache,)), tuple(warnings))


def feature_info_schema(layers: Sequence[Layer]) -> Response:
    """The application schema of GML feature info (GML 2.1.2): an element a layer, with the values as they come."""
    names = [layer.name for layer in layers if layer.queryable and layer.name != "FeatureCollection"]
    text = _TEMPLATES.get_template("feature_info.xsd.j2").render(namespace=NAMESPACE, gml=_GML_SCHEMA, names=names)
    return Response(media_type="text/xml", body=text.encode(), headers=(("Cache-Control", "public, max-age=60"),))


def with_warnings(response: Response, warnings: Sequence[str]) -> Response:
    """A response that carries more `Warning` headers."""
    if not warnings:
        return response
    return replace(response, headers=(*response.headers, *(("Warning", text) for text in warnings)))


def _hit(sample: Sample) -> bool:
    return bool(sample.item) or any(value.value is not None for value in (*sample.outputs, *sample.bands))


def _numbered(samples: Sequence[Sample]) -> Iterator[tuple[int, Sample]]:
    """The samples that have something, counted from 1 in each layer."""
    counts: Counter[str] = Counter()
    for sample in filter(_hit, samples):
        counts[sample.layer] += 1
        yield counts[sample.layer], sample


def _short(value: float | None) -> str:
    """At most six significant digits, trailing zeros of a decimal fraction dropped."""
    return "no data" if value is None or not math.isfinite(value) else f"{value:.6g}"


def _dn(value: BandValue) -> str:
    if value.stored is None:
        return ""
    offset = value.field.offset / value.field.scale if value.field.scale else 0.0
    return f"DN {value.stored:.15g}" + (f", offset {offset:.6g}" if offset else "")


def _words(value: BandValue) -> str:
    """A value with its unit, its stored number and its class."""
    text = _short(value.value)
    if value.value is not None and _unit(value):
        text += f" {_unit(value)}"
    notes = [note for note in (value.label, _dn(value)) if note]
    return f"{text:<8} ({'; '.join(notes)})" if notes else text


def _unit(value: BandValue) -> str:
    """Empty for a pure number."""
    return "" if value.field.unit in {"1", "10^0"} else value.field.unit


def _position(lon: float, lat: float) -> str:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return "nowhere on Earth"
    return f"{abs(lon):.5f} {'E' if lon >= 0 else 'W'}, {abs(lat):.5f} {'N' if lat >= 0 else 'S'} (EPSG:4326)"


def _rows(sample: Sample) -> Iterator[tuple[str, str]]:
    """Names and texts, in the order they are shown."""
    yield "position", _position(*sample.lonlat)
    if sample.time:
        yield "date", sample.time
    names = {value.field.name for value in sample.outputs}
    for value in (*sample.outputs, *(b for b in sample.bands if b.field.name not in names)):
        yield value.field.name, _words(value)
    if sample.item:
        cloud = "" if sample.cloud_cover is None else f", cloud cover {sample.cloud_cover:.3g} %"
        yield "scene", f"{sample.item}{cloud}"


def _plain(sample: Sample) -> str:
    title = f"{sample.title} ({sample.layer})" if sample.title else sample.layer
    lines = [f"  {name:<{_WIDTH - 1}} {_line(text)}" for name, text in _rows(sample)]
    return "\n".join([_line(title), *lines]) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split("\n"))


def _own_name(band: str) -> str:
    return f"{band}_2" if band in _OF_SCENE else band


def _properties(sample: Sample) -> dict[str, object]:
    """GeoJSON properties: outputs first, then source bands with their stored numbers and classes.

    A band that is called as what is told of the scene is told as `time_2`; one called `p_dn` goes before what is told
    of another band `p`.
    """
    found: dict[str, object] = {}
    if sample.time:
        found["time"] = sample.time
    values = (*sample.outputs, *sample.bands)
    names = {value.field.name: _own_name(value.field.name) for value in values}
    for value in values:
        name = names[value.field.name]
        found.setdefault(name, value.value if value.value is None or math.isfinite(value.value) else None)
        notes = {"dn": value.stored, "label": value.label or None, "unit": _unit(value) or None}
        for key, note in notes.items():
            if note is not None and f"{name}_{key}" not in names.values():
                found.setdefault(f"{name}_{key}", note)
    if sample.item:
        found["item"] = sample.item
    if sample.cloud_cover is not None:
        found["cloud_cover"] = sample.cloud_cover
    return found


def _collection(samples: Sequence[Sample]) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "id": f"{sample.layer}.{number}",
            "geometry": {"type": "Point", "coordinates": list(sample.lonlat)},
            "properties": _properties(sample),
        }
        for number, sample in _numbered(samples)
    ]
    layers = ",".join(dict.fromkeys(sample.layer for sample in samples))
    return {"type": "FeatureCollection", "layer": layers, "features": features}
