"""TIFF tags to the block index: levels, their masks, and where every block stands."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.read.base import BlockForm, Own
from bandstand.read.tags import Directory, TiffFile

_NEW_SUBFILE_TYPE = 254
_WIDTH = 256
_HEIGHT = 257
_BITS = 258
_COMPRESSION = 259
_PHOTOMETRIC = 262
_FILL_ORDER = 266
_SAMPLES = 277
_PLANAR = 284
_PREDICTOR = 317
_STRIP_OFFSETS = 273
_STRIP_COUNTS = 279
_TILE_WIDTH = 322
_TILE_HEIGHT = 323
_TILE_OFFSETS = 324
_TILE_COUNTS = 325
_EXTRA_SAMPLES = 338
_SAMPLE_FORMAT = 339
_JPEG_TABLES = 347
_LERC = 50674
_GDAL_METADATA = 42112
_CELL_SIZE = 33550
_TIE_POINTS = 33922
_ONE_POINT = 6
"""Numbers of a tie point (OGC 19-008r4, 7.4)."""
_MATRIX = 34264
_GDAL_NODATA = 42113

_REDUCED = 1
_MASK = 4
_JPEG = 7
_LERC_COMPRESSION = 34887
_YCBCR = 6
_ALPHA = frozenset({1, 2})
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
# Raw samples are what GDAL gives for these: grey either way up, RGB, palette indices, masks; YCbCr within JPEG only.
_RAW_PHOTOMETRIC = frozenset({0, 1, 2, 3, 4})
# A block above this is a mistake or an attack; GDAL's and everybody's defaults lie below 1 MB.
MAX_BLOCK_BYTES = 256_000_000
MAX_BLOCKS = 8_000_000
_MAX_SIDE = 1 << 30


class Unfit(Exception):
    """A proper file that our own reader does not take; GDAL shall read it.

    Attributes:
        reason: For the ingest report.
    """

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTable:
    """One level of one image (or of its mask): its size, its blocks, and what stands in them."""

    width: int
    height: int
    form: BlockForm
    compression: int
    predictor: int
    planar: bool
    """Whether every plane has blocks of its own."""
    bits: int
    """A sample; 1 in masks only."""
    planes: int
    """Samples a pixel, alpha included."""
    offsets: NDArray[np.int64]
    """Of every block, row by row, plane after plane."""
    counts: NDArray[np.int64]
    """Bytes of every block; 0 where the file leaves it out."""

    @property
    def across(self) -> int:
        """Blocks in a row."""
        return -(-self.width // self.form.width)

    @property
    def down(self) -> int:
        """Rows of blocks."""
        return -(-self.height // self.form.height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """All that reading a file needs to know about it."""

    dtype: str
    """numpy's name of the samples as they are handed out."""
    planes: int
    """Without alpha."""
    alpha: bool
    """Whether one more plane behind the others is alpha."""
    nodata: float | int | None
    levels: tuple[BlockTable, ...]
    """Full resolution first."""
    masks: tuple[BlockTable | None, ...]
    """The mask of each level."""


def read_header(tiff: TiffFile, compressions: frozenset[int]) -> Header:
    """Read every directory that counts.

    Args:
        tiff: The file.
        compressions: Those that have a codec.

    Raises:
        Unfit: It is no plain tiled TIFF.
        SourceUnavailable: It is broken.
    """
    directories = tiff.directories()
    if _TILE_WIDTH not in directories[0].entries:
        raise Unfit("it is not tiled")
    main = _table(tiff, directories[0], compressions)
    _check_metadata(tiff, directories[0])
    alpha = _has_alpha(tiff, directories[0], main.planes)
    levels = {(main.width, main.height): main}
    masks: dict[tuple[int, int], BlockTable] = {}
    for directory in directories[1:]:
        kind = tiff.integer(directory, _NEW_SUBFILE_TYPE, 0)
        if not kind & (_REDUCED | _MASK):
            continue  # another page
        table = _table(tiff, directory, compressions)
        size = (table.width, table.height)
        if kind & _MASK:
            if table.planes != 1 or table.form.dtype[1:] != "u1":
                raise Unfit("its mask has an unusual form")
            masks.setdefault(size, table)
        elif table.planes == main.planes and table.form.dtype == main.form.dtype:
            levels.setdefault(size, table)
        else:
            raise Unfit("an overview has other samples than the image")
    ordered = sorted(levels.values(), key=lambda t: -t.width * t.height)
    if ordered[0] is not main or any(t.bits == 1 for t in ordered):
        raise Unfit("its overviews have an unusual form")
    if masks and any((t.width, t.height) not in masks for t in ordered):
        raise Unfit("some of its levels have a mask and some have none")
    dtype = handed_out(main.form.dtype)
    return Header(
        dtype=dtype,
        planes=main.planes - alpha,
        alpha=bool(alpha),
        nodata=parse_nodata(tiff.text(directories[0], _GDAL_NODATA), dtype),
        levels=tuple(_told_of_alpha(t) if alpha else t for t in ordered),
        masks=tuple(masks.get((t.width, t.height)) for t in ordered),
    )


