"""Plan to pixels: read, warp, mosaic and compute, one stage after another."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandstand.engine.kinds import number_type, of_type
from bandstand.engine.plan import LayerPlan, Plan, SceneRead
from bandstand.errors import SourceUnavailable, TooLarge, shorten
from bandstand.model.crs import Crs
from bandstand.model.grid import Grid
from bandstand.model.item import Asset
from bandstand.model.raster import Raster, Strips
from bandstand.model.selection import Resampling
from bandstand.model.turn import Turn
from bandstand.observe.figures import FIGURES
from bandstand.read.base import Source
from bandstand.read.library import Library, Piece
from bandstand.warp.footprint import choose_level, level_grid, level_scale, source_window, window_grid
from bandstand.warp.mosaic import Mosaic, Warped, rows_and_columns
from bandstand.warp.reach import PixelWindow, blocks, reach
from bandstand.warp.resample import covered, margin, resample
from bandstand.warp.transform import ControlGrid, control_grid

_MANY = 16
"""Scenes from which on each is warped in its own part of the target."""
STRIP_PX = 4_194_304
"""Large coverages are made in strips of about so many pixels, so that what lies between the stages stays small."""
WINDOW_BYTES = 256_000_000
"""Samples of one scene, with their masks, that lie in memory at a time; a grid that needs more is made in parts."""


@dataclass(slots=True)
class Account:
    """What happened on the way: for headers, the log and feature info."""

    turn: Turn
    """The request's clock."""
    tolerant: bool
    """Leave out a scene that cannot be read (maps) instead of failing (coverages)."""
    skipped: dict[str, str] = dataclass_field(default_factory=dict)
    """Scene id to reason."""
    used: dict[str, SceneRead] = dataclass_field(default_factory=dict)
    """Scenes that gave at least one pixel window, by id."""
    most_bytes: int = sys.maxsize
    """Decoded bytes that may be read; what a plan counted already needs no bound here."""
    read_bytes: int = 0
    """Those read so far."""

    def check(self) -> None:
        """Stop between stages when the time is over, or nobody waits any more; see `Turn.check`."""
        self.turn.check()

    def charge(self, views: Iterable["_View"]) -> None:
        """Count in what is about to be read.

        Raises:
            TooLarge: It and what was read before are above the limit; locator `size`.
        """
        for view in views:
            source, window = view.piece.source, view.piece.window
            self.read_bytes += window[2] * window[3] * np.dtype(source.dtype).itemsize
        if self.read_bytes > self.most_bytes:
            raise TooLarge(
                f"This map needs more than {self.most_bytes:,} decoded bytes (limits.read_max_bytes). "
                "Zoom in, or ask fewer bands or a shorter time.",
                locator="size",
            )


def compose(plan: LayerPlan, grid: Grid, library: Library, account: Account) -> Mosaic:
    """Read, warp and mosaic the bands of one layer.

    Returns:
        The mosaic (bands of the program's `inputs`, stored numbers) on `grid`; its givers are numbers of scenes in the
        plan.

    Raises:
        SourceUnavailable: A scene cannot be read, and the account is not tolerant or an older one may take its place.
    """
    account.skipped |= {scene.item.id: reason for scene, reason in plan.lost}
    mosaic = Mosaic(grid, plan.fields, together=plan.together)
    controls: dict[Crs, ControlGrid] = {}
    for number, window, open_ in _needed(plan, grid, mosaic):
        account.check()
        scene, part = plan.scenes[number], grid
        if window is not None:
            part, controls = grid.crop(*window), {}
        wanted = [asset if w else None for asset, w in zip(scene.assets, mosaic.wanted, strict=True)]
        if plan.together and None in wanted:
            continue
        try:
            bands = _warp_scene(wanted, plan, part, library, controls, account)
        except SourceUnavailable as error:
            _give_up_scene(scene, error, plan, account)
            continue
        if open_ is not None:
            bands = [None if band is None else (band[0], band[1] & open_) for band in bands]
        if any(band is not None for band in bands):
            account.used[scene.item.id] = scene
            fields = [field if a is None else a.field for a, field in zip(wanted, plan.fields, strict=True)]
            mosaic.feed(bands, fields, number, window)
            if mosaic.full:
                break
    return mosaic


