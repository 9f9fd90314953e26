"""Scenes to JSON and back, without their block indices, which are kept a file and not a scene."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bandstand.model.crs import Crs, crs_from_wkt, parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.item import Asset, Item
from bandstand.model.time import TimeSpan

_FIELD_DEFAULTS = {"scale": 1.0, "offset": 0.0, "unit": "", "title": "", "common_name": "", "categorical": False}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

World = tuple[float, float]


def microseconds(moment: datetime) -> int:
    """Since 1970, exactly."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def pack(item: Item) -> str:
    """Spell an item as JSON, its bands in their order; equal items are spelled alike."""
    grids: list[list[object]] = []
    assets = []
    for band, asset in item.assets.items():
        grid = _pack_grid(asset.grid)
        if grid not in grids:
            grids.append(grid)
        assets.append([band, asset.href, asset.plane, asset.version, grids.index(grid), _pack_field(asset.field)])
    body = {
        "id": item.id,
        "time": [m.isoformat() if m else None for m in (item.time.start, item.time.end)],
        "bbox": [item.bbox.min_x, item.bbox.min_y, item.bbox.max_x, item.bbox.max_y],
        "footprint": item.footprint,
        "grids": grids,
        "assets": assets,
        "properties": dict(item.properties),
        **({"reach": item.reach} if item.reach else {}),
    }
    return json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def unpack(body: str, *, collection: str, revision: int, indices: Mapping[str, tuple[str, bytes]]) -> Item:
    """Build the item again.

    Args:
        indices: (version, block index) of the item's files, by href.
    """
    raw: dict[str, Any] = json.loads(body)
    grids = [_grid(crs, *numbers) for crs, *numbers in raw["grids"]]
    assets = {}
    for band, href, plane, version, grid, field in raw["assets"]:
        known = indices.get(href)
        assets[band] = Asset(
            band=band,
            href=href,
            plane=plane,
            field=_field(json.dumps(field)),
            grid=grids[grid],
            version=version,
            index=known[1] if known and known[0] == version else None,
        )
    start, end = (datetime.fromisoformat(text) if text else None for text in raw["time"])
    return Item(
        id=raw["id"],
        collection=collection,
        time=TimeSpan(start, end),
        bbox=BBox(*raw["bbox"]),
        footprint=raw["footprint"],
        assets=assets,
        properties=raw["properties"],
        reach=raw.get("reach", ""),
        revision=revision,
    )


def _pack_grid(grid: Grid) -> list[object]:
    t = grid.transform
    return [grid.crs.key, t.a, t.b, t.c, t.d, t.e, t.f, grid.width, grid.height]


@lru_cache(maxsize=8192)
def _grid(crs: str, a: float, b: float, c: float, d: float, e: float, f: float, width: int, height: int) -> Grid:
    return Grid(_crs(crs), Affine(a, b, c, d, e, f), width, height)


@lru_cache(maxsize=256)
def _crs(key: str) -> Crs:
    return parse_crs(key) if key.startswith(("EPSG:", "OGC:")) else crs_from_wkt(key)


def _pack_field(field: Field) -> dict[str, object]:
    packed: dict[str, object] = {"name": field.name, "dtype": field.dtype}
    if field.nodata is not None:
        # JSON has no NaN.
        packed["nodata"] = "nan" if math.isnan(field.nodata) else field.nodata
    packed.update({k: getattr(field, k) for k, v in _FIELD_DEFAULTS.items() if getattr(field, k) != v})
    return packed


@lru_cache(maxsize=4096)
def _field(text: str) -> Field:
    packed = json.loads(text)
    if packed.get("nodata") == "nan":
        packed["nodata"] = math.nan
    return Field(**packed)


def kind_of(item: Item) -> str:
    """What scenes of one kind have in common: their bands, in order, and the classes of these."""
    return _kind([*item.assets], item.properties)


def kind_of_body(body: str) -> str:
    """The same of an item as it was packed."""
    raw: dict[str, Any] = json.loads(body)
    return _kind([asset[0] for asset in raw["assets"]], raw["properties"])


def _kind(bands: list[str], properties: Mapping[str, object]) -> str:
    classes = [properties.get(f"bandstand:{key}") for key in ("classes", "colormap")]
    text = json.dumps([bands, *classes], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def end_of_body(body: str) -> int | None:
    """The end of an item as it was packed, microseconds since 1970."""
    text = json.loads(body)["time"][1]
    return microseconds(datetime.fromisoformat(text)) if text else None


def boxes(footprint: str) -> tuple[tuple[World, ...], World]:
    """The longitudes and latitudes that a GeoJSON geometry spans.

    Returns:
        One (west, east), or two where the geometry is cut at the antimeridian as RFC 7946, 3.1.9 wants it;
        and (south, north).

    Raises:
        ValueError: The geometry has no positions.
    """
    parts = [_bounds(polygon) for polygon in _polygons(json.loads(footprint))]
    if not parts:
        raise ValueError("the footprint has no positions")
    latitudes = (min(p[1] for p in parts), max(p[3] for p in parts))
    west, east = min(p[0] for p in parts), max(p[2] for p in parts)
    if east - west <= 180.0:
        return ((west, east),), latitudes
    right = [p for p in parts if p[0] >= 0.0]
    left = [p for p in parts if p[2] <= 0.0]
    if not right or not left or len(right) + len(left) < len(parts):
        return ((west, east),), latitudes
    eastern = (min(p[0] for p in right), max(p[2] for p in right))
    western = (min(p[0] for p in left), max(p[2] for p in left))
    touching = eastern[1] > 179.9 and western[0] < -179.9
    return ((eastern, western) if touching else ((west, east),)), latitudes


def middle(longitudes: Sequence[World]) -> float:
    """The longitude in the middle of a scene, from `boxes`.

    Of a scene over the antimeridian it is counted on from its western part, beyond 180 degrees too: all scenes of an
    overpass that lie over it, or reach it from the west, then have one solar day.
    """
    west, east = longitudes[0][0], longitudes[-1][1]
    return (west + east + (360.0 if len(longitudes) > 1 else 0.0)) / 2.0


def meridian(item: Item) -> float:
    """The longitude in the middle of an item's pixels, as the catalogue's moments have it."""
    return middle(boxes(item.reach or item.footprint)[0])


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        return [p for part in geometry["geometries"] for p in _polygons(part)]
    coordinates = geometry.get("coordinates") or []
    return list(coordinates) if kind in {"MultiPolygon", "MultiLineString"} else [coordinates]


def _bounds(nested: Any) -> tuple[float, float, float, float]:
    flat: list[tuple[float, float]] = []
    stack = [nested]
    while stack:
        part = stack.pop()
        if part and isinstance(part[0], int | float):
            flat.append((float(part[0]), float(part[1])))
        else:
            stack.extend(part)
    if not flat:
        raise ValueError("the footprint has no positions")
    xs, ys = [x for x, _ in flat], [y for _, y in flat]
    return min(xs), min(ys), max(xs), max(ys)


__all__ = ["boxes", "end_of_body", "kind_of", "kind_of_body", "microseconds", "pack", "unpack"]
