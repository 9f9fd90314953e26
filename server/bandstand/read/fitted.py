"""Files that ground control points place: fitted as GDAL does, and read as if they lay on a grid."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.transform import GCPTransformer
from rasterio.windows import Window as GdalWindow

from bandstand.model.grid import Affine
from bandstand.read.base import Level

_CLOSE = 0.5
"""Pixels that a polynomial may miss the points by, root mean square; else a thin plate spline goes through all."""
_MOST_SPLINE = 1000
"""Points of a spline: its cost grows with their number, that of its making with the cube."""
_SIDE = 33
"""Nodes a side of the outline that the grid has to hold."""
_STEP = 4
"""Pixels between the nodes at which a spline is computed; between them it is all but straight."""
_COARSEST = 512
"""The last level is no longer than this."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the points say that a file lies."""

    points: tuple[Any, ...]
    """GDAL's ground control points; longitudes run on beyond 180 degrees where they cross it."""
    spline: bool
    """Whether a thin plate spline goes through the points; else a polynomial, whose order GDAL chooses."""
    missed: float
    """Pixels that the polynomial misses the points by, root mean square."""
    transform: Affine
    """Of a north-up grid that holds all of the file, its pixels about as large as the file's."""
    width: int
    height: int

    @property
    def said(self) -> str:
        """A sentence for the person who ingests."""
        order = 1 if len(self.points) < 6 else 2
        polynomial = f"a polynomial of order {order}"
        count = f"{len(self.points)} ground control points"
        if self.spline:
            how = f"a thin plate spline through its {count} ({polynomial} misses them by {self.missed:.1f} pixels)"
        else:
            how = f"{polynomial} near its {count} (it misses them by {self.missed:.2f} pixels)"
        return f"It is placed by {how}; it is warped while it is read, which is slower."

    @property
    def levels(self) -> tuple[Level, ...]:
        """Full resolution, then halves."""
        found = [Level(self.width, self.height)]
        factor = 2
        while max(found[-1].width, found[-1].height) > _COARSEST:
            found.append(Level(math.ceil(self.width / factor), math.ceil(self.height / factor)))
            factor *= 2
        return tuple(found)


def fit(dataset: Any) -> Fit | None:
    """Where the points of a file say that it lies; None where it has none or they say nothing."""
    points, crs = dataset.gcps
    if len(points) < 3:
        return None
    if crs is not None and crs.is_geographic:
        points = _unwrapped(points)
    try:
        with GCPTransformer(points) as polynomial:
            missed = _missed(polynomial, points)
        spline = not missed <= _CLOSE and len(points) <= _MOST_SPLINE
        with GCPTransformer(points, tps=spline) as transformer:
            transform, width, height = _grid(transformer, dataset.width, dataset.height)
    except (RasterioError, ValueError, OverflowError):
        return None
    return Fit(tuple(points), spline, missed, transform, width, height)


