"""One channel by classes: exact values or intervals, each with its colour."""

from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidParameter
from bandstand.model.field import Field
from bandstand.model.raster import Image, Raster
from bandstand.model.style import ClassColour, Rgba, Style
from bandstand.render.key import Key, Swatch, Swatches, spell
from bandstand.render.stretch import all_values, flat_native, flat_unsigned, is_tabled
from bandstand.render.ticks import labels

_UNKNOWN: Rgba = (0, 0, 0, 0)


class Classes:
    """The first class that holds a value paints it; a value of no class is transparent."""

    kind = "classes"

    def paint(self, raster: Raster, style: Style) -> Image:
        """Paint one band by its physical values.

        Raises:
            InvalidParameter: There is not exactly one band.
        """
        if len(raster.values) != 1:
            raise InvalidParameter(
                f'Style "{style.name}" paints the classes of one channel, but there are {len(raster.values)}; '
                "choose one output.",
                locator="style",
            )
        values, field = raster.values[0], raster.fields[0]
        scale, offset = (1.0, 0.0) if field.categorical else (field.scale, field.offset)
        palette, breaks, at, after = _segments(style.classes, style.nodata)
        valid = np.ascontiguousarray(raster.valid[0]).reshape(-1)
        index = np.empty(values.size, np.uint8 if len(palette) <= 256 else np.uint16)
        if is_tabled(values.dtype):
            table = _table(values.dtype.name, scale, offset, style.classes, style.nodata)
            _look_up(flat_unsigned(values), valid, table, index)
        else:
            _search(flat_native(values), valid, scale, offset, breaks, at, after, index)
        pixels = index.reshape(values.shape)
        solid = palette[:, 3] == 255
        opaque = bool(solid.all() or solid[index].all())
        if len(palette) > 256:
            return Image(palette[pixels], opaque=opaque)
        return Image(pixels, palette, opaque=opaque)

    def key(self, style: Style, fields: tuple[Field, ...]) -> Key:  # noqa: ARG002 - the protocol's signature
        """A box a class, in the style's order."""
        exact = all(entry.low == entry.high for entry in style.classes)
        return Swatches("values" if exact else "intervals", tuple(_swatch(entry) for entry in style.classes))


def _swatch(entry: ClassColour) -> Swatch:
    if entry.low == entry.high:
        return Swatch(entry.colour, entry.label or labels([entry.low])[0], spell(entry.low))
    if entry.low == -np.inf:
        label = f"< {labels([entry.high])[0]}"
    elif entry.high == np.inf:
        label = f">= {labels([entry.low])[0]}"
    else:
        label = " to ".join(labels([entry.low, entry.high]))
    return Swatch(entry.colour, entry.label or label, f"{spell(entry.low)}-{spell(entry.high)}")


@lru_cache(maxsize=128)
def _segments(
    classes: tuple[ClassColour, ...], nodata: Rgba
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.uint16], NDArray[np.uint16]]:
    """The palette, all class borders (n,), and the palette index at each border and just after it.

    Palette entry 0 is nodata, entry 1 the unknown; equal colours share an entry.
    """
    colours: list[Rgba] = [nodata, _UNKNOWN]
    numbers = []
    for entry in classes:
        if entry.colour not in colours[1:]:
            colours.append(entry.colour)
        numbers.append(colours.index(entry.colour, 1))
    breaks = np.unique(np.array([end for entry in classes for end in (entry.low, entry.high)], np.float64))
    at = np.ones(len(breaks), np.uint16)
    after = np.ones(len(breaks), np.uint16)
    for entry, number in reversed(list(zip(classes, numbers, strict=True))):
        first, last = np.searchsorted(breaks, [entry.low, entry.high])
        if entry.low == entry.high:
            at[first] = number
        else:
            at[first:last] = number
            after[first:last] = number
    return np.array(colours, np.uint8).reshape(-1, 4), breaks, at, after


@lru_cache(maxsize=128)
def _table(
    dtype: str, scale: float, offset: float, classes: tuple[ClassColour, ...], nodata: Rgba
) -> NDArray[np.uint16]:
    """The palette index of every value of an 8 or 16-bit type."""
    _, breaks, at, after = _segments(classes, nodata)
    values: NDArray[Any] = all_values(dtype).astype(np.float64)
    table = np.empty(len(values), np.uint16)
    _search(values, np.ones(len(values), np.bool_), scale, offset, breaks, at, after, table)
    return table


@numba.njit(cache=True, nogil=True)
def _look_up(
    values: NDArray[np.uint16], valid: NDArray[np.bool_], table: NDArray[np.uint16], out: NDArray[Any]
) -> None:
    for i in range(values.size):
        out[i] = table[values[i]] if valid[i] else 0


@numba.njit(cache=True, nogil=True)
def _search(
    values: NDArray[np.float64],
    valid: NDArray[np.bool_],
    scale: float,
    offset: float,
    breaks: NDArray[np.float64],
    at: NDArray[np.uint16],
    after: NDArray[np.uint16],
    out: NDArray[Any],
) -> None:
    for i in range(values.size):
        value = np.float64(values[i]) * scale + offset
        if not valid[i] or np.isnan(value):
            out[i] = 0
            continue
        low, high = 0, breaks.size
        while low < high:
            middle = (low + high) >> 1
            if breaks[middle] <= value:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            out[i] = 1
        else:
            out[i] = at[low - 1] if breaks[low - 1] == value else after[low - 1]


PAINTER = Classes()
