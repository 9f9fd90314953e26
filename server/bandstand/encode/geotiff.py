"""GeoTIFF: numbers with all that explains them, or pictures with their place; uncompressed ones are streamed."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from bandstand.encode.base import Parts, choice, whole_number
from bandstand.encode.chunks import (
    DEFLATE,
    LZW,
    NONE,
    PACKBITS,
    ZSTD,
    Layout,
    Samples,
    aligned,
    chunks,
    file_order,
    plain_counts,
    strip_rows,
)
from bandstand.encode.fill import storable, with_nodata
from bandstand.encode.flatten import flatten, is_opaque
from bandstand.encode.geokeys import geo_tags
from bandstand.encode.tiff import LONG, SHORT, Tag, frame, text
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Image, Raster, Strips
from bandstand.model.request import Output

_STRIP_TAGS, _TILE_TAGS = (273, 279), (324, 325)
_PART_BYTES = 512 * 1024
"""That are sent at a time of what lies ready."""
_NODATA, _METADATA = 42113, 42112
_TEXT_TAGS = {
    "TIFFTAG_DOCUMENTNAME": 269,
    "TIFFTAG_IMAGEDESCRIPTION": 270,
    "TIFFTAG_SOFTWARE": 305,
    "TIFFTAG_DATETIME": 306,
    "TIFFTAG_ARTIST": 315,
    "TIFFTAG_HOSTCOMPUTER": 316,
    "TIFFTAG_COPYRIGHT": 33432,
}
_COMPRESSION = {"none": "none", "deflate": "deflate", "lzw": "lzw", "zstd": "zstd", "packbits": "packbits"}
_CODES = {"none": NONE, "deflate": DEFLATE, "lzw": LZW, "zstd": ZSTD, "packbits": PACKBITS}
_PREDICTOR = {"none": "1", "horizontal": "2", "floatingpoint": "3", "auto": "auto", "1": "1", "2": "2", "3": "3"}
_YES_NO = {"true": "true", "false": "", "yes": "true", "no": ""}
_FORMATS = {"u": 1, "i": 2, "f": 3}
"""Values of the tag SampleFormat."""


class GeoTiff:
    """Options (OGC 12-100): `compression`, `predictor`, `interleave`, `tiling`, `tilewidth`, `tileheight`."""

    media_type = "image/tiff"
    aliases = (
        "image/geotiff",
        "geotiff",
        "gtiff",
        "tiff",
        "tif",
        "geotiff_float",
        "image/tiff;application=geotiff",
        "image/tiff;subtype=geotiff",
        "image/vnd.stac.geotiff",
    )
    extension = "tif"
    kinds = frozenset({"map", "coverage"})
    rank = 50

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:
        """A picture as RGB, or RGBA where something is transparent; deflated unless told otherwise.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        opaque = is_opaque(image)
        pixels = flatten(image, (0, 0, 0, 255)) if opaque else image.rgba()
        values = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
        samples = Samples(values, np.empty((0, *image.shape), np.bool_), 0.0)
        layout = _layout(values.shape, values.dtype, output, compression="deflate", interleave="pixel")
        tags = [Tag(262, SHORT, [2])]
        if not opaque:
            tags.append(Tag(338, SHORT, [2]))  # straight alpha
        entries = [*tags, *(geo_tags(grid) if grid else [])]
        return b"".join(_write([samples], values.shape, values.dtype, layout, lambda: entries).parts)

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> bytes | Parts:
        """All bands in their stored type; invalid pixels are nodata, which is NaN for floats.

        Args:
            tags: `TIFFTAG_…` go into their own tags, the rest into GDAL's metadata.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        # A file has one such number for all its bands.
        values, nodata = with_nodata(storable(raster.values), raster.valid, raster.fields)
        valid = raster.valid if nodata is not None else raster.valid[:0]
        samples = Samples(values, valid, 0.0 if nodata is None else nodata)
        layout = _layout(values.shape, values.dtype, output, compression="none", interleave="band")
        entries = _entries(raster.fields, raster.grid, values.dtype, nodata, tags)
        return _write([samples], values.shape, values.dtype, layout, lambda: entries)

    def strips(
        self, strips: Strips, output: Output, tags: Callable[[], Mapping[str, str]], *, settled: bool
    ) -> bytes | Parts:
        """The same as `data`, with no more in memory than has to be: integers wait for the number that none holds.

        Args:
            strips: What `data` takes at once.
            output: As there.
            tags: Gives them; when they are not `settled`, after the last of the strips was made.
            settled: Whether the tags are known before.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        if strips.dtype.kind != "f":
            return self.data(strips.whole(), output, tags())
        dtype = storable(np.empty(0, strips.dtype)).dtype
        shape = (len(strips.fields), *strips.grid.shape)
        layout = _layout(shape, dtype, output, compression="none", interleave="band")
        pieces = aligned((Samples(storable(part.values), part.valid, math.nan) for part in strips.parts), layout)
        made = partial(_entries_of, strips, dtype, tags)
        return _write(pieces, shape, dtype, layout, made, settled=settled)


def _entries_of(strips: Strips, dtype: np.dtype[Any], tags: Callable[[], Mapping[str, str]]) -> list[Tag]:
    return _entries(strips.fields, strips.grid, dtype, math.nan, tags())


def _entries(
    fields: tuple[Field, ...], grid: Grid, dtype: np.dtype[Any], nodata: float | None, tags: Mapping[str, str]
) -> list[Tag]:
    """What is told of numbers."""
    entries = [Tag(262, SHORT, [1])]
    if len(fields) > 1:
        entries.append(Tag(338, SHORT, [0] * (len(fields) - 1)))
    if nodata is not None:
        entries.append(text(_NODATA, _spell(nodata, dtype)))
    entries += [text(code, tags[key]) for key, code in _TEXT_TAGS.items() if tags.get(key)]
    entries.append(text(_METADATA, _metadata(fields, tags)))
    return [*entries, *geo_tags(grid)]


