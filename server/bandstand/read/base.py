"""The seams of the reader: sources of pixels, stores of bytes, codecs of blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bandstand.model.crs import Crs
from bandstand.model.grid import Affine, Grid


class Own(Enum):
    """What the file says of itself holds."""

    OWN = "own"


OWN = Own.OWN


@dataclass(frozen=True, slots=True)
class Level:
    """One resolution of a file, by its true size (overview factors are no powers of two)."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Window:
    """Samples of one plane in one window; may be a view on cached memory: read, never write."""

    values: NDArray[Any]
    """(height, width), native byte order; the innermost stride is the item size, the outer one anything."""
    valid: NDArray[np.bool_] | None
    """(height, width), True = valid; None: every pixel is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """What the index of a file says that GDAL shall read."""

    dtype: str
    """numpy's name of the samples as they are handed out; the parts of a complex number are floats."""
    planes: int
    """Without alpha; two a complex band."""
    levels: tuple[Level, ...]
    is_complex: bool
    is_fitted: bool = False
    """Whether ground control points place it: it is warped while it is read, its levels are those of the fit."""


class Source(Protocol):
    """One file, opened; safe to share between threads."""

    @property
    def href(self) -> str:
        """Path or URL."""
        ...

    @property
    def dtype(self) -> str:
        """Name of the samples' type, as numpy has it."""
        ...

    @property
    def planes(self) -> int:
        """Sample planes, without alpha and masks."""
        ...

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution first, then the overviews by falling size."""
        ...

    def held_bytes(self, level: int, width: int, height: int) -> int:
        """Memory that decoding a window of this size takes at a time, at most, besides the window itself."""
        ...

    def read(self, plane: int, level: int, col: int, row: int, width: int, height: int) -> Window:
        """The samples of one window of one level.

        Args:
            plane: One-based.
            level: Position in `levels`.
            col: First column, in pixels of that level; the whole window must lie inside it.
            row: First row.
            width: Columns.
            height: Rows.

        Returns:
            A pixel is invalid where it is NaN, where the mask says so, where it is nodata, or where alpha is 0. Of
            what the file says, the first counts, as in GDAL (GTiffRasterBand::GetMaskBand): mask, nodata, alpha. A
            nodata given to `Library.open` replaces that of the file, and holds beside a mask and alpha.

        Raises:
            SourceUnavailable: The file is missing, changed, cut off or corrupt there.
            InvalidSubset: The window leaves the level, or there is no such plane or level.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What ingest learns about a file from its headers."""

    href: str
    version: str
    """Changes whenever the file does."""
    index: bytes | None
    """Opaque; handed to `Library.open` later it saves reading the header."""
    grid: Grid | None
    """Full resolution; None where the file has no CRS or nothing that places its pixels."""
    crs: Crs | None
    """Its own; None where it tells none."""
    transform: Affine | None
    """What places its pixels in its CRS, or in one that is told elsewhere; None where nothing does."""
    size: tuple[int, int]
    """Width and height at full resolution."""
    unplaced: str
    """What the person who ingests can do about a file without a grid; empty where it has one."""
    planes: int
    """Sample planes, without alpha; a complex band counts as two: real and imaginary part."""
    dtype: str
    nodata: tuple[float | int | None, ...]
    """One a plane, in stored values."""
    descriptions: tuple[str, ...]
    """One a plane, empty where there is none."""
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    units: tuple[str, ...]
    """One a plane, as the file spells it; empty where there is none."""
    colormap: Mapping[int, tuple[int, int, int, int]] | None
    """Stored value to red, green, blue, alpha (0 to 255), where the file has a colour table."""
    tiled: bool
    overviews: tuple[int, ...]
    """Reduction factors, rounded."""
    block: tuple[int, int]
    """Width and height of a block of the full resolution."""
    compression: str
    interleave: str
    """`pixel` or `band`."""
    mask: str
    """Where validity comes from: `none`, `nodata`, `alpha` or `mask`."""
    own: bool
    """Whether our own reader takes it; else GDAL reads it."""
    warnings: tuple[str, ...]
    """Sentences for the person who ingests: what will make this file slow."""
    tags: Mapping[str, str]
    """The file's own metadata."""
    statistics: tuple[tuple[float, float, float, float] | None, ...] = ()
    """Minimum, maximum, mean and standard deviation of stored numbers, one a plane, where the file tells all four."""
    colours: tuple[str, ...] = ()
    """`red`, `green` or `blue`, one a plane, where the file says that it is a picture; else empty."""


class Store(Protocol):
    """Byte ranges of files, and nothing else; safe to share between threads.

    Every method raises `SourceUnavailable` when the file is missing or out of reach.
    """

    name: str
    """`local`."""

    def takes(self, href: str) -> bool:
        """Whether this store reads such names."""
        ...

    def read(self, href: str, ranges: Sequence[tuple[int, int]], *, version: str = "") -> list[bytes]:
        """Fetch ranges of bytes, all in one go.

        Args:
            href: The file.
            ranges: (offset, length) each.
            version: When given, the file must still be that version.

        Returns:
            In the order asked; shorter than asked where the file ends.
        """
        ...

    def watch(self, href: str, version: str) -> None:
        """Fail when the file is no longer that version; cheap enough to be called before every window.

        What was read of a file, and a file that is open, outlive the file: this notices within a second.
        """
        ...

    def version(self, href: str) -> str:
        """A text that changes whenever the file does."""
        ...

    def size(self, href: str) -> int:
        """Length of the file in bytes."""
        ...

    def beside(self, href: str, suffixes: Sequence[str]) -> bool:
        """Whether there is a file of the same name plus one of these suffixes."""
        ...

    def gdal(self, href: str) -> str:
        """The name GDAL knows the file by."""
        ...

    def close(self) -> None:
        """Let go of everything open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockForm:
    """What one decoded block looks like, as a codec needs to know it."""

    width: int
    height: int
    samples: int
    """Interleaved samples a pixel; 1 when each plane has its own blocks."""
    dtype: str
    """numpy's spelling with the file's byte order: `<u2`."""
    photometric: int
    """TIFF tag 262."""
    tables: bytes
    """Shared JPEG tables (TIFF tag 347), empty when there are none."""
    lerc: int
    """What LERC blobs are wrapped in: 0 nothing, 1 deflate, 2 zstd (TIFF tag 50674)."""
    alpha: bool
    """Whether the last sample is alpha."""

    @property
    def nbytes(self) -> int:
        """Size of the decoded block."""
        return self.width * self.height * self.samples * np.dtype(self.dtype).itemsize


@runtime_checkable
class Codec(Protocol):
    """One way to compress a block."""

    name: str
    compressions: frozenset[int]
    """Values of TIFF tag 259."""
    predicts: bool
    """Whether the TIFF predictor (tag 317) may have been applied before compressing."""
    native: bool
    """Whether decoded samples come in the machine's byte order, whatever the file's."""

    def decode(self, raw: bytes, form: BlockForm, out: NDArray[Any]) -> int:
        """Decode one block.

        Args:
            raw: The block as it stands in the file.
            form: What it must become.
            out: `form.nbytes` bytes to fill; a block that would need more is an error, never more memory.

        Returns:
            How many bytes were filled.

        Raises:
            ValueError, RuntimeError: The block is corrupt or of another shape.
        """
        ...
