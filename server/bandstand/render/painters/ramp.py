"""One channel along a ramp of colours, as a picture with a palette."""

from functools import lru_cache

import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidParameter
from bandstand.model.field import Field
from bandstand.model.raster import Image, Raster
from bandstand.model.style import ColourMap, Edge, Rgba, Style
from bandstand.render.key import Bar, Key
from bandstand.render.ramps import named_ramp, ramp_folder, sample
from bandstand.render.stretch import all_values, flat_native, flat_unsigned, is_tabled, positions, range_of

_COLOURS = 254
_DEFAULT = "viridis"


class Ramp:
    """Palette: the colour of nodata, those of the edges that have their own, then up to 254 along the ramp."""

    kind = "ramp"

    def paint(self, raster: Raster, style: Style) -> Image:
        """Paint one band; not-a-number is nodata.

        Raises:
            InvalidParameter: There is not exactly one band.
        """
        if len(raster.values) != 1:
            raise InvalidParameter(
                f'Style "{style.name}" paints one channel along a ramp, but there are {len(raster.values)}; '
                "choose one output, or a style of kind rgb for three.",
                locator="style",
            )
        values, field = raster.values[0], raster.fields[0]
        low, high = range_of(style, 0, field, values.dtype)
        palette, below, above, first = _palette(colormap(style), style.nodata, style.below, style.above)
        valid = np.ascontiguousarray(raster.valid[0]).reshape(-1)
        pixels = np.empty(values.shape, np.uint8)
        flat = pixels.reshape(-1)
        top = len(palette) - first - 1
        if is_tabled(values.dtype):
            table = _table(values.dtype.name, field.scale, field.offset, low, high, below, above, first, top)
            special = _look_up(flat_unsigned(values), valid, table, first, flat)
        else:
            special = _compute(
                flat_native(values), valid, field.scale, field.offset, low, high, below, above, first, top, flat
            )
        solid = palette[:, 3] == 255
        return Image(pixels, palette, opaque=bool(solid[first:].all() and (special == 0 or solid[:first].all())))

    def key(self, style: Style, fields: tuple[Field, ...]) -> Key:
        """A bar over the range."""
        field = fields[0] if fields else Field(name=style.name, dtype="float32")
        low, high = range_of(style, 0, field, np.dtype(field.dtype))
        return Bar(
            name=field.name,
            colormap=colormap(style),
            low=low,
            high=high,
            below=style.below,
            above=style.above,
            nodata=style.nodata,
            # What the numbers are goes before what the style was made for.
            unit=field.unit or style.unit,
        )


def colormap(style: Style) -> ColourMap:
    """The style's ramp, or the default one."""
    return style.colormap or named_ramp(_DEFAULT, ramp_folder())


@lru_cache(maxsize=256)
def _palette(ramp: ColourMap, nodata: Rgba, below: Edge, above: Edge) -> tuple[NDArray[np.uint8], int, int, int]:
    """The palette, the index below and above the range, and that of the ramp's first colour."""
    special: list[Rgba] = [nodata]
    for edge in (below, above):
        colour = (0, 0, 0, 0) if edge == "transparent" else edge
        if colour != "extend" and colour not in special:
            special.append(colour)
    first = len(special)
    colours = sample(ramp, min(_COLOURS, 256 - first))

    def index(edge: Edge, extended: int) -> int:
        if edge == "extend":
            return extended
        return special.index((0, 0, 0, 0) if edge == "transparent" else edge)

    palette = np.concatenate([np.array(special, np.uint8).reshape(-1, 4), colours])
    return palette, index(below, first), index(above, len(palette) - 1), first


@lru_cache(maxsize=128)
def _table(
    dtype: str, scale: float, offset: float, low: float, high: float, below: int, above: int, first: int, top: int
) -> NDArray[np.uint8]:
    """The palette index of every value of an 8 or 16-bit type."""
    place = positions(all_values(dtype), scale, offset, low, high)
    index = first + np.rint(np.clip(place, 0.0, 1.0) * top).astype(np.intp)
    index[place < 0.0] = below
    index[place > 1.0] = above
    return index.astype(np.uint8)


@numba.njit(cache=True, nogil=True)
def _look_up(
    values: NDArray[np.uint16], valid: NDArray[np.bool_], table: NDArray[np.uint8], first: int, out: NDArray[np.uint8]
) -> int:
    special = 0
    for i in range(values.size):
        index = table[values[i]] if valid[i] else np.uint8(0)
        out[i] = index
        special += 1 if index < first else 0
    return special


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _compute(
    values: NDArray[np.float32],
    valid: NDArray[np.bool_],
    scale: float,
    offset: float,
    low: float,
    high: float,
    below: int,
    above: int,
    first: int,
    top: int,
    out: NDArray[np.uint8],
) -> int:
    span = high - low
    lowest, highest = np.uint8(below), np.uint8(above)
    special = 0
    for i in range(values.size):
        place = (np.float64(values[i]) * scale + offset - low) / span
        inside = min(max(place, 0.0), 1.0)
        good = valid[i] & ~np.isnan(place)
        index = np.uint8(np.int32(np.rint(inside * top if good else 0.0)) + np.int32(first))
        index = lowest if place < 0.0 else index
        index = highest if place > 1.0 else index
        index = index if good else np.uint8(0)
        out[i] = index
        special += 1 if index < first else 0
    return special


PAINTER = Ramp()