def parse_nodata(text: str, dtype: str) -> float | int | None:
    """GDAL's nodata text as a value the samples can have; None when they cannot, or there is none."""
    text = text.strip()
    if not text:
        return None
    kind = np.dtype(dtype)
    try:
        if kind.kind == "f":
            return _representable(float(text), kind)
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or number != int(number):
        return None
    info = np.iinfo(kind)
    return int(number) if info.min <= number <= info.max else None


def same_nodata(one: float | None, other: float | None) -> bool:
    """Whether two nodata values mean the same samples; writers round floats differently."""
    if one is None or other is None:
        return one is other
    if isinstance(one, int) and isinstance(other, int):
        return one == other
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-6)


def replacement(given: float | Own | None, own: float | None, dtype: str) -> tuple[bool, float | int | None]:
    """Whether a nodata that is given says something else than the file, and what the samples can have of it."""
    if isinstance(given, Own):
        return False, own
    value = None if given is None else parse_nodata(repr(given), dtype)
    return not same_nodata(value, own), value


def _representable(value: float, kind: np.dtype[Any]) -> float | None:
    """Keep a float in the range of its type: the type's limit is often written with its last digit rounded up."""
    limit = float(np.finfo(np.float64 if kind.itemsize > 4 else np.float32).max)
    if not math.isfinite(value) or abs(value) <= limit:
        return value
    return math.copysign(limit, value) if math.isclose(abs(value), limit, rel_tol=1e-6) else None


def handed_out(dtype: str) -> str:
    """The name of the type that stored samples are handed out in: half precision as single, as GDAL does."""
    name = str(np.dtype(dtype).newbyteorder("=").name)
    return "float32" if name == "float16" else name


def block_count(table: BlockTable) -> int:
    """Blocks of all planes together."""
    return table.across * table.down * (table.planes if table.planar else 1)


def _table(tiff: TiffFile, directory: Directory, compressions: frozenset[int]) -> BlockTable:
    width, height = tiff.integer(directory, _WIDTH, 0), tiff.integer(directory, _HEIGHT, 0)
    block_width, block_height = tiff.integer(directory, _TILE_WIDTH, 0), tiff.integer(directory, _TILE_HEIGHT, 0)
    if _TILE_WIDTH not in directory.entries:
        raise Unfit("an overview or a mask is not tiled")
    compression = tiff.integer(directory, _COMPRESSION, 1)
    if compression not in compressions:
        raise Unfit(f"compression {compression} has no codec here")
    if tiff.integer(directory, _FILL_ORDER, 1) != 1:
        raise Unfit("its bits run backwards")
    photometric = tiff.integer(directory, _PHOTOMETRIC, 1)
    if photometric not in _RAW_PHOTOMETRIC and not (photometric == _YCBCR and compression == _JPEG):
        raise Unfit(f"its colours (photometric interpretation {photometric}) need converting")
    planes = tiff.integer(directory, _SAMPLES, 1)
    dtype, bits = _samples(tiff, directory, planes)
    if compression == _LERC_COMPRESSION and tiff.order == ">" and bits > 8:
        raise Unfit("its LERC blocks hold swapped bytes")
    planar = tiff.integer(directory, _PLANAR, 1) == 2 and planes > 1
    form = BlockForm(
        width=block_width,
        height=block_height,
        samples=1 if planar else planes,
        dtype=dtype,
        photometric=photometric,
        tables=tiff.raw(directory, _JPEG_TABLES) if compression == _JPEG else b"",
        lerc=int(np.append(tiff.integers(directory, _LERC), (0, 0))[1]),
        alpha=False,
    )
    table = BlockTable(
        width=width,
        height=height,
        form=form,
        compression=compression,
        predictor=tiff.integer(directory, _PREDICTOR, 1),
        planar=planar,
        bits=bits,
        planes=planes,
        offsets=tiff.integers(directory, _TILE_OFFSETS if _TILE_OFFSETS in directory.entries else _STRIP_OFFSETS),
        counts=tiff.integers(directory, _TILE_COUNTS if _TILE_COUNTS in directory.entries else _STRIP_COUNTS),
    )
    reason = fault(table)
    if reason:
        raise tiff.broken(reason)
    return table


