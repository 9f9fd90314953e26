"""Everything that is no tiled TIFF, through rasterio; and what only GDAL knows about any file."""

import math
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.windows import Window as GdalWindow

from bandstand.caching.recent import Recent
from bandstand.errors import InvalidSubset, SourceUnavailable, UnsupportedCrs
from bandstand.model.crs import Crs, LeadsElsewhere, crs_from_wkt
from bandstand.model.grid import Affine, Grid
from bandstand.read.base import OWN, Foreign, Level, Own, Store, Window
from bandstand.read.blocks import join
from bandstand.read.door import FAILURES, name_of, open_dataset
from bandstand.read.fitted import Fit, FittedDataset, fit
from bandstand.read.header import parse_nodata, replacement
from bandstand.read.sidecars import beside
from bandstand.read.validity import find_invalid

_COLOURS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}
_STATISTICS = ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")
# A handle is for one thread only (rasterio 1.4), and each may hold a file and its own tables.
_HANDLES_A_THREAD = 32


class Handles:
    """Open datasets, each thread its own, the least recently used closed first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._local = threading.local()

    def get(self, store: Store, href: str, version: str, level: int, *, is_fitted: bool) -> Any:
        """The dataset of one level; overviews are datasets of their own.

        Raises:
            SourceUnavailable: It cannot be opened, or is another file than it was.
        """
        kept: Recent[tuple[str, str, int], Any] | None = getattr(self._local, "kept", None)
        if kept is None:
            kept = self._local.kept = Recent(_HANDLES_A_THREAD, drop=lambda dataset: dataset.close())
        key = (href, version, level)
        found = kept.get(key)
        if found is not None:
            return found
        store.read(href, [(0, 1)], version=version)
        opened = open_fitted(store, href, level) if is_fitted else open_dataset(store, href, level, is_placed=False)
        return kept.put(key, opened)


def open_fitted(store: Store, href: str, level: int) -> FittedDataset:
    """Open one level of a file that ground control points place.

    Raises:
        SourceUnavailable: GDAL cannot, or there are no such points.
    """
    dataset = open_dataset(store, href)
    fitted = fit(dataset)
    if fitted is None or level >= len(fitted.levels):
        dataset.close()
        raise SourceUnavailable(f'"{name_of(href)}" is not placed by ground control points; ingest it again.')
    return FittedDataset(dataset, fitted, level)


class GdalSource:
    """A file read window by window through GDAL and its own block cache."""

    def __init__(
        self,
        href: str,
        version: str,
        content: Foreign,
        *,
        nodata: float | Own | None = OWN,
        store: Store,
        handles: Handles,
    ) -> None:
        """Open nothing yet."""
        self.href = href
        self.dtype = content.dtype
        self.planes = content.planes
        self.levels = content.levels
        self._version = version
        self._store = store
        self._handles = handles
        self._complex = content.is_complex
        self._fitted = content.is_fitted
        self._nodata = nodata

    def held_bytes(self, level: int, width: int, height: int) -> int:  # noqa: ARG002 - GDAL's own cache is bounded
        """The mask that GDAL makes of a window."""
        return width * height

    def read(self, plane: int, level: int, col: int, row: int, width: int, height: int) -> Window:
        """The samples of one window of one level; see `Source.read`."""
        if not (0 <= level < len(self.levels) and 0 < plane <= self.planes):
            raise InvalidSubset(f"There is no plane {plane} or no level {level} here.", locator="window")
        size = self.levels[level]
        if col < 0 or row < 0 or width < 1 or height < 1 or col + width > size.width or row + height > size.height:
            raise InvalidSubset(f"The window {width} x {height} at {col}, {row} leaves its level.", locator="window")
        self._store.watch(self.href, self._version)
        dataset = self._handles.get(self._store, self.href, self._version, level, is_fitted=self._fitted)
        band = (plane + 1) // 2 if self._complex else plane
        window = GdalWindow(col, row, width, height)
        try:
            values: NDArray[Any] = dataset.read(band, window=window)
            parts = np.ascontiguousarray(values.real if plane % 2 else values.imag) if self._complex else values
            valid = self._valid(dataset, band, window, parts)
        except FAILURES as error:
            raise SourceUnavailable(
                f'"{name_of(self.href)}" is corrupt or cut off: GDAL cannot read it there.'
            ) from error
        values = parts
        if values.dtype.kind == "f":
            undefined = np.isnan(values)
            if undefined.any():
                valid = ~undefined if valid is None else valid & ~undefined
        return Window(values, None if valid is not None and valid.all() else valid)

    def _valid(self, dataset: Any, band: int, window: GdalWindow, values: NDArray[Any]) -> NDArray[np.bool_] | None:
        """The mask of a window; `values` are the parts of a complex number that were asked."""
        flags = dataset.mask_flag_enums[band - 1]
        told = dataset.nodatavals[band - 1]
        own = None if told is None else parse_nodata(repr(told), self.dtype)
        replaced, nodata = replacement(self._nodata, own, self.dtype)
        by_number, all_valid = MaskFlags.nodata in flags, MaskFlags.all_valid in flags
        # Beside other numbers of bands than one and three GDAL takes alpha for a band like any other.
        alpha = all_valid and _has_alpha(dataset)
        if all_valid and not (replaced or alpha):
            return None
        # GDAL compares the real parts of complex numbers, whichever part is asked.
        asks = not (by_number or all_valid) or (self._complex and not replaced)
        given: NDArray[np.bool_] | None = dataset.read_masks(band, window=window) != 0 if asks else None
        given = dataset.read(dataset.count, window=window) != 0 if alpha else given
        if (asks or alpha) and not replaced:
            return given
        # The same answer as GDAL's, without its warning about an alpha band that nodata shadows.
        found = find_invalid(values, window.height, window.width, nodata)
        return join(np.full(values.shape, found) if isinstance(found, bool) else found, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What GDAL says about a file."""

    content: Foreign
    grid: Grid | None
    crs: Crs | None
    transform: Affine | None
    size: tuple[int, int]
    fitted: str
    """How ground control points place it; empty where they do not."""
    unplaced: str
    nodata: tuple[float | int | None, ...]
    descriptions: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    units: tuple[str, ...]
    colormap: dict[int, tuple[int, int, int, int]] | None
    block: tuple[int, int]
    compression: str
    interleave: str
    mask: str
    driver: str
    tags: dict[str, str]
    statistics: tuple[tuple[float, float, float, float] | None, ...]
    colours: tuple[str, ...]
    left: tuple[str, ...]
    """Why files beside it are left aside, a sentence each."""