class FittedDataset:
    """One level of a file on the grid of its fit, with what a reader asks of a dataset; the nearest pixel is taken."""

    def __init__(self, dataset: Any, fitted: Fit, level: int) -> None:
        """Take an open dataset; it is closed with this one."""
        self._dataset = dataset
        self._fit = fitted
        self._transformer = GCPTransformer(fitted.points, tps=fitted.spline)
        size = fitted.levels[level]
        self._factor = 2**level
        self._place = fitted.transform.scaled(fitted.width / size.width, fitted.height / size.height)
        self.nodatavals = dataset.nodatavals
        # There is ground beside the file on every grid.
        self.mask_flag_enums = [[MaskFlags.per_dataset] for _ in dataset.mask_flag_enums]

    def read(self, band: int, *, window: GdalWindow) -> NDArray[Any]:
        """The samples nearest to the pixels of a window; what lies beside the file is 0."""
        return self._gathered(window, lambda part, shape: self._dataset.read(band, window=part, out_shape=shape))

    def read_masks(self, band: int, *, window: GdalWindow) -> NDArray[np.uint8]:
        """Their masks: 0 where the file says so, and beside it."""
        return self._gathered(window, lambda part, shape: self._dataset.read_masks(band, window=part, out_shape=shape))

    def close(self) -> None:
        """Let go of the file."""
        self._transformer.close()
        self._dataset.close()

    def _gathered(self, window: GdalWindow, read: Any) -> NDArray[Any]:
        cols, rows = self._source(window)
        inside = (cols >= 0) & (rows >= 0) & (cols < self._dataset.width) & (rows < self._dataset.height)
        if not inside.any():
            return np.zeros(cols.shape, read(GdalWindow(0, 0, 1, 1), (1, 1)).dtype)
        cols, rows = np.where(inside, cols, 0).astype(np.int64), np.where(inside, rows, 0).astype(np.int64)
        left, right = int(cols[inside].min()), int(cols[inside].max()) + 1
        top, bottom = int(rows[inside].min()), int(rows[inside].max()) + 1
        width, height = (max(1, math.ceil(length / self._factor)) for length in (right - left, bottom - top))
        part = read(GdalWindow(left, top, right - left, bottom - top), (height, width))
        across = np.clip((cols - left) * width // (right - left), 0, width - 1)
        down = np.clip((rows - top) * height // (bottom - top), 0, height - 1)
        found: NDArray[Any] = part[down, across]
        found[~inside] = 0
        return found

    def _source(self, window: GdalWindow) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Columns and rows of the file below the pixels of a window, whole numbers; -1 where there is no answer."""
        cols, rows = window.col_off + np.arange(window.width) + 0.5, window.row_off + np.arange(window.height) + 0.5
        found = _between(self._mapped, cols, rows) if self._fit.spline else self._mapped(*np.meshgrid(cols, rows))
        # A hair more, as GDAL adds, so that rounding does not choose the pixel before.
        col, row = (np.where(np.isfinite(part), np.floor(part + 1e-10), -1.0) for part in found)
        return col, row

    def _mapped(
        self, cols: NDArray[np.float64], rows: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        t = self._place
        x, y = t.a * cols + t.c, t.e * rows + t.f
        row, col = self._transformer.rowcol(x.ravel(), y.ravel(), op=np.positive)
        return np.asarray(col).reshape(x.shape), np.asarray(row).reshape(x.shape)


def _between(
    mapped: Any, cols: NDArray[np.float64], rows: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A smooth mapping at every pixel, computed at nodes and linear between them."""
    node_cols = np.append(cols[::_STEP], cols[-1] + _STEP)
    node_rows = np.append(rows[::_STEP], rows[-1] + _STEP)
    at_col = np.minimum(np.arange(cols.size) // _STEP, node_cols.size - 2)
    at_row = np.minimum(np.arange(rows.size) // _STEP, node_rows.size - 2)
    u = (cols - node_cols[at_col]) / (node_cols[at_col + 1] - node_cols[at_col])
    v = ((rows - node_rows[at_row]) / (node_rows[at_row + 1] - node_rows[at_row]))[:, np.newaxis]
    found = []
    for nodes in mapped(*np.meshgrid(node_cols, node_rows)):
        upper, lower = nodes[at_row], nodes[at_row + 1]
        above = upper[:, at_col] * (1 - u) + upper[:, at_col + 1] * u
        below = lower[:, at_col] * (1 - u) + lower[:, at_col + 1] * u
        found.append(above * (1 - v) + below * v)
    return found[0], found[1]


def _unwrapped(points: Any) -> list[Any]:
    """Points with longitudes that run on over 180 degrees."""
    if max(p.x for p in points) - min(p.x for p in points) <= 180.0:
        return list(points)
    return [type(p)(p.row, p.col, p.x + 360.0 if p.x < 0 else p.x, p.y, p.z) for p in points]


def _missed(transformer: GCPTransformer, points: Any) -> float:
    row, col = transformer.rowcol([p.x for p in points], [p.y for p in points], op=np.positive)
    off = np.hypot(np.asarray(row) - [p.row for p in points], np.asarray(col) - [p.col for p in points])
    return float(np.sqrt(np.mean(off**2)))


def _grid(transformer: GCPTransformer, width: int, height: int) -> tuple[Affine, int, int]:
    """A north-up grid around the outline of a file, its pixels such that the diagonal has as many."""
    t = np.linspace(0.0, 1.0, _SIDE)
    zero, one = np.zeros_like(t), np.ones_like(t)
    cols, rows = np.concatenate([t, one, t, zero]) * width, np.concatenate([zero, t, one, t]) * height
    xs, ys = (np.asarray(part) for part in transformer.xy(rows.tolist(), cols.tolist(), offset="ul"))
    left, right, bottom, top = xs.min(), xs.max(), ys.min(), ys.max()
    size = math.hypot(right - left, top - bottom) / math.hypot(width, height)
    if not (math.isfinite(size) and size > 0):
        raise ValueError("the points say nothing")
    across, down = math.ceil((right - left) / size - 1e-6), math.ceil((top - bottom) / size - 1e-6)
    return Affine(size, 0.0, float(left), 0.0, -size, float(top)), max(1, across), max(1, down)


__all__ = ["Fit", "FittedDataset", "fit"]