def _spell(nodata: float, dtype: np.dtype[Any]) -> str:
    return "nan" if dtype.kind == "f" else str(int(nodata))


def _layout(
    shape: tuple[int, ...], dtype: np.dtype[Any], output: Output, *, compression: str, interleave: str
) -> Layout:
    """Read the options."""
    bands, height, width = shape
    compression = choice(output, "compression", _COMPRESSION, compression)
    interleave = choice(output, "interleave", {"band": "band", "pixel": "pixel"}, interleave)
    tiled = bool(choice(output, "tiling", _YES_NO, ""))
    across = whole_number(output, "tilewidth", 16, 4096, 256, multiple=16)
    down = whole_number(output, "tileheight", 16, 4096, across, multiple=16)
    planar = interleave == "band" and bands > 1
    return Layout(
        compression=_CODES[compression],
        predictor=_predictor(output, dtype, compression),
        planar=planar,
        tile=(across, down) if tiled else None,
        rows=strip_rows(width, height, dtype.itemsize * (1 if planar else bands)),
    )


def _predictor(output: Output, dtype: np.dtype[Any], compression: str) -> int:
    """The predictor asked for; the one that suits the type unless told."""
    floating = dtype.kind == "f"
    accepted = {k: v for k, v in _PREDICTOR.items() if floating or v != "3"}
    asked = choice(output, "predictor", accepted, "auto")
    if compression in {"none", "packbits"}:
        return 1
    if asked == "auto":
        return 3 if floating else 2
    return int(asked)


def _metadata(fields: tuple[Field, ...], tags: Mapping[str, str]) -> str:
    """GDAL's metadata: whatever has no tag of its own, and what each band is."""
    items = [f"<Item name={quoteattr(k)}>{_clean(v)}</Item>" for k, v in tags.items() if k not in _TEXT_TAGS and v]
    for i, field in enumerate(fields):
        roles = {"DESCRIPTION": field.name, "UNITTYPE": field.unit}
        if not field.plain:
            roles |= {"OFFSET": repr(float(field.offset)), "SCALE": repr(float(field.scale))}
        items += [
            f'<Item name="{name}" sample="{i}" role="{name.lower()}">{_clean(value)}</Item>'
            for name, value in roles.items()
            if value
        ]
        if field.title:
            items.append(f'<Item name="TITLE" sample="{i}">{_clean(field.title)}</Item>')
    return f"<GDALMetadata>{''.join(items)}</GDALMetadata>"


def _clean(value: str) -> str:
    """Text that XML 1.0 can hold; escaped twice, since GDAL unescapes what its XML parser has unescaped already."""
    return escape(escape("".join(c if c >= " " or c in "\t\n" else " " for c in value)))


def _write(
    pieces: Iterable[Samples],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    layout: Layout,
    tags: Callable[[], list[Tag]],
    *,
    settled: bool = True,
) -> Parts:
    """The whole file: its frame, then the pixels as they are made.

    They lie ready where the frame needs them first: for the sizes of compressed ones, or for tags that are not settled.
    """
    bands, height, width = shape
    order = file_order(layout, bands, height, width)
    codes = _STRIP_TAGS if layout.tile is None else _TILE_TAGS
    body: Iterator[bytes] = (chunk for piece in pieces for chunk in chunks(piece, layout))
    if layout.tile is None and layout.compression == NONE:
        counts = plain_counts(layout, (bands, height, width), dtype.itemsize)
        if not settled:
            body = _gathered(body, int(counts.sum()))
    else:
        ready = list(body)
        counts = np.empty(len(ready), np.int64)
        counts[order] = [len(chunk) for chunk in ready]
        body = _drained(ready)
    entries = [
        Tag(256, LONG, [width]),
        Tag(257, LONG, [height]),
        Tag(258, SHORT, [8 * dtype.itemsize] * bands),
        Tag(259, SHORT, [layout.compression]),
        Tag(277, SHORT, [bands]),
        Tag(284, SHORT, [2 if layout.planar else 1]),
        Tag(339, SHORT, [_FORMATS[dtype.kind]] * bands),
        *tags(),
    ]
    if layout.predictor != 1:
        entries.append(Tag(317, SHORT, [layout.predictor]))
    if layout.tile is None:
        entries.append(Tag(278, LONG, [layout.rows]))
    else:
        entries += [Tag(322, LONG, [layout.tile[0]]), Tag(323, LONG, [layout.tile[1]])]
    head = frame(entries, counts, codes, order)
    # The first pixels come with it: what goes wrong with them is told before anything is sent.
    return Parts(chain([head + next(body, b"")], body), len(head) + int(counts.sum()))


def _gathered(parts: Iterator[bytes], length: int) -> Iterator[bytes]:
    """What lies ready, in one piece of memory: thousands of small ones would leave holes behind."""
    whole = np.empty(length, np.uint8)
    at = 0
    for part in parts:
        whole[at : at + len(part)] = np.frombuffer(part, np.uint8)
        at += len(part)
    return (whole[start : start + _PART_BYTES].tobytes() for start in range(0, length, _PART_BYTES))


def _drained(ready: list[bytes]) -> Iterator[bytes]:
    """What lies ready, each let go as soon as it is taken."""
    ready.reverse()
    while ready:
        yield ready.pop()


FORMAT = GeoTiff()