def _needed(
    plan: LayerPlan, grid: Grid, mosaic: Mosaic
) -> Iterator[tuple[int, PixelWindow | None, NDArray[np.bool_] | None]]:
    """Numbers of scenes that may give pixels, each with its part of the grid and the pixels there that it may give.

    None stands for all of them.
    """
    # Many scenes are small on the grid, or hidden: each is looked at where it lies, and only if something is missing.
    target = blocks(grid) if len(plan.scenes) >= _MANY else None
    window: PixelWindow | None = None
    gap: NDArray[np.bool_] | None = None
    for number, scene in enumerate(plan.scenes):
        if number in plan.below:
            gap = _gap(plan, number, gap, grid)
        if target is not None:
            window = reach(target, scene.item.bbox)
            if window is None:
                continue
        open_ = None if gap is None else gap[rows_and_columns(window)]
        if (window is None and open_ is None) or mosaic.missing(window, open_):
            yield number, window, open_


def ground(scenes: Iterable[SceneRead], grid: Grid) -> NDArray[np.bool_]:
    """Where the files of some scenes lie on a grid, whatever they hold there: (height, width)."""
    found = np.zeros(grid.shape, np.bool_)
    controls: dict[Crs, ControlGrid] = {}
    for at in dict.fromkeys(asset.grid for scene in scenes for asset in scene.present):
        if at.crs not in controls:
            controls[at.crs] = control_grid(grid, at.crs)
        found |= covered(at, controls[at.crs], grid)
    return found


def _gap(plan: LayerPlan, number: int, gap: NDArray[np.bool_] | None, grid: Grid) -> NDArray[np.bool_]:
    """Where the older time that begins at a scene is laid: below what is lost, and not below a time between."""
    if gap is None:
        return ground((scene for scene, _ in plan.lost), grid)
    above = plan.below[plan.below.index(number) - 1]
    return gap & ~ground(plan.scenes[above:number], grid)


def foreseen(plan: Plan, library: Library, account: Account) -> bool:
    """Whether the scenes that give pixels are known before any is read; then they are in the account.

    Of a single scene it only counts whether it lies there. Which of several are hidden is seen when they are read.
    """
    grid = plan.request.grid
    if not all(layer.is_single for layer in plan.layers):
        return False
    for layer in plan.layers:
        for scene in layer.scenes:
            controls = {asset.grid.crs: control_grid(grid, asset.grid.crs) for asset in scene.present}
            method = layer.layer.selection.resampling
            try:
                there = any(_view(asset, method, controls[asset.grid.crs], grid, library) for asset in scene.present)
            except SourceUnavailable:
                # Told when it is read.
                return False
            if there:
                account.used[scene.item.id] = scene
    return True


def compute(plan: LayerPlan, grid: Grid, library: Library, account: Account) -> Raster:
    """The outputs of one layer's program on `grid`, in strips when it is large; see `number_type` for their dtype."""
    if plan.layer.style is not None and grid.height <= strip_rows(plan, grid):
        # A painter takes numbers as they come.
        return plan.layer.program(compose(plan, grid, library, account).raster())
    return layer_strips(plan, grid, library, account).whole()


def layer_strips(plan: LayerPlan, grid: Grid, library: Library, account: Account) -> Strips:
    """The same in pieces, each made when it is taken; the first is made here."""
    kind, rows = number_type(plan), strip_rows(plan, grid)

    def made() -> Iterator[Raster]:
        for start in range(0, grid.height, rows):
            part = grid if rows >= grid.height else grid.crop(0, start, grid.width, min(rows, grid.height - start))
            strip = of_type(plan.layer.program(compose(plan, part, library, account).raster()), kind)
            account.check()
            yield strip

    return begun(made(), grid)


def begun(parts: Iterator[Raster], grid: Grid) -> Strips:
    """Pieces as strips of what the first of them is."""
    first = next(parts)
    return Strips(first.fields, grid, first.values.dtype, chain([first], parts))


