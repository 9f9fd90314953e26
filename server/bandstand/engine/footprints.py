"""Where a scene lies: its own geometry if that can be, else the outline of its files."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pyproj
import shapely
import shapely.affinity
import shapely.geometry

from bandstand.errors import UnsupportedCrs, shorten
from bandstand.model.crs import CRS84, period, poles, transformer
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
        given: The scene's own GeoJSON geometry; it is not believed where it has no area, lies beside the files or
            around the whole world although they do not.
        grids: Of the scene's files.

    Raises:
        ValueError: The files lie nowhere on Earth.
    """
    different = {(g.crs, g.bbox): g for g in grids}.values()
    outlines = [outline(grid) for grid in different]
    whole = outlines[0] if len(outlines) == 1 else shapely.unary_union(outlines)
    own = _believable(given, whole)
    geometry = whole if own is None else own
    # Not as it was given: a ring may be open there, a number a text.
    text = json.dumps(_rounded(geometry), separators=(",", ":")) if own is None else _geojson(own)
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
    if grid.crs.lonlat or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
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
    if not (-180.0 <= west < east <= 180.0 and -90.0 <= south < north <= 90.0 and _has_area(own)):
        return None
    if not shapely.box(west, south, east, north).intersects(shapely.box(*whole.bounds)):
        return None
    # A geometry over the antimeridian that nobody has cut seems to go round the world the other way.
    uncut = own.geom_type == "Polygon" and east - west > 180.0
    return None if uncut and shapely.area(whole) < shapely.area(own) / 2 else own


def _has_area(shape: shapely.Geometry) -> bool:
    """Whether it does when it is read again: a coordinate may be no number here, which is no GeoJSON."""
    try:
        return bool(shapely.area(shapely.make_valid(shapely.from_geojson(_geojson(shape)))) > 0.0)
    except shapely.errors.ShapelyError:
        return False


def _geojson(shape: shapely.Geometry) -> str:
    return json.dumps(shapely.geometry.mapping(shape), separators=(",", ":"))


def outline(grid: Grid) -> shapely.Geometry:
    """The outline of a grid in longitude and latitude, cut at the antimeridian; around a pole, the box.

    Raises:
        ValueError: Its coordinates are none of its system, or no part of it can be expressed so.
    """
    _check_angles(grid)
    x, y = _nodes(grid)
    lon, lat = _lonlat(grid, x, y)
    good = np.isfinite(lon) & np.isfinite(lat)
    if not good.all() or not _comes_back(grid, x, y, lon, lat):
        return _disc(grid)
    lat = np.clip(lat, -90.0, 90.0)
    if grid.crs.lonlat:
        # Longitudes of a geographic grid are what they say, also from 0 to 360.
        return _cut(shapely.Polygon(np.column_stack([x, lat])))
    if grid.crs.geographic and 2.0 * max(grid.bbox.width, grid.bbox.height) >= period(grid.crs):
        return _inside(grid)
    if reached := _poles(grid):
        return shapely.box(-180.0, min(lat.min(), *reached), 180.0, max(lat.max(), *reached))
    steps = (np.diff(np.append(lon, lon[0])) + 180.0) % 360.0 - 180.0
    unwrapped = lon[0] + np.concatenate([[0.0], np.cumsum(steps[:-1])])
    return _cut(shapely.Polygon(np.column_stack([unwrapped, lat])))


def _check_angles(grid: Grid) -> None:
    """Refuse angles that no place has, as of a pixel grid or of metres.

    A grid may reach over a pole by a pixel, since many have their nodes there, and count on over the antimeridian.

    Raises:
        ValueError: With the numbers.
    """
    turn, box = period(grid.crs), grid.bbox
    if not turn:
        return
    along_x, along_y = grid.resolution
    pole = turn / 4.0 + along_y
    if grid.crs.geographic and (box.min_y < -pole or box.max_y > pole):
        raise ValueError(f"its latitudes lie beyond the poles: {_told(grid)}")
    if box.width > turn + 2.0 * along_x or max(-box.min_x, box.max_x) > 1.5 * turn + along_x:
        raise ValueError(f"its longitudes are none: {_told(grid)}")


