"""Compiles the kernels that almost every request needs, so that the first visitor does not wait for them.

Compiled code lands in numba's cache on disk: the first start after an installation takes some seconds, later ones
load it. `python -m bandstand.engine.warm` does it in a process of its own.
"""

import numpy as np

from bandstand.encode.registry import find_format
from bandstand.model.crs import WEB_MERCATOR
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.raster import Image, Raster
from bandstand.model.request import Output
from bandstand.model.style import ClassColour, ColourMap, Style
from bandstand.render.paint import paint
from bandstand.warp.warm import warm

_SIDE = 16
_GREY = ColourMap("grey", ((0.0, (0, 0, 0, 255)), (1.0, (255, 255, 255, 255))))
_STYLES = {
    "uint16": Style(name="rgb", kind="rgb", ranges=((0.0, 100.0),)),
    "float64": Style(name="rgb", kind="rgb", ranges=((0.0, 100.0),)),
    "float32": Style(name="ramp", kind="ramp", ranges=((0.0, 100.0),), colormap=_GREY),
    "uint8": Style(name="classes", kind="classes", classes=(ClassColour(1, 1, (9, 9, 9, 255), "one"),)),
}
_CHANNELS = {"rgb": 3}


def warm_kernels() -> None:
    """Warp, paint and encode a little of everything common."""
    warm()
    for dtype, style in _STYLES.items():
        count = _CHANNELS.get(style.kind, 1)
        for holes in (False, True):
            _encode(paint(_raster(dtype, count, holes=holes), style))


def _raster(dtype: str, count: int, *, holes: bool) -> Raster:
    values = np.arange(count * _SIDE * _SIDE).reshape(count, _SIDE, _SIDE) % 97
    valid = np.ones((1, _SIDE, _SIDE), np.bool_)
    if holes:
        valid[:, :4] = False
    fields = tuple(Field(name=f"b{i}", dtype=dtype) for i in range(count))
    grid = Grid.from_bbox(WEB_MERCATOR, BBox(0, 0, _SIDE, _SIDE), _SIDE, _SIDE)
    return Raster(values.astype(dtype), valid, fields, grid)


def _encode(image: Image) -> None:
    for media_type in ("image/png", "image/jpeg"):
        find_format(media_type, "map").picture(image, Output(kind="map", media_type=media_type), None)


if __name__ == "__main__":
    warm_kernels()
