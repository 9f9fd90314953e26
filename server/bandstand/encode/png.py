"""PNG: lossless pictures, as RGB when nothing is transparent, with a palette where the picture has one."""

import struct
from functools import lru_cache

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from bandstand.encode.base import PictureFormat
from bandstand.encode.flatten import is_opaque
from bandstand.encode.pngstream import compress
from bandstand.model.grid import Grid
from bandstand.model.raster import Image
from bandstand.model.request import Output

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE, _RGBA = 0, 2, 3, 6


class Png(PictureFormat):
    """Eight bits a channel; a picture of one colour takes a hundred bytes, whatever it was made of."""

    media_type = "image/png"
    aliases = ("png", "image/x-png", "image/png;mode=32bit", "image/png;mode=24bit", "image/png24", "image/png32")
    extension = "png"
    rank = 0

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Encode a picture; there are no options."""
        return encode_png(image)


def encode_png(image: Image) -> bytes:
    """A picture as PNG (ISO/IEC 15948)."""
    only = _only_colour(image)
    if only is not None:
        return _plain(image.shape, only)
    if image.palette is not None:
        return _with_palette(image.pixels, image.palette)
    if is_opaque(image):
        return _file(image.shape, _RGB, b"", compress(image.pixels, channels=3))
    return _file(image.shape, _RGBA, b"", compress(image.pixels, channels=4))


def _only_colour(image: Image) -> tuple[int, int, int, int] | None:
    """The colour of a picture that has just one; all fully transparent ones count as one."""
    pixels = image.pixels
    first = pixels[0, 0]
    # Most pictures differ within their first and last rows: no need to look at all of one.
    if not (np.array_equal(pixels[0, -1], first) and np.array_equal(pixels[-1, -1], first)):
        return None
    if image.palette is None:
        words = np.ascontiguousarray(pixels).view(np.uint32)
        uniform = bool((words == words[0, 0, 0]).all())
    else:
        uniform = bool((pixels == first).all())
    if not uniform:
        return None
    red, green, blue, alpha = (int(c) for c in (first if image.palette is None else image.palette[first]))
    return (red, green, blue, alpha) if alpha else (0, 0, 0, 0)


@lru_cache(maxsize=64)
def _plain(shape: tuple[int, int], colour: tuple[int, int, int, int]) -> bytes:
    """One bit a pixel, all zero, and a palette of one colour."""
    height, width = shape
    rows = bytes(height * (1 + (width + 7) // 8))
    extra = _chunk(b"PLTE", bytes(colour[:3]))
    if colour[3] < 255:
        extra += _chunk(b"tRNS", bytes(colour[3:]))
    return _file(shape, _PALETTE, extra, bytes(imagecodecs.deflate_encode(rows, 9)), depth=1)


def _with_palette(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    return _file(pixels.shape[:2], _PALETTE, palette_chunks(palette), compress(pixels, channels=1))


def palette_chunks(palette: NDArray[np.uint8]) -> bytes:
    """The chunks of a palette (n ≤ 256, 4): the alphas end with the last that is not opaque."""
    chunks = _chunk(b"PLTE", palette[:, :3].tobytes())
    clear = np.flatnonzero(palette[:, 3] < 255)
    if len(clear):
        chunks += _chunk(b"tRNS", palette[: clear[-1] + 1, 3].tobytes())
    return chunks


def _file(shape: tuple[int, ...], colour_type: int, extra: bytes, stream: bytes, *, depth: int = 8) -> bytes:
    header = struct.pack(">IIBBBBB", shape[1], shape[0], depth, colour_type, 0, 0, 0)
    return b"".join((SIGNATURE, _chunk(b"IHDR", header), extra, _chunk(b"IDAT", stream), _chunk(b"IEND", b"")))


def _chunk(name: bytes, body: bytes) -> bytes:
    check = imagecodecs.deflate_crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)


FORMAT = Png()