def _told(grid: Grid) -> str:
    box = grid.bbox
    return (
        f"x from {box.min_x:.10g} to {box.max_x:.10g} and y from {box.min_y:.10g} to {box.max_y:.10g} in "
        f"{shorten(grid.crs.short)}; correct its transform, or name the system that they are in (gdal_edit -a_srs)"
    )


def _comes_back(grid: Grid, x: np.ndarray, y: np.ndarray, lon: np.ndarray, lat: np.ndarray) -> bool:
    """Whether any of these places on Earth has the coordinates that lead there: not of numbers beyond all places."""
    back_x, back_y = transformer(CRS84, grid.crs).transform(lon, lat)
    miss_x, miss_y = np.abs(back_x - x), np.abs(back_y - y)
    if turn := period(grid.crs):
        miss_x = np.abs(np.remainder(back_x - x + turn / 2.0, turn) - turn / 2.0)
    box, (along_x, along_y) = grid.bbox, grid.resolution
    near = (miss_x <= along_x + 0.01 * box.width) & (miss_y <= along_y + 0.01 * box.height)
    return bool(near.any())


def _inside(grid: Grid) -> shapely.Geometry:
    """The box around the places inside a grid of half the world or more, whose edge does not tell what it encloses."""
    cols, rows = np.meshgrid(np.linspace(0.0, grid.width, 2 * _SIDE), np.linspace(0.0, grid.height, 2 * _SIDE))
    a = grid.transform
    lon, lat = _lonlat(grid, a.a * cols + a.b * rows + a.c, a.d * cols + a.e * rows + a.f)
    good = np.isfinite(lon) & np.isfinite(lat)
    # A pole may lie between the nodes.
    hair = 2.0 * max(grid.bbox.width, grid.bbox.height) / period(grid.crs) * 360.0 / (2 * _SIDE - 1)
    south, north = float(lat[good].min()) - hair, float(lat[good].max()) + hair
    return shapely.box(-180.0, max(south, -90.0), 180.0, min(north, 90.0))


def _poles(grid: Grid) -> list[float]:
    """Latitudes of the poles that lie inside a grid, whose edge does not tell which one it encloses."""
    inverse = grid.transform.inverse
    places = [(lat, *inverse(x, y)) for lat, x, y in poles(grid.crs)]
    return [lat for lat, col, row in places if 0.0 < col < grid.width and 0.0 < row < grid.height]


def _disc(grid: Grid) -> shapely.Geometry:
    """The box around the places inside a grid whose edge lies off the Earth, whole or in part.

    So lies the edge of the disc that a satellite sees, and of the world in projections that do not fill a rectangle.

    Raises:
        ValueError: No part of it can be expressed in longitude and latitude.
    """
    cols, rows = np.meshgrid(np.linspace(0.0, grid.width, 8 * _SIDE), np.linspace(0.0, grid.height, 8 * _SIDE))
    a = grid.transform
    x, y = a.a * cols + a.b * rows + a.c, a.d * cols + a.e * rows + a.f
    lon, lat = _lonlat(grid, x, y)
    good = np.isfinite(lon) & np.isfinite(lat)
    if good.sum() < 3 or not _comes_back(grid, x[good], y[good], lon[good], lat[good]):
        raise ValueError(f"its coordinates lie outside what its coordinate reference system can express: {_told(grid)}")
    middle = float(lon[good][np.argmin(np.abs(lat[good]))])
    turned = (lon[good] - middle + 180.0) % 360.0 - 180.0
    # The limb lies between the nodes.
    west, east = middle + turned.min() - 5.0, middle + turned.max() + 5.0
    south, north = max(float(lat[good].min()) - 5.0, -90.0), min(float(lat[good].max()) + 5.0, 90.0)
    if east - west >= 360.0:
        return shapely.box(-180.0, south, 180.0, north)
    return _cut(shapely.box(west, south, east, north))


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
    return _lonlat(grid, *_nodes(grid))


def _lonlat(grid: Grid, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    try:
        lon, lat = transformer(grid.crs, CRS84).transform(x, y)
    except (pyproj.exceptions.ProjError, UnsupportedCrs) as error:
        raise ValueError(f"its coordinate reference system has no place on Earth: {error}") from error
    return lon, lat


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
