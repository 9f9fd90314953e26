"""BOUNDINGBOX and the grid CRS to the grid of the answer (OGC 07-067r5, 7.5.4, 10.2.2 and 10.3.5).

In this version boxes speak of the centres of cells, and of coordinates in the order of their CRS.
"""

import math
from dataclasses import dataclass

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, InvalidSubset, TooLarge, shorten
from bandstand.model.crs import CRS84, Crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.model.layer import Layer
from bandstand.services.ows.kvp import crs, number, required
from bandstand.services.wcs.coverages import cells, named_crs, named_domain
from bandstand.services.wcs.ground import Box, pixel_size

IMAGE_CRS = "urn:ogc:def:crs:OGC::imageCRS"
"""Columns and rows of the coverage, counted from 1.

The datum of an image CRS is free (OGC 08-015r2). QGIS takes the difference of the corners and 1 for the size;
GDAL takes the upper corner, where the lower one is `0 0`, and would lose a row and a column.
"""
SIMPLE_GRID = "urn:ogc:def:method:WCS:1.1:2dSimpleGrid"
SQUARE_CS = "urn:ogc:def:cs:OGC:0.0:Grid2dSquareCS"
_WGS84_LONLAT = "urn:ogc:def:crs:ogc:2:84"
_TYPES = {"2dsimplegrid": 2, "2dgridin2dcrs": 4, "grid2din2dmethod": 4, "grid2din2dcrs": 4}
"""Methods in lower case, by the last part of their URN, and how many offsets each has."""
_HAIR_PX = 1e-4
"""So far outside the box a centre still counts as on its border: clients round."""
_MOST_PX = 10**9
_FARTHEST_LON, _FARTHEST_LAT = 360, 90
"""Degrees; beyond 180 a box reaches over the antimeridian."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Points in a CRS: `origin` and whole steps from it in either direction, x first, steps above 0."""

    crs: Crs
    origin: tuple[float, float]
    step: tuple[float, float]


def answer_grid(args: Arguments, layer: Layer, engine: Engine) -> Grid:
    """The grid whose centres are the points of the asked lattice within the box, whether the coverage is there or not.

    Raises:
        MissingParameter, InvalidParameter, UnsupportedCrs: Locator is the key.
        InvalidSubset: The box cannot be expressed in the CRS of the grid.
        TooLarge: A side has too many points to be counted.
    """
    supported = named_crs(engine, layer)
    native = named_domain(engine, layer).grid
    text = args.get("GRIDBASECRS")
    base = _crs(text, supported, "GRIDBASECRS") if text else None
    box, spoken = _box(required(args, "BOUNDINGBOX", hint="two corners and a CRS"), native, supported, base)
    target = base or native.crs
    there = _expressed(box, spoken, target, native)
    return _within(there, _lattice(args, target, there, layer, engine))


def _box(text: str, native: Grid, supported: tuple[Crs, ...], base: Crs | None) -> tuple[Box, Crs]:
    """The corners, x first, and their CRS: without one that of the grid, without that longitude and latitude."""
    parts = [part.strip() for part in text.split(",")]
    name = ",".join(parts[4:])
    if len(parts) < 4:
        raise InvalidParameter(
            f'BOUNDINGBOX "{shorten(text)}" has {len(parts)} value(s); give two corners and the URN of their CRS.',
            locator="BOUNDINGBOX",
        )
    a, b, c, d = (number(part, "BOUNDINGBOX") for part in parts[:4])
    if name.casefold() == IMAGE_CRS.casefold():
        (left, top), (right, bottom) = (native.transform(col - 0.5, row - 0.5) for col, row in ((a, b), (c, d)))
        return _upright((left, bottom, right, top), text), native.crs
    spoken = _crs(name, supported, "BOUNDINGBOX") if name else base or CRS84
    corners = (b, a, d, c) if spoken.north_first else (a, b, c, d)
    if not name and base is None and (max(abs(a), abs(c)) > _FARTHEST_LON or max(abs(b), abs(d)) > _FARTHEST_LAT):
        raise InvalidParameter(
            f'BOUNDINGBOX "{shorten(text)}": no CRS was given, so longitude and latitude are expected, and these are '
            f"no degrees; add the URN of the CRS, such as {native.crs.urn}.",
            locator="BOUNDINGBOX",
        )
    return _upright(corners, text), spoken


def _upright(box: Box, text: str) -> Box:
    if box[0] > box[2] or box[1] > box[3]:
        raise InvalidParameter(
            f'BOUNDINGBOX "{shorten(text)}" is reversed; give the lower corner first, coordinates in the order of '
            "the CRS.",
            locator="BOUNDINGBOX",
        )
    return box


def _crs(text: str, supported: tuple[Crs, ...], key: str) -> Crs:
    if text.casefold() == _WGS84_LONLAT:
        return CRS84
    return crs(text, supported, key)


def _expressed(box: Box, spoken: Crs, target: Crs, native: Grid) -> Box:
    """The box in another CRS, its edges densified; a line or point gets the width of a hair for that."""
    if spoken == target:
        return box
    hair = 1e-3 * min(native.resolution) * native.crs.metres_per_unit / spoken.metres_per_unit
    thick = BBox(box[0], box[1], max(box[2], box[0] + hair), max(box[3], box[1] + hair))
    found = project_bbox(thick, spoken, target)
    if found is None:
        raise InvalidSubset(f"BOUNDINGBOX cannot be expressed in {target.short}.", locator="BOUNDINGBOX")
    return found.min_x, found.min_y, found.max_x, found.max_y


