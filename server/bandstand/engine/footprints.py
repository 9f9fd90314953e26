"""Where a scene lies: its own geometry if that can be, else the outline of its files."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyproj
import shapely
import shapely.affinity
import shapely.geometry

from bandstand.model.crs import CRS84, transformer
from bandstand.model.grid import BBox, Grid

_SIDE = 33
"""Nodes a side of an outline: edges bend between two projections."""
_CHORD = 1.25 * (_SIDE - 1) ** 2 / 2
"""How much more an edge leaves the chord of all its length than those between the nodes, and a quarter of it."""
_DOUBT = 0.02
"""Share of a scene's width and height by which its own geometry may be wrong."""


def footprint(given: Mapping[str, object] | None, grids: Iterable[Grid]) -> tuple[str, str, BBox]:
    """The footprint as GeoJSON, cut at the antimeridian; the boxes that hold all pixels, alike; and one box of all.

    Args:
        given: The scene's own GeoJSON geometry; it is not believed where it lies beside the files or around the
            whole world although they do not.
        grids: Of the scene's files.

    Raises:
        ValueError: The files lie nowhere on Earth.
    """
    different = {(g.crs, g.bbox): g for g in grids}.values()
    outlines = [outline(grid) for grid in different]
    whole = outlines[0] if len(outlines) == 1 else shapely.unary_union(outlines)
    own = _believable(given, whole)
    geometry = whole if own is None else own
    text = json.dumps(given if own is not None else _rounded(geometry), separators=(",", ":"))
    bulges = [_bulge(grid) for grid in different]
    boxes = [box for shape, bulge in zip(outlines, bulges, strict=True) for box in _boxes(shape, *bulge)]
    if own is not None:
        boxes = _near(own, boxes, [max(side) for side in zip(*bulges, strict=True)])
    reach = shapely.MultiPolygon(boxes)
    return text, json.dumps(shapely.geometry.mapping(reach), separators=(",", ":")), BBox(*reach.bounds)


def _boxes(shape: shapely.Geometry, more_x: float, more_y: float) -> Iterator[shapely.Geometry]:
    """A box around each part, so many degrees larger on every side."""
    for part in getattr(shape, "geoms", [shape]):
        west, south, east, north = part.bounds
        low = (max(west - more_x, -180.0), max(south - more_y, -90.0))
        high = (min(east + more_x, 180.0), min(north + more_y, 90.0))
        yield shapely.box(*low, *high)


def _near(own: shapely.Geometry, boxes: list[shapely.Geometry], bulge: Sequence[float]) -> list[shapely.Geometry]:
    """The parts of the files' boxes that a scene's own geometry reaches: of a swath that covers half of a tile.

    It is not taken at its word: its edges are straight where those of the files bend, and its numbers rounded.
    """
    west, south, east, north = shapely.unary_union(boxes).bounds
    more = [_CHORD * side + _DOUBT * length for side, length in zip(bulge, (east - west, north - south), strict=True)]
    wanted = shapely.unary_union(list(_boxes(own, *more)))
    found = [shapely.box(*part.bounds) for box in boxes if (part := shapely.intersection(box, wanted)).area > 0]
    return found or boxes


def _bulge(grid: Grid) -> tuple[float, float]:
    """Degrees of longitude and latitude by which an edge may leave the chords of its outline."""
    lon, lat = _edge(grid)
    if grid.crs.geographic or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return 0.0, 0.0
    found = []
    for degrees in (lon, lat):
        sides = np.append(degrees, degrees[0])[np.arange(4)[:, None] * (_SIDE - 1) + np.arange(_SIDE)]
        steps = (np.diff(sides, axis=1) + 180.0) % 360.0 - 180.0
        # An eighth of the second difference is the middle of the bulge; twice that is room for what is not even.
        found.append(float(np.abs(np.diff(steps, axis=1)).max()) / 4.0)
    return found[0], found[1]


def _believable(given: Mapping[str, object] | None, whole: shapely.Geometry) -> shapely.Geometry | None:
    if given is None:
        return None
    try:
        own = shapely.geometry.shape(given)
        west, south, east, north = own.bounds
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError):
        return None
    if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0):
        return None
    if not shapely.box(west, south, east, north).intersects(shapely.box(*whole.bounds)):
        return None
    # A geometry over the antimeridian that nobody has cut seems to go round the world the other way.
    uncut = own.geom_type == "Polygon" and east - west > 180.0
    return None if uncut and shapely.area(whole) < shapely.area(own) / 2 else own


def outline(grid: Grid) -> shapely.Geometry:
    """The outline of a grid in longitude and latitude, cut at the antimeridian; around a pole, the box.

    Raises:
        ValueError: No part of it can be expressed so.
    """
    lon, lat = _edge(grid)
    good = np.isfinite(lon) & np.isfinite(lat)
    if good.sum() < 3:
        raise ValueError("its grid lies outside what its coordinate reference system can express")
    lon, lat = lon[good], np.clip(lat[good], -90.0, 90.0)
    if grid.crs.geographic:
        # Longitudes of a geographic grid are what they say, also from 0 to 360.
        return _cut(shapely.Polygon(np.column_stack([_nodes(grid)[0], lat]))) if good.all() else _box(lon, lat)
    steps = (np.diff(np.append(lon, lon[0])) + 180.0) % 360.0 - 180.0
    if abs(steps.sum()) > 180.0:
        pole = 90.0 if lat.mean() > 0 else -90.0
        return shapely.box(-180.0, min(lat.min(), pole), 180.0, max(lat.max(), pole))
    unwrapped = lon[0] + np.concatenate([[0.0], np.cumsum(steps[:-1])])
    return _cut(shapely.Polygon(np.column_stack([unwrapped, lat])))


def _nodes(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates around the edge of a grid, `_SIDE` - 1 nodes a side, the corners among them."""
    t = np.linspace(0.0, 1.0, _SIDE)[:-1]
    zero, one = np.zeros_like(t), np.ones_like(t)
    cols = np.concatenate([t, one, 1 - t, zero]) * grid.width
    rows = np.concatenate([zero, t, one, 1 - t]) * grid.height
    a = grid.transform
    return a.a * cols + a.b * rows + a.c, a.d * cols + a.e * rows + a.f


def _edge(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The same nodes in longitude and latitude; not finite where there is no answer."""
    try:
        lon, lat = transformer(grid.crs, CRS84).transform(*_nodes(grid))
    except pyproj.exceptions.ProjError as error:
        raise ValueError(f"its coordinate reference system has no place on Earth: {error}") from error
    return lon, lat


def _box(lon: np.ndarray, lat: np.ndarray) -> shapely.Geometry:
    return shapely.box(lon.min(), lat.min(), lon.max(), lat.max())


def _cut(polygon: shapely.Geometry) -> shapely.Geometry:
    """Bring what lies beyond ±180 degrees back to the other side."""
    west, _, east, _ = polygon.bounds
    if west >= -180.0 and east <= 180.0:
        return polygon
    polygon = shapely.make_valid(polygon)
    parts: list[shapely.Geometry] = []
    for shift in (-360.0, 0.0, 360.0):
        part = shapely.intersection(shapely.affinity.translate(polygon, xoff=shift), shapely.box(-180, -90, 180, 90))
        parts.extend(p for p in getattr(part, "geoms", [part]) if p.geom_type == "Polygon" and p.area > 0)
    return shapely.MultiPolygon(parts)


def _rounded(geometry: shapely.Geometry) -> object:
    # A ten-millionth of a degree is a centimetre.
    return shapely.geometry.mapping(shapely.transform(geometry, lambda xy: np.round(xy, 7)))