def fault(table: BlockTable) -> str:
    """What is impossible about a table, as the end of a sentence; empty when nothing is."""
    form = table.form
    if not (0 < table.width < _MAX_SIDE and 0 < table.height < _MAX_SIDE and 0 < table.planes <= 1 << 16):
        return f"it claims {table.width} x {table.height} pixels of {table.planes} samples"
    if form.width < 1 or form.height < 1 or form.nbytes > MAX_BLOCK_BYTES:
        return f"its blocks claim {form.width} x {form.height} pixels of {form.samples} samples"
    if table.predictor not in (1, 2, 3):
        return f"its predictor {table.predictor} does not exist"
    return _table_fault(table)


def _table_fault(table: BlockTable) -> str:
    expected = block_count(table)
    if expected > MAX_BLOCKS or len(table.offsets) != expected or len(table.counts) != expected:
        return f"it has {len(table.offsets)} block offsets and {len(table.counts)} sizes where {expected} belong"
    if int(table.offsets.min()) < 0 or int(table.counts.min()) < 0:
        return "a block has a negative place or size"
    if int(table.counts.max()) > 2 * table.form.nbytes + 65_536:
        return "a compressed block claims more than twice its size uncompressed"
    return ""


def _samples(tiff: TiffFile, directory: Directory, planes: int) -> tuple[str, int]:
    bits = tiff.integers(directory, _BITS)
    formats = tiff.integers(directory, _SAMPLE_FORMAT)
    if len(np.unique(bits)) > 1 or len(np.unique(formats)) > 1:
        raise Unfit("its planes have different types")
    depth = int(bits[0]) if bits.size else 1
    kind = _KINDS.get(int(formats[0]) if formats.size else 1)
    if depth == 1 and planes == 1 and tiff.integer(directory, _NEW_SUBFILE_TYPE, 0) & _MASK:
        return tiff.order + "u1", 1
    if kind is None or depth not in (8, 16, 32, 64) or (kind == "f" and depth == 8):
        raise Unfit(f"its samples have {depth} bits or are complex")
    if tiff.integer(directory, _COMPRESSION, 1) == _JPEG and depth != 8:
        raise Unfit("its JPEG blocks have more than 8 bits")
    return f"{tiff.order}{kind}{depth // 8}", depth


def _has_alpha(tiff: TiffFile, directory: Directory, planes: int) -> bool:
    extra = [int(e) in _ALPHA for e in tiff.integers(directory, _EXTRA_SAMPLES)]
    if sum(extra) > 1 or (any(extra) and not extra[-1]):
        raise Unfit("its alpha is not the last band")
    return any(extra) and planes > 1


def _check_metadata(tiff: TiffFile, directory: Directory) -> None:
    points = directory.entries.get(_TIE_POINTS)
    if points is not None and points.count > _ONE_POINT and not {_CELL_SIZE, _MATRIX} & directory.entries.keys():
        raise Unfit("ground control points place it")
    if "NODATA_VALUES" in tiff.text(directory, _GDAL_METADATA):
        raise Unfit("its nodata is a combination of bands")


def _told_of_alpha(table: BlockTable) -> BlockTable:
    return dataclasses.replace(table, form=dataclasses.replace(table.form, alpha=not table.planar))


def block_ends(tiff: TiffFile) -> int:
    """The byte behind the last block or strip of any directory: the least length of a whole file."""
    end = 0
    for directory in tiff.directories():
        for places, sizes in ((_TILE_OFFSETS, _TILE_COUNTS), (_STRIP_OFFSETS, _STRIP_COUNTS)):
            offsets, counts = tiff.integers(directory, places), tiff.integers(directory, sizes)
            if offsets.size and offsets.size == counts.size:
                # The sum of two absurd numbers must not wrap.
                end = max(end, int((offsets.astype(np.float64) + counts).max()))
    return end
