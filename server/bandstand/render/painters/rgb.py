"""Three channels as red, green and blue, each stretched over its range; a fourth is the alpha."""

import numba
import numpy as np
from numpy.typing import NDArray

from bandstand.errors import InvalidParameter
from bandstand.model.field import Field
from bandstand.model.raster import Image, Raster
from bandstand.model.style import Rgba, Style
from bandstand.render.key import Key, Swatch, Swatches, spell
from bandstand.render.stretch import STEPS, byte_table, curve, flat_native, flat_unsigned, is_tabled, range_of
from bandstand.render.ticks import labels

_ENDS: tuple[tuple[str, Rgba], ...] = (("R", (228, 52, 52, 255)), ("G", (58, 170, 70, 255)), ("B", (50, 104, 220, 255)))


_RUN = 2048


class Rgb:
    """A pixel is drawn when all its channels are valid."""

    kind = "rgb"

    def paint(self, raster: Raster, style: Style) -> Image:
        """Paint three bands, or four with an alpha from 0 to 1 (or its own range).

        Raises:
            InvalidParameter: There are neither three nor four bands.
        """
        count = len(raster.values)
        if count not in {3, 4}:
            raise InvalidParameter(
                f'Style "{style.name}" paints red, green and blue (and alpha), but there are {count} channels; '
                "choose three outputs, or a style of kind ramp for one.",
                locator="style",
            )
        masks = [np.ascontiguousarray(mask).reshape(-1) for mask in raster.valid]
        red, green, blue = (masks[i if len(masks) > 1 else 0] for i in range(3))
        shape = raster.values.shape[1:]
        pixels = np.empty((*shape, 4), np.uint8)
        words = pixels.view("<u4").reshape(-1)
        empty = int.from_bytes(bytes(style.nodata), "little")
        stretch = _looked_up if is_tabled(raster.values.dtype) else _computed
        missing = stretch(raster, style, (red, green, blue), words, np.uint32(empty))
        if count == 4:
            _set_alpha(raster, style, masks[-1], pixels)
            return Image(pixels, opaque=bool((pixels[..., 3] == 255).all()))
        return Image(pixels, opaque=missing == 0 or style.nodata[3] == 255)

    def key(self, style: Style, fields: tuple[Field, ...]) -> Key:
        """A swatch for each of the three colours, with its band and range."""
        entries = []
        for i, (letter, colour) in enumerate(_ENDS):
            name = fields[i].name if i < len(fields) else style.channels[i] if i < len(style.channels) else ""
            field = fields[i] if i < len(fields) else Field(name=name, dtype="float32")
            low, high = range_of(style, i, field, np.dtype(field.dtype))
            quantity = f"{spell(low)}-{spell(high)}"
            entries.append(Swatch(colour, f"{letter}  {name}  {' to '.join(labels((low, high)))}", quantity))
        return Swatches("rgb", tuple(entries))


Masks = tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]


def _looked_up(raster: Raster, style: Style, masks: Masks, words: NDArray[np.uint32], empty: np.uint32) -> int:
    tables = []
    for i in range(3):
        field, dtype = raster.fields[i], raster.values.dtype
        low, high = range_of(style, i, field, dtype)
        tables.append(byte_table(dtype.name, field.scale, field.offset, low, high, style.gamma))
    flat = [flat_unsigned(raster.values[i]) for i in range(3)]
    return int(_look_up(flat[0], flat[1], flat[2], tables[0], tables[1], tables[2], *masks, empty, words))


def _computed(raster: Raster, style: Style, masks: Masks, words: NDArray[np.uint32], empty: np.uint32) -> int:
    terms = np.empty((3, 4))
    for i in range(3):
        field = raster.fields[i]
        low, high = range_of(style, i, field, raster.values.dtype)
        terms[i] = field.scale, field.offset, low, high - low
    flat = [flat_native(raster.values[i]) for i in range(3)]
    return int(_compute(flat[0], flat[1], flat[2], terms, curve(style.gamma), *masks, empty, words))