def _lattice(args: Arguments, target: Crs, box: Box, layer: Layer, engine: Engine) -> Lattice:
    offsets, origin = _offsets(args, target), _origin(args, target)
    native = named_domain(engine, layer).grid
    own = cells(engine, layer, target)
    if offsets is None and own is not None:
        # The cells of the coverage itself, so that pixels leave as they are stored.
        return Lattice(target, origin or own.transform(0.5, 0.5), own.resolution)
    step = pixel_size(native, target, box) if offsets is None else offsets
    return Lattice(target, origin or (box[0], box[3]), step)


def _offsets(args: Arguments, target: Crs) -> tuple[float, float] | None:
    """Distance of the points along x and y; None where GRIDOFFSETS is not given.

    Which grid axis comes first, and in which direction it runs, does not matter: the same points come out.
    """
    count = _method(args)
    text = args.get("GRIDOFFSETS")
    if not text:
        return None
    numbers = [number(part, "GRIDOFFSETS") for part in text.replace(",", " ").split()]
    if len(numbers) not in {2, 4} or (count and len(numbers) != count):
        raise InvalidParameter(
            f'GRIDOFFSETS "{shorten(text)}" has {len(numbers)} number(s); give {count or "2 or 4"} for this GRIDTYPE.',
            locator="GRIDOFFSETS",
        )
    if len(numbers) == 4:
        # Two vectors, each with its parts along the first and the second axis of the CRS.
        first, second = (abs(numbers[0]) + abs(numbers[2]), abs(numbers[1]) + abs(numbers[3]))
        straight = (numbers[1] == numbers[2] == 0.0) or (numbers[0] == numbers[3] == 0.0)
        if not straight:
            raise InvalidParameter(
                "GRIDOFFSETS: rotated and skewed grids are not offered; give offsets along the axes of GRIDBASECRS.",
                locator="GRIDOFFSETS",
            )
    else:
        first, second = abs(numbers[0]), abs(numbers[1])
    if first == 0.0 or second == 0.0:
        raise InvalidParameter(f'GRIDOFFSETS "{shorten(text)}": an offset of 0 makes no grid.', locator="GRIDOFFSETS")
    return (second, first) if target.north_first else (first, second)


def _method(args: Arguments) -> int:
    """How many offsets GRIDTYPE has; 0 when it does not say. GRIDCS is checked as well."""
    plane = args.get("GRIDCS")
    if plane and not plane.casefold().endswith("grid2dsquarecs"):
        raise InvalidParameter(f'GRIDCS "{shorten(plane)}" is not offered; offered: {SQUARE_CS}.', locator="GRIDCS")
    kind = args.get("GRIDTYPE")
    if not kind:
        return 0
    count = _TYPES.get(kind.rsplit(":", 1)[-1].casefold())
    if count is None:
        raise InvalidParameter(
            f'GRIDTYPE "{shorten(kind)}" is not offered; offered: {SIMPLE_GRID}, '
            "urn:ogc:def:method:WCS:1.1:2dGridIn2dCrs.",
            locator="GRIDTYPE",
        )
    return count


def _origin(args: Arguments, target: Crs) -> tuple[float, float] | None:
    text = args.get("GRIDORIGIN")
    if not text:
        return None
    numbers = [number(part, "GRIDORIGIN") for part in text.replace(",", " ").split()]
    if len(numbers) != 2:
        raise InvalidParameter(
            f'GRIDORIGIN "{shorten(text)}" has {len(numbers)} number(s); give two in the order of {target.short}.',
            locator="GRIDORIGIN",
        )
    return (numbers[1], numbers[0]) if target.north_first else (numbers[0], numbers[1])


def _within(box: Box, lattice: Lattice) -> Grid:
    """The cells around the points of the lattice in the box, at least the one that is nearest to its middle."""
    left, width = _points(box[0], box[2], lattice.origin[0], lattice.step[0])
    bottom, height = _points(box[1], box[3], lattice.origin[1], lattice.step[1])
    step_x, step_y = lattice.step
    corner_x = lattice.origin[0] + left * step_x - step_x / 2
    corner_y = lattice.origin[1] + (bottom + height - 1) * step_y + step_y / 2
    return Grid(lattice.crs, Affine(step_x, 0.0, corner_x, 0.0, -step_y, corner_y), width, height)


def _points(low: float, high: float, origin: float, step: float) -> tuple[int, int]:
    """The first point of an interval, in steps from the origin, and how many there are."""
    first, last = (low - origin) / step, (high - origin) / step
    if not (math.isfinite(first) and math.isfinite(last)) or last - first > _MOST_PX or abs(first) > 1e15:
        raise TooLarge(f"BOUNDINGBOX holds more than {_MOST_PX} points of the grid on a side.", locator="BOUNDINGBOX")
    start, stop = math.ceil(first - _HAIR_PX), math.floor(last + _HAIR_PX)
    if stop < start:
        return round((first + last) / 2), 1
    return start, stop - start + 1
