"""BBOX, sizes and resolutions to the grid of the answer (OGC 03-065r6, 9.2.2.5 to 9.2.2.11)."""

import math

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, InvalidSubset, MissingParameter, TooLarge, shorten
from bandstand.model.crs import Crs
from bandstand.model.exchange import Arguments
from bandstand.model.grid import Affine, BBox, Grid, project_bbox
from bandstand.model.layer import Layer
from bandstand.services.ows.kvp import bbox, crs, integer, number, required
from bandstand.services.wcs.coverages import cells, named_crs, named_domain
from bandstand.services.wcs.ground import pixel_size

_HAIR_PX = 1e-6
"""What a quotient may lie above a whole number by and still mean it."""
_MOST_PX = 10**9


def answer_grid(args: Arguments, layer: Layer, engine: Engine) -> Grid:
    """The grid of the answer: exactly the box asked, whatever of it lies outside the coverage.

    Numbers are x before y in every CRS, as this version has it.

    Raises:
        MissingParameter: Neither BBOX nor TIME, no CRS, neither a size nor a resolution.
        UnsupportedCrs: Locator `CRS` or `RESPONSE_CRS`.
        InvalidParameter: A value cannot be read.
        InvalidSubset: The box cannot be expressed in RESPONSE_CRS.
    """
    supported = named_crs(engine, layer)
    if not args.get("BBOX"):
        return _whole(args, supported, layer, engine)
    asked = crs(required(args, "CRS", hint="that of BBOX, such as EPSG:4326"), supported, "CRS")
    text = args.get("RESPONSE_CRS")
    target = crs(text, supported, "RESPONSE_CRS") if text else asked
    there = project_bbox(bbox(args.get("BBOX"), "BBOX", asked, authority_order=False), asked, target)
    if there is None:
        raise InvalidSubset(f"BBOX cannot be expressed in {target.short}.", locator="BBOX")
    return _filled(args, target, there)


def _whole(args: Arguments, supported: tuple[Crs, ...], layer: Layer, engine: Engine) -> Grid:
    """The whole coverage, which a TIME without BBOX asks for; its own CRS and cells unless told otherwise.

    A document may tell neither, since both stand in its spatialSubset (9.2.3.2).
    """
    if not args.get("TIME"):
        raise MissingParameter("BBOX is missing; give minx,miny,maxx,maxy in CRS, or TIME.", locator="BBOX")
    native = named_domain(engine, layer).grid
    target = native.crs
    for key in ("CRS", "RESPONSE_CRS"):
        if text := args.get(key):
            target = crs(text, supported, key)
    own = cells(engine, layer, target)
    box = own.bbox if own is not None else project_bbox(native.bbox, native.crs, target)
    if box is None:
        raise InvalidSubset(f"The coverage cannot be expressed in {target.short}.", locator="RESPONSE_CRS")
    if any(args.get(key) for key in ("WIDTH", "HEIGHT", "RESX", "RESY")):
        return _filled(args, target, box)
    if own is not None:
        return own
    step_x, step_y = pixel_size(native, target, (box.min_x, box.min_y, box.max_x, box.max_y))
    return _stepped(target, box, step_x, step_y)


def _filled(args: Arguments, target: Crs, box: BBox) -> Grid:
    sizes = [args.get(key) for key in ("WIDTH", "HEIGHT")]
    steps = [args.get(key) for key in ("RESX", "RESY")]
    if any(sizes) and any(steps):
        raise InvalidParameter("WIDTH, HEIGHT and RESX, RESY exclude each other; give one pair.", locator="RESX")
    if all(sizes):
        return Grid.from_bbox(target, box, _side(sizes[0], "WIDTH"), _side(sizes[1], "HEIGHT"))
    if all(steps):
        return _stepped(target, box, _step(steps[0], "RESX"), _step(steps[1], "RESY"))
    pair, values = (("RESX", "RESY"), steps) if any(steps) else (("WIDTH", "HEIGHT"), sizes)
    missing = next(key for key, value in zip(pair, values, strict=True) if not value)
    raise MissingParameter(
        f"{missing} is missing; give WIDTH and HEIGHT in pixels, or RESX and RESY in units of {target.short}.",
        locator=missing,
    )


def _stepped(target: Crs, box: BBox, step_x: float, step_y: float) -> Grid:
    """The grid of this resolution over the box; what is no whole cell reaches over it to the right and below."""
    width, height = _count(box.width / step_x, "RESX"), _count(box.height / step_y, "RESY")
    return Grid(target, Affine(step_x, 0.0, box.min_x, 0.0, -step_y, box.max_y), width, height)


def _side(text: str, key: str) -> int:
    value = integer(text, key)
    if not 1 <= value <= _MOST_PX:
        raise InvalidParameter(f"{key} {value} is no size; give 1 to {_MOST_PX} pixels.", locator=key)
    return value


def _step(text: str, key: str) -> float:
    value = number(text, key)
    if value <= 0:
        raise InvalidParameter(f'{key} "{shorten(text)}" is no pixel size; give a number above 0.', locator=key)
    return value


def _count(quotient: float, key: str) -> int:
    if quotient > _MOST_PX:
        raise TooLarge(f"{key} is too small: more than {_MOST_PX} pixels would fill BBOX.", locator=key)
    return max(1, math.ceil(quotient - _HAIR_PX))
