"""Feature info: the values under a pixel as text, page, JSON or GML, the same in WMS and WMTS."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bandstand.model.ask import BandValue, Sample
from bandstand.model.exchange import Response
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

_TEMPLATES = templates("bandstand.services.ows")
_WIDTH = 14


def feature_info(samples: Sequence[Sample], media_type: str) -> Response:
    """Word the samples of one pixel.

    Args:
        samples: One a layer; undefined values are told as `null`, an empty cell or `no data`.
        media_type: One of `INFO_FORMATS`.
    """
    if media_type == "text/plain":
        text = "\n".join(_plain(sample) for sample in samples)
    elif media_type == "text/html":
        text = _TEMPLATES.get_template("feature_info.html.j2").render(
            layers=[(sample, list(_rows(sample))) for sample in samples]
        )
    elif media_type in {"application/vnd.ogc.gml", "text/xml"}:
        text = _TEMPLATES.get_template("feature_info.xml.j2").render(
            features=[(s, list(_properties(s).items())) for s in samples if _hit(s)]
        )
    else:
        text = json.dumps(_collection(samples), ensure_ascii=False, allow_nan=False)
    body = text.encode("utf-8", "replace")
    return Response(media_type=media_type, body=body, headers=(("Cache-Control", "public, max-age=60"),))


def with_warnings(response: Response, warnings: Sequence[str]) -> Response:
    """A response that carries more `Warning` headers."""
    if not warnings:
        return response
    return replace(response, headers=(*response.headers, *(("Warning", text) for text in warnings)))


def _hit(sample: Sample) -> bool:
    return bool(sample.item) or any(value.value is not None for value in (*sample.outputs, *sample.bands))


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
    if value.value is not None and value.field.unit and value.field.unit != "1":
        text += f" {value.field.unit}"
    notes = [note for note in (value.label, _dn(value)) if note]
    return f"{text:<8} ({'; '.join(notes)})" if notes else text


def _rows(sample: Sample) -> Iterator[tuple[str, str]]:
    """Names and texts, in the order they are shown."""
    lon, lat = sample.lonlat
    yield (
        "position",
        f"{abs(lon):.5f} {'E' if lon >= 0 else 'W'}, {abs(lat):.5f} {'N' if lat >= 0 else 'S'} (EPSG:4326)",
    )
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


def _properties(sample: Sample) -> dict[str, object]:
    """GeoJSON properties: outputs first, then source bands with their stored numbers and classes."""
    found: dict[str, object] = {}
    if sample.time:
        found["time"] = sample.time
    for value in (*sample.outputs, *sample.bands):
        name = value.field.name
        found.setdefault(name, value.value if value.value is None or math.isfinite(value.value) else None)
        if value.stored is not None:
            found.setdefault(f"{name}_dn", value.stored)
        if value.label:
            found.setdefault(f"{name}_label", value.label)
    if sample.item:
        found["item"] = sample.item
    if sample.cloud_cover is not None:
        found["cloud_cover"] = sample.cloud_cover
    return found


def _collection(samples: Sequence[Sample]) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "id": f"{sample.layer}.1",
            "geometry": {"type": "Point", "coordinates": list(sample.lonlat)},
            "properties": _properties(sample),
        }
        for sample in samples
        if _hit(sample)
    ]
    layers = ",".join(sample.layer for sample in samples)
    return {"type": "FeatureCollection", "layer": layers, "features": features}