def examine(store: Store, href: str) -> Facts:
    """Open the headers of a file and of its overviews.

    Raises:
        SourceUnavailable: GDAL cannot read it, or it holds no bands.
    """
    with open_dataset(store, href) as dataset:
        count = dataset.count
        if count < 1:
            raise SourceUnavailable(f'"{name_of(href)}" holds no raster bands, only parts to be named one by one.')
        try:
            with beside(store.gdal(href)) as shown:
                return _examine(store, href, dataset, tuple(shown.left))
        except LeadsElsewhere as error:
            # GDAL would open it again with the file, whatever else is declared.
            raise SourceUnavailable(f'"{name_of(href)}" leads elsewhere: {error.message}') from error
        except FAILURES as error:
            raise SourceUnavailable(f'"{name_of(href)}" is broken: GDAL cannot read its header.') from error


def _examine(store: Store, href: str, dataset: Any, left: tuple[str, ...]) -> Facts:
    has_alpha = _has_alpha(dataset)
    bands = range(dataset.count - has_alpha)
    stored = np.dtype(_plain(dataset.dtypes[0]))
    is_complex = stored.kind == "c"
    dtype = f"float{stored.itemsize * 4}" if is_complex else stored.name
    placed = _place(dataset)
    levels = list(placed.levels)
    for number in range(1, len(dataset.overviews(1)) + 1 if placed.fitted is None else 0):
        with open_dataset(store, href, number, is_placed=False) as overview:
            levels.append(Level(overview.width, overview.height))
    parts = ("real", "imaginary") if is_complex else ("",)
    spread = [(band, part) for band in bands for part in parts]
    try:
        colormap = dict(dataset.colormap(1))
    except ValueError:
        colormap = None
    height, width = dataset.block_shapes[0]
    # As GDAL calls them: rasterio has no names for some.
    structure = dataset.tags(ns="IMAGE_STRUCTURE")
    return Facts(
        content=Foreign(
            dtype=dtype,
            planes=len(spread),
            levels=tuple(levels),
            is_complex=is_complex,
            is_fitted=placed.fitted is not None,
        ),
        grid=placed.grid,
        crs=placed.crs,
        transform=placed.transform,
        size=(levels[0].width, levels[0].height),
        fitted=placed.fitted.said if placed.fitted else "",
        unplaced="" if placed.grid else _remedy(dataset, placed),
        nodata=tuple(_nodata(dataset.nodatavals[b], dtype) for b, _ in spread),
        descriptions=tuple(f"{dataset.descriptions[b] or ''} {p}".strip() for b, p in spread),
        scales=tuple(float(dataset.scales[b]) for b, _ in spread),
        offsets=tuple(float(dataset.offsets[b]) for b, _ in spread),
        units=tuple(dataset.units[b] or "" for b, _ in spread),
        colormap=colormap,
        block=(width, height),
        compression=structure.get("COMPRESSION", "none").lower().removeprefix("ycbcr "),
        interleave=structure.get("INTERLEAVE", "band").lower(),
        mask=_mask(dataset.mask_flag_enums[0], has_alpha=has_alpha),
        driver=dataset.driver,
        tags={str(k): str(v) for k, v in dataset.tags().items()},
        statistics=tuple(None if is_complex else _statistics(dataset.tags(b + 1)) for b, _ in spread),
        left=left,
        colours=tuple(_COLOURS.get(dataset.colorinterp[b], "") for b, _ in spread),
    )


