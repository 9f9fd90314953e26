"""CoverageJSON (OGC 21-069r2): small coverages for scripts and pages, as one document that any JSON reader reads."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.cis.coverage import field_names
from bandstand.encode.base import NumbersFormat, Parts
from bandstand.encode.provenance import acquired
from bandstand.errors import InvalidParameter
from bandstand.model.crs import Crs
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Cube, Raster
from bandstand.model.request import Output
from bandstand.model.time import TimeSpan, isoformat
from bandstand.model.turn import checkpoint

_CONTEXT = ["https://covjson.org/context.jsonld", {"dct": "http://purl.org/dc/terms/"}]
_TERMS = {
    # Dublin Core's words for what our tags tell.
    "TIFFTAG_IMAGEDESCRIPTION": "dct:description",
    "TIFFTAG_SOFTWARE": "dct:creator",
    "SOURCE_ITEMS": "dct:source",
    "EXPRESSION": "dct:provenance",
}
_UCUM = "http://www.opengis.net/def/uom/UCUM/"
_PART = 65_536
"""Numbers that are spelled at once."""
_END = '"ranges":{'


class CovJson(NumbersFormat):
    """Takes no options."""

    media_type = "application/prs.coverage+json"
    # A plus that came unescaped in a query is a blank, and blanks are left out before names are compared.
    aliases = (
        "application/prs.coveragejson",
        "application/vnd.cov+json",
        "application/vnd.covjson",
        "application/json",
        "coveragejson",
        "covjson",
        "json",
    )
    extension = "covjson"
    kinds = frozenset({"coverage", "cube"})
    rank = 70

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> Parts:
        """A `Grid` of y and x, and of one t where the tags tell the time; invalid values are null.

        Raises:
            InvalidParameter: Locator `format` for a rotated grid.
        """
        span = acquired(tags)
        return _write((raster,), (span,) if span else (), output, tags)

    def cube(self, cube: Cube, output: Output, tags: Mapping[str, str]) -> Parts:
        """A `Grid` of t, y and x.

        Raises:
            InvalidParameter: Locator `format` for a rotated grid.
        """
        return _write(cube.rasters, cube.times, output, tags)


def _write(rasters: Sequence[Raster], times: Sequence[TimeSpan], output: Output, tags: Mapping[str, str]) -> Parts:
    grid, fields = rasters[0].grid, rasters[0].fields
    keys = field_names(fields)
    document: dict[str, Any] = {"@context": _CONTEXT, "type": "Coverage"}
    if output.name:
        document |= {"id": output.name, "dct:title": output.name}
    document |= {_TERMS[key]: value for key, value in tags.items() if key in _TERMS and value}
    document["domain"] = _domain(grid, times)
    document["parameters"] = {key: _parameter(key, field) for key, field in zip(keys, fields, strict=True)}
    head = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    # Bounded by the limit for formats that are text; the length has to be known before the first part is sent.
    parts = [f"{head[:-1]},{_END}".encode()]
    for band, key in enumerate(keys):
        parts.append(f"{',' if band else ''}{json.dumps(key)}:{_array_head(rasters, times, band)}".encode())
        parts += _numbers(rasters, band)
        parts.append(b"]}")
    parts.append(b"}}")
    return Parts(parts, sum(map(len, parts)))


def _domain(grid: Grid, times: Sequence[TimeSpan]) -> dict[str, Any]:
    t = grid.transform
    if t.b or t.d:
        raise InvalidParameter("A rotated grid has no axes; ask for image/tiff.", locator="format")
    axes: dict[str, Any] = {"x": _axis(t.c, t.a, grid.width), "y": _axis(t.f, t.e, grid.height)}
    order = ["y", "x"] if grid.crs.north_first else ["x", "y"]
    referencing: list[dict[str, Any]] = [{"coordinates": order, "system": _system(grid.crs)}]
    if times:
        ends = [(isoformat(m) for m in (span.start, span.end) if m is not None) for span in times]
        pairs = [tuple(pair) for pair in ends]
        axes["t"] = {"values": [first for first, _ in pairs]}
        if any(first != last for first, last in pairs):
            axes["t"]["bounds"] = [moment for pair in pairs for moment in pair]
        referencing.append({"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}})
    return {"type": "Domain", "domainType": "Grid", "axes": axes, "referencing": referencing}


def _axis(origin: float, step: float, count: int) -> dict[str, Any]:
    """From the centre of the first pixel to that of the last."""
    return {"start": origin + 0.5 * step, "stop": origin + (count - 0.5) * step, "num": count}


def _system(crs: Crs) -> dict[str, Any]:
    kind = "GeographicCRS" if crs.geographic else "ProjectedCRS"
    if crs.uri.startswith("http"):
        return {"type": kind, "id": crs.uri}
    # A system without a code has no URI; its WKT is all there is.
    return {"type": kind, "description": {"en": crs.wkt}}


def _parameter(key: str, field: Field) -> dict[str, Any]:
    label = field.title or field.name
    described: dict[str, Any] = {"type": "Parameter", "description": {"en": label}}
    observed: dict[str, Any] = {"label": {"en": label}}
    described["observedProperty"] = observed
    if not field.plain:
        described["description"] = {
            "en": f"{label}, as stored: times {field.scale!r} plus {field.offset!r} is the value in {field.unit or '1'}"
        }
    if field.classes:
        names = {value: f"#{key}-{value}" for value, _ in field.classes}
        observed["categories"] = [{"id": names[v], "label": {"en": text or str(v)}} for v, text in field.classes]
        described["categoryEncoding"] = {names[value]: value for value, _ in field.classes}
    elif field.plain and not field.categorical:
        unit = field.unit or "1"
        described["unit"] = {"label": {"en": unit}, "symbol": {"value": unit, "type": _UCUM}}
    return described


def _array_head(rasters: Sequence[Raster], times: Sequence[TimeSpan], band: int) -> str:
    """The array of a band up to its first number."""
    floating = any(raster.values.dtype.kind == "f" for raster in rasters)
    kind = "float" if floating and not rasters[0].fields[band].categorical else "integer"
    depth, names = ([len(times)], ["t"]) if times else ([], [])
    array = {
        "type": "NdArray",
        "dataType": kind,
        "axisNames": [*names, "y", "x"],
        "shape": [*depth, *rasters[0].grid.shape],
        "values": [],
    }
    return json.dumps(array, separators=(",", ":"))[:-2]


def _numbers(rasters: Sequence[Raster], band: int) -> Iterator[bytes]:
    """The values of a band at every time, row by row, between commas."""
    first = True
    for raster in rasters:
        mask = raster.valid[band if len(raster.valid) > 1 else 0]
        step = max(1, _PART // raster.grid.width)
        for row in range(0, raster.grid.height, step):
            checkpoint()
            values, valid = raster.values[band, row : row + step].ravel(), mask[row : row + step].ravel()
            if raster.fields[band].categorical and values.dtype.kind == "f":
                # Classes beside reflectances share their type, and are whole numbers all the same.
                values = np.where(valid, values, 0).astype(np.int64)
            text = _spell(values, valid)
            yield text.encode() if first else b"," + text.encode()
            first = False


def _spell(values: NDArray[Any], valid: NDArray[np.bool_]) -> str:
    """Numbers between commas; null where they are invalid, or what JSON has no number for."""
    if values.dtype.kind == "f":
        good = valid & np.isfinite(values)
        numbers = np.where(good, _shortest(values, good), np.nan)
        return json.dumps(numbers.tolist(), separators=(",", ":"))[1:-1].replace("NaN", "null")
    listed: list[int | None] = values.astype(np.int64).tolist() if values.dtype.kind == "b" else values.tolist()
    for i in np.flatnonzero(~valid).tolist():
        listed[i] = None
    return json.dumps(listed, separators=(",", ":"))[1:-1]


def _shortest(values: NDArray[Any], good: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Doubles whose few digits read back as the same number in the type of `values`, where they are `good`."""
    wide = values.astype(np.float64)
    if values.dtype == np.float64:
        return wide
    with np.errstate(all="ignore"):
        # Most numbers have few digits after the point (reflectance, metres); nine do for most of the rest.
        short = np.round(wide, 4)
        for places in (9, None):
            odd = good & (short.astype(values.dtype) != values)
            if not odd.any():
                break
            short[odd] = values[odd].astype(str).astype(np.float64) if places is None else np.round(wide[odd], places)
    return short


FORMAT = CovJson()