def strip_rows(plan: LayerPlan, grid: Grid) -> int:
    """Rows of a piece: fewer of many bands, which lie beside each other."""
    bands = max(len(plan.fields), len(plan.layer.program.outputs))
    return max(1, 4 * STRIP_PX // (grid.width * max(4, bands)))


def _warp_scene(
    assets: Sequence[Asset | None],
    plan: LayerPlan,
    grid: Grid,
    library: Library,
    controls: dict[Crs, ControlGrid],
    account: Account,
) -> list[Warped | None]:
    """Bands of one scene on the grid; None where a band is not asked or does not reach it."""
    views: dict[int, _View] = {}
    for place, asset in enumerate(assets):
        if asset is None:
            continue
        crs = asset.grid.crs
        control = controls.get(crs)
        if control is None:
            control = controls[crs] = control_grid(grid, crs)
        view = _view(asset, plan.layer.selection.resampling, control, grid, library)
        if view is not None:
            views[place] = view
    warped: list[Warped | None] = [None] * len(assets)
    if plan.together and len(views) < len(assets):
        return warped
    if max(grid.shape) > 1 and sum(map(_window_bytes, views.values())) > WINDOW_BYTES:
        return _warp_halves(assets, plan, grid, library, account)
    account.charge(views.values())
    # All bands in one go, so that the blocks that are missing are decoded side by side.
    windows = library.read([view.piece for view in views.values()])
    for (place, view), read in zip(views.items(), windows, strict=True):
        account.check()
        warped[place] = resample(
            read.values, read.valid, view.at, view.control, grid, view.method, scale=view.scale, spare=view.spare
        )
    return warped


def _warp_halves(
    assets: Sequence[Asset | None], plan: LayerPlan, grid: Grid, library: Library, account: Account
) -> list[Warped | None]:
    """The same in two parts, and these in parts again, until the samples under each fit: files without overviews."""
    down = grid.height >= grid.width
    middle = (grid.height if down else grid.width) // 2
    if down:
        parts = grid.crop(0, 0, grid.width, middle), grid.crop(0, middle, grid.width, grid.height - middle)
    else:
        parts = grid.crop(0, 0, middle, grid.height), grid.crop(middle, 0, grid.width - middle, grid.height)
    halves = [_warp_scene(assets, plan, part, library, {}, account) for part in parts]
    return [_beside(pair, parts, axis=0 if down else 1) for pair in zip(*halves, strict=True)]


def _beside(halves: tuple[Warped | None, ...], parts: Sequence[Grid], *, axis: int) -> Warped | None:
    """Two parts of a band as one; nothing is valid in one that the scene does not reach."""
    known = next((half for half in halves if half is not None), None)
    if known is None:
        return None
    whole = [
        (np.zeros(part.shape, known[0].dtype), np.zeros(part.shape, np.bool_)) if half is None else half
        for half, part in zip(halves, parts, strict=True)
    ]
    values = np.concatenate([values for values, _ in whole], axis=axis)
    return values, np.concatenate([valid for _, valid in whole], axis=axis)


def _window_bytes(view: "_View") -> int:
    """Memory of the samples that a band is made of, with their mask."""
    _, _, width, height = view.piece.window
    return width * height * (np.dtype(view.piece.source.dtype).itemsize + 1)


class _View(NamedTuple):
    """One band of a scene as a grid needs it."""

    piece: Piece
    at: Grid
    """Of the window."""
    control: ControlGrid
    method: Resampling
    scale: float
    spare: int
    """Columns at either end that repeat those at the other."""


def _view(asset: Asset, wanted: Resampling, control: ControlGrid, grid: Grid, library: Library) -> _View | None:
    """What to read of a band; None where it does not reach the grid."""
    source: Source = library.open(asset.href, version=asset.version, index=asset.index, nodata=asset.field.nodata)
    method: Resampling = wanted
    if asset.field.categorical and wanted != "mode":
        method = "nearest"
    sizes = tuple((level.width, level.height) for level in source.levels)
    level = choose_level(asset.grid, sizes, grid)
    at = level_grid(asset.grid, sizes[level])
    scale = level_scale(at, grid)
    window = source_window(control, grid, at, margin(method, scale))
    if window is None:
        return None
    piece = Piece(source, asset.plane, level, window)
    return _View(piece, window_grid(at, window), control, method, scale, max(0, -window[0]))


def _give_up_scene(scene: SceneRead, error: SourceUnavailable, plan: LayerPlan, account: Account) -> None:
    FIGURES.count("bandstand_store_errors_total")
    if not account.tolerant or plan.older is not None:
        raise SourceUnavailable(
            f'Scene "{shorten(scene.item.id)}" cannot be read: {error.message}',
            scene=scene.item.id,
            locator=error.locator,
        ) from error
    FIGURES.count("bandstand_skipped_scenes_total")
    account.skipped[scene.item.id] = error.message