def _plain(dtype: str) -> str:
    # GDAL's complex integers have no name in numpy; rasterio hands them out as complex64.
    return "complex64" if dtype == "complex_int16" else dtype


def _nodata(value: float | None, dtype: str) -> float | int | None:
    if value is None or dtype.startswith("float"):
        return value
    return int(value) if math.isfinite(value) and value == int(value) else None


def _statistics(tags: dict[str, str]) -> tuple[float, float, float, float] | None:
    try:
        low, high, mean, deviation = (float(tags[f"STATISTICS_{key}"]) for key in _STATISTICS)
    except (KeyError, ValueError):
        return None
    sane = low <= mean <= high and 0.0 <= deviation <= high - low < math.inf
    return (low, high, mean, deviation) if sane else None


def _has_alpha(dataset: Any) -> bool:
    return dataset.count > 1 and bool(dataset.colorinterp[-1] == ColorInterp.alpha)


def _mask(flags: list[MaskFlags], *, has_alpha: bool) -> str:
    if MaskFlags.nodata in flags:
        return "nodata"
    # GDAL takes it for a mask beside one or three bands only; beside any other number it means the same.
    if MaskFlags.alpha in flags or (has_alpha and MaskFlags.all_valid in flags):
        return "alpha"
    return "mask" if MaskFlags.per_dataset in flags else "none"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a file says that it lies, as far as it does."""

    crs: Crs | None
    transform: Affine | None
    fitted: Fit | None
    levels: tuple[Level, ...]
    """The first, or all of a fit."""

    @property
    def grid(self) -> Grid | None:
        if self.crs is None or self.transform is None:
            return None
        return Grid(self.crs, self.transform, self.levels[0].width, self.levels[0].height)


def _place(dataset: Any) -> _Place:
    transform = dataset.transform
    finite = all(map(math.isfinite, (transform.determinant, transform.c, transform.f)))
    if not transform.is_identity and finite and transform.determinant != 0:
        affine = Affine(transform.a, transform.b, transform.c, transform.d, transform.e, transform.f)
        return _Place(_crs(dataset.crs), affine, None, (Level(dataset.width, dataset.height),))
    fitted = fit(dataset)
    if fitted is not None:
        return _Place(_crs(dataset.gcps[1] or dataset.crs), fitted.transform, fitted, fitted.levels)
    return _Place(_crs(dataset.crs), None, None, (Level(dataset.width, dataset.height),))


def _crs(crs: Any) -> Crs | None:
    try:
        return crs_from_wkt(crs.to_wkt()) if crs else None
    except LeadsElsewhere:
        raise
    except UnsupportedCrs:
        return None


def _remedy(dataset: Any, placed: _Place) -> str:
    """What is missing, and what to do about it."""
    if placed.transform is not None:
        return (
            "has no coordinate reference system; say crs: of its collection, proj:code of its STAC item, "
            "or gdal_edit.py -a_srs"
        )
    if dataset.rpcs is not None:
        return (
            "has rational polynomial coefficients (RPC) only, which need a model of the ground; "
            "orthorectify it: gdalwarp -rpc -to RPC_DEM=dem.tif -t_srs EPSG:… in.tif out.tif"
        )
    if dataset.tags(ns="GEOLOCATION"):
        return "has arrays of coordinates only; warp it: gdalwarp -geoloc -t_srs EPSG:… in.tif out.tif"
    return (
        "has nothing that places its pixels; say proj:transform and proj:code of its STAC item, "
        "or gdal_translate -a_ullr -a_srs"
    )
