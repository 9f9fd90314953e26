"""What the API tells: layers, dates, bands, expressions, indices, ramps."""

import dataclasses
import json
import math
import re
from typing import Any

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, InvalidParameter, InvalidTime, MissingParameter, shorten
from bandstand.model.ask import Ask
from bandstand.model.exchange import Arguments, Response
from bandstand.model.grid import BBox
from bandstand.model.layer import Layer
from bandstand.model.style import Style
from bandstand.model.time import parse_time
from bandstand.services.ows.kvp import number

_SERVICES = ("wms", "wmts", "wcs", "xyz")
_MOST_DATES = 5000
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?)?)?", re.IGNORECASE | re.ASCII)


def layers(engine: Engine) -> Response:
    """Every layer with what a page needs to offer it."""
    info = engine.service
    return _json(
        {
            "title": info.title,
            "abstract": info.abstract,
            "layers": [_layer(engine, layer) for layer in engine.layers if layer.services],
        }
    )


def _layer(engine: Engine, layer: Layer) -> dict[str, Any]:
    box = engine.extent(layer).lonlat
    axis = engine.times(layer)
    return {
        "name": layer.name,
        "title": layer.title,
        "abstract": layer.abstract,
        "folder": layer.folder,
        "collection": layer.collection,
        "expression": layer.expression,
        "attribution": layer.attribution,
        "bbox": [box.min_x, box.min_y, box.max_x, box.max_y],
        "default_time": axis.default,
        "dates": len(axis.values),
        "queryable": layer.queryable,
        "services": sorted(layer.services),
        "styles": [{"name": s.name, "title": s.title or s.name, "kind": s.kind} for s in layer.styles],
        **_look(_drawn(engine, layer)),
    }


def _drawn(engine: Engine, layer: Layer) -> Style:
    """The style of a map that asks for none; the layer's first where it cannot be drawn."""
    try:
        return engine.ask(layer, Ask()).style or layer.styles[0]
    except BandstandError:
        return layer.styles[0]


def _look(style: Style) -> dict[str, Any]:
    """What a page says of the colours."""
    return {
        "kind": style.kind,
        "range": list(style.ranges[0]) if len(style.ranges) == 1 else None,
        "colormap": style.colormap.name if style.colormap else "",
    }


def _find(engine: Engine, name: str) -> Layer:
    for service in _SERVICES:
        for layer in engine.layers:
            if layer.name == name and service in layer.services:
                return layer
    return engine.layer(name, "wms")


def dates(engine: Engine, name: str, arguments: Arguments) -> Response:
    """The times that exist, newest first: all, or those between two times and of scenes that share an area with a box.

    Raises:
        InvalidParameter: BBOX is no box of longitudes and latitudes.
        InvalidTime: FROM or TO is no time, or the one lies after the other; locator `from` or `to`.
    """
    layer = _find(engine, name)
    axis = engine.times(layer)
    low, high = _moment(arguments, "from"), _moment(arguments, "to")
    if low and high and low[: len(high)] > high[: len(low)]:
        raise InvalidTime(f'FROM "{low}" lies after TO "{high}"; turn them round.', locator="from")
    found = engine.times(layer, _lonlat(arguments.get("bbox"))) if "bbox" in arguments else axis
    values = [v for v in reversed(found.values) if (not low or v >= low) and (not high or v[: len(high)] <= high)]
    return _json(
        {
            "layer": layer.name,
            "resolution": layer.time.resolution,
            "default": axis.default,
            "count": len(values),
            "truncated": len(values) > _MOST_DATES,
            "dates": [{"date": value} for value in values[:_MOST_DATES]],
        }
    )


def _moment(arguments: Arguments, key: str) -> str:
    """A time that published ones are compared with, letter by letter."""
    text = arguments.get(key)
    if text and not (_DATE.fullmatch(text) and _is_time(text)):
        raise InvalidTime(
            f'{key.upper()} "{shorten(text)}" is no time; give one such as 2023-06-14, 2023-06 or 2023.', locator=key
        )
    return text.upper()


def _is_time(text: str) -> bool:
    try:
        return bool(parse_time(text).members)
    except InvalidTime:
        return False


def _lonlat(text: str) -> BBox:
    """West, south, east, north; a larger west reaches over the antimeridian (RFC 7946, 5.2)."""
    parts = [number(part.strip(), "bbox") for part in text.split(",")]
    if len(parts) != 4:
        raise InvalidParameter(
            f'bbox "{shorten(text)}" has {len(parts)} value(s); give west,south,east,north in degrees.', locator="bbox"
        )
    west, south, east, north = parts
    if not (-90 <= south < north <= 90 and -360 <= west <= 360 and -360 <= east <= 360 and west != east):
        raise InvalidParameter(
            f'bbox "{shorten(text)}" is no box; give west,south,east,north in degrees, such as 1.2,43.4,1.6,43.7.',
            locator="bbox",
        )
    return BBox(west, south, east if east > west else east + 360, north)


def bands(engine: Engine, name: str) -> Response:
    """The bands an expression may use."""
    layer = _find(engine, name)
    collection = engine.collection(layer.collection)
    classes = dict(collection.classes)
    aliases: dict[str, list[str]] = {}
    for alias, band in collection.aliases:
        aliases.setdefault(band, []).append(alias)
    listed = [
        {
            "name": field.name,
            "title": field.title,
            "common_name": field.common_name,
            "aliases": aliases.get(field.name, []),
            "unit": field.unit,
            "dtype": field.dtype,
            "scale": field.scale,
            "offset": field.offset,
            "nodata": field.nodata,
            "categorical": field.categorical,
            "classes": [{"value": value, "label": label} for value, label in classes.get(field.name, ())],
        }
        for field in collection.fields
    ]
    return _json({"layer": layer.name, "collection": collection.name, "bands": listed})


def expression(engine: Engine, arguments: Arguments) -> Response:
    """Whether an expression can be understood, and what it reads and gives; with PICTURE also how it is painted."""
    text = arguments.get("expr")
    if not text:
        raise MissingParameter("EXPR is missing; send the expression to check.", locator="expr")
    layer_name, collection = arguments.get("layer"), arguments.get("collection")
    style = None
    if layer_name:
        layer = _find(engine, layer_name)
        report = engine.check_expression(text, layer.collection)
        if arguments.get("picture"):
            style = engine.ask(layer, Ask(expr=text)).style
    elif collection:
        report = engine.check_expression(text, collection)
    else:
        raise MissingParameter("LAYER or COLLECTION is missing; bands differ between them.", locator="layer")
    return _json(dataclasses.asdict(report) | ({"style": _look(style)} if style else {}))


def indices(engine: Engine, arguments: Arguments) -> Response:
    """The named indices."""
    collection = arguments.get("collection")
    layer = arguments.get("layer")
    if layer:
        collection = _find(engine, layer).collection
    return _json({"indices": [dataclasses.asdict(report) for report in engine.indices(collection or None)]})


def colormaps(engine: Engine) -> Response:
    """The ramps that COLORMAP takes."""
    return _json({"colormaps": list(engine.ramps())})


def _json(value: dict[str, Any]) -> Response:
    try:
        body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        body = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False).encode()
    return Response(media_type="application/json", body=body, headers=(("Cache-Control", "public, max-age=60"),))


def _finite(value: Any) -> Any:
    """JSON knows no NaN: a nodata value of NaN is told as text."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
