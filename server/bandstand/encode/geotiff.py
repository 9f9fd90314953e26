"""GeoTIFF: numbers with all that explains them, or pictures with their place; uncompressed ones are streamed."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from bandstand.encode.base import Parts, choice, whole_number
from bandstand.encode.chunks import (
    DEFLATE,
    LZW,
    NONE,
    PACKBITS,
    ZSTD,
    Layout,
    Samples,
    packed_chunks,
    plain_counts,
    plain_parts,
    strip_rows,
)
from bandstand.encode.fill import storable, with_nodata
from bandstand.encode.flatten import flatten, is_opaque
from bandstand.encode.geokeys import geo_tags
from bandstand.encode.tiff import LONG, SHORT, Tag, frame, text
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.raster import Image, Raster
from bandstand.model.request import Output

_STRIP_TAGS, _TILE_TAGS = (273, 279), (324, 325)
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
        layout = _layout(values, output, compression="deflate", interleave="pixel")
        tags = [Tag(262, SHORT, [2])]
        if not opaque:
            tags.append(Tag(338, SHORT, [2]))  # straight alpha
        return b"".join(_write(samples, layout, [*tags, *(geo_tags(grid) if grid else [])]).parts)

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
        layout = _layout(values, output, compression="none", interleave="band")
        entries = [Tag(262, SHORT, [1])]
        if len(values) > 1:
            entries.append(Tag(338, SHORT, [0] * (len(values) - 1)))
        if nodata is not None:
            entries.append(text(_NODATA, _spell(nodata, values.dtype)))
        entries += [text(code, tags[key]) for key, code in _TEXT_TAGS.items() if tags.get(key)]
        entries.append(text(_METADATA, _metadata(raster.fields, tags)))
        return _write(samples, layout, [*entries, *geo_tags(raster.grid)])


def _spell(nodata: float, dtype: np.dtype[Any]) -> str:
    return "nan" if dtype.kind == "f" else str(int(nodata))


def _layout(values: NDArray[Any], output: Output, *, compression: str, interleave: str) -> Layout:
    """Read the options."""
    bands, height, width = values.shape
    compression = choice(output, "compression", _COMPRESSION, compression)
    interleave = choice(output, "interleave", {"band": "band", "pixel": "pixel"}, interleave)
    tiled = bool(choice(output, "tiling", _YES_NO, ""))
    across = whole_number(output, "tilewidth", 16, 4096, 256, multiple=16)
    down = whole_number(output, "tileheight", 16, 4096, across, multiple=16)
    planar = interleave == "band" and bands > 1
    return Layout(
        compression=_CODES[compression],
        predictor=_predictor(output, values.dtype, compression),
        planar=planar,
        tile=(across, down) if tiled else None,
        rows=strip_rows(width, height, values.itemsize * (1 if planar else bands)),
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


def _write(samples: Samples, layout: Layout, tags: list[Tag]) -> Parts:
    """The whole file: its frame, then the pixels as they are made or, compressed, as they lie ready."""
    bands, height, width = samples.values.shape
    dtype = samples.values.dtype
    entries = [
        Tag(256, LONG, [width]),
        Tag(257, LONG, [height]),
        Tag(258, SHORT, [8 * dtype.itemsize] * bands),
        Tag(259, SHORT, [layout.compression]),
        Tag(277, SHORT, [bands]),
        Tag(284, SHORT, [2 if layout.planar else 1]),
        Tag(339, SHORT, [_FORMATS[dtype.kind]] * bands),
        *tags,
    ]
    if layout.predictor != 1:
        entries.append(Tag(317, SHORT, [layout.predictor]))
    if layout.tile is None:
        entries.append(Tag(278, LONG, [layout.rows]))
    else:
        entries += [Tag(322, LONG, [layout.tile[0]]), Tag(323, LONG, [layout.tile[1]])]
    codes = _STRIP_TAGS if layout.tile is None else _TILE_TAGS
    if layout.tile is None and layout.compression == NONE:
        counts = plain_counts(samples, layout)
        body: Iterator[bytes] = plain_parts(samples, layout)
    else:
        chunks = list(packed_chunks(samples, layout))
        counts = np.array([len(chunk) for chunk in chunks], np.int64)
        body = iter(chunks)
    head = frame(entries, counts, codes)
    return Parts(chain([head], body), len(head) + int(counts.sum()))


FORMAT = GeoTiff()