def _set_alpha(raster: Raster, style: Style, mask: NDArray[np.bool_], pixels: NDArray[np.uint8]) -> None:
    """Put the fourth channel into the alpha of pixels that are drawn; where it is invalid, nodata."""
    field, values = raster.fields[3], raster.values[3]
    low, high = style.ranges[3] if len(style.ranges) > 3 else (0.0, 1.0)
    place = (values.astype(np.float64) * field.scale + field.offset - low) / (high - low)
    drawn = raster.valid.all(axis=0)
    good = mask.reshape(values.shape) & ~np.isnan(place)
    alpha = np.rint(np.clip(np.where(good, place, 0.0), 0.0, 1.0) * 255.0).astype(np.uint8)
    if values.dtype.kind == "f":
        drawn = drawn & ~np.isnan(raster.values[:3]).any(axis=0)
    np.copyto(pixels[..., 3], alpha, where=drawn & good)
    pixels[drawn & ~good] = style.nodata


@numba.njit(cache=True, nogil=True)
def _look_up(
    red: NDArray[np.uint16],
    green: NDArray[np.uint16],
    blue: NDArray[np.uint16],
    red_table: NDArray[np.uint8],
    green_table: NDArray[np.uint8],
    blue_table: NDArray[np.uint8],
    red_valid: NDArray[np.bool_],
    green_valid: NDArray[np.bool_],
    blue_valid: NDArray[np.bool_],
    empty: np.uint32,
    out: NDArray[np.uint32],
) -> int:
    missing = 0
    for i in range(red.size):
        if red_valid[i] & green_valid[i] & blue_valid[i]:
            out[i] = (
                np.uint32(0xFF000000)
                | (np.uint32(blue_table[blue[i]]) << np.uint32(16))
                | (np.uint32(green_table[green[i]]) << np.uint32(8))
                | np.uint32(red_table[red[i]])
            )
        else:
            out[i] = empty
            missing += 1
    return missing


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _step(values: NDArray[np.float32], term: NDArray[np.float64], out: NDArray[np.int32]) -> None:
    """The step (0 to 4095) of each value on the curve; -1 for not-a-number."""
    scale, offset, low, span = term[0], term[1], term[2], term[3]
    for i in range(values.size):
        place = (np.float64(values[i]) * scale + offset - low) / span
        inside = min(max(place, 0.0), 1.0)
        out[i] = np.int32(-1) if np.isnan(place) else np.int32(np.rint(inside * STEPS))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _compute(
    red: NDArray[np.float32],
    green: NDArray[np.float32],
    blue: NDArray[np.float32],
    terms: NDArray[np.float64],
    bend: NDArray[np.uint8],
    red_valid: NDArray[np.bool_],
    green_valid: NDArray[np.bool_],
    blue_valid: NDArray[np.bool_],
    empty: np.uint32,
    out: NDArray[np.uint32],
) -> int:
    missing = 0
    steps = np.empty((3, _RUN), np.int32)
    # A run at a time: the arithmetic by itself is what the processor can do four at once.
    for start in range(0, red.size, _RUN):
        end = min(start + _RUN, red.size)
        _step(red[start:end], terms[0], steps[0])
        _step(green[start:end], terms[1], steps[1])
        _step(blue[start:end], terms[2], steps[2])
        for k in range(end - start):
            i = start + k
            r, g, b = steps[0, k], steps[1, k], steps[2, k]
            if red_valid[i] & green_valid[i] & blue_valid[i] & ((r | g | b) >= 0):
                out[i] = (
                    np.uint32(0xFF000000)
                    | (np.uint32(bend[b]) << np.uint32(16))
                    | (np.uint32(bend[g]) << np.uint32(8))
                    | np.uint32(bend[r])
                )
            else:
                out[i] = empty
                missing += 1
    return missing


PAINTER = Rgb()
