"""Older scenes in the place of those that cannot be read, where nobody asked for a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import TypeVar

from bandstand.catalog.base import Catalog
from bandstand.engine.groups import label_of
from bandstand.engine.plan import (
    LayerPlan,
    Plan,
    SceneRead,
    check_cost,
    cost_of,
    ground_box,
    plan_fields,
    scene_reads,
    sort_items,
)
from bandstand.engine.run import ground
from bandstand.errors import BandstandError, SourceUnavailable
from bandstand.model.grid import BBox, Grid
from bandstand.model.item import Item
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.model.request import Older
from bandstand.model.time import TimeSpan
from bandstand.model.turn import checkpoint
from bandstand.observe.figures import FIGURES
from bandstand.read.library import Library
from bandstand.warp.footprint import level_grid

_T = TypeVar("_T")
_MOST_TRIES = 8
"""Scenes that can be opened and turn out broken when they are read, each after a new start."""
_PAGE, _GROWS = 16, 4
"""Older scenes that are looked up first, and how many times more each time after."""
_MOST_LOOKED = 2000
"""Older scenes that one layer looks at before it gives up: of a volume that is away none can be read."""
_SIDE = 256
"""Pixels a side on which it is told whether older scenes cover lost ones: a tile has no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """Carries plans out in spite of scenes that cannot be read; safe to share between threads.

    Nothing is remembered: whatever can be read again is read the next time.
    """

    catalog: Catalog
    collections: Mapping[str, Collection]
    library: Library
    limits: Limits

    def carry_out(self, plan: Plan, do: Callable[[Plan], _T]) -> _T:
        """Do what a plan says, or the same with older scenes where it fails for files of a time that nobody named.

        Args:
            plan: As it was made.
            do: Raises `SourceUnavailable` with the scene where a layer may be given older ones; may be called again.

        Raises:
            SourceUnavailable: A scene cannot be read, and nothing may take its place.
        """
        broken: dict[str, str] = {}
        current = plan
        if plan.request.output.kind == "coverage" and any(layer.older for layer in plan.layers):
            # It may be sent while it is made: then it is too late for another start.
            current = self._replanned(plan, broken)
        while True:
            try:
                return do(current)
            except SourceUnavailable as error:
                if not error.scene or error.scene in broken or not any(layer.older for layer in current.layers):
                    raise
                cause = error.__cause__
                broken[error.scene] = cause.message if isinstance(cause, BandstandError) else error.message
            current = self._replanned(plan, broken)

    def _replanned(self, plan: Plan, broken: Mapping[str, str]) -> Plan:
        """The plan with older scenes below those that are broken or cannot be opened; itself where there are none."""
        layers = tuple(self._layer(layer, plan, broken) for layer in plan.layers)
        if len(broken) >= _MOST_TRIES:
            layers = tuple(replace(layer, older=None) for layer in layers)
        if all(layer is known for layer, known in zip(layers, plan.layers, strict=True)):
            return plan
        found = replace(plan, layers=layers, cost=cost_of(plan.request, layers, self.library))
        check_cost(found, self.limits)
        return found

    def _layer(self, layer: LayerPlan, plan: Plan, broken: Mapping[str, str]) -> LayerPlan:
        if layer.older is None:
            return layer
        reasons = [self._trouble(scene, broken) for scene in layer.scenes]
        lost = tuple((scene, reason) for scene, reason in zip(layer.scenes, reasons, strict=True) if reason)
        if not lost:
            return layer
        own = [scene for scene, reason in zip(layer.scenes, reasons, strict=True) if not reason]
        times, is_covered = self._times(layer, layer.older, lost, own, plan.request.grid, broken)
        if plan.request.output.kind != "map" and not is_covered:
            # Numbers have no holes: they fail when the scene is needed.
            return layer
        # Those that are broken were counted when they were read.
        FIGURES.count("bandstand_store_errors_total", by=sum(scene.item.id not in broken for scene, _ in lost))
        FIGURES.count("bandstand_skipped_scenes_total", by=len(lost))
        scenes = (*own, *(scene for time in times for scene in time))
        below = tuple(accumulate(map(len, times[:-1]), initial=len(own))) if times else ()
        selection = layer.layer.selection
        fields = plan_fields(scenes, selection.bands, self.collections[selection.collection])
        return replace(layer, scenes=scenes, fields=fields, lost=lost, below=below)

    def _times(
        self,
        layer: LayerPlan,
        older: Older,
        lost: Sequence[tuple[SceneRead, str]],
        own: Sequence[SceneRead],
        grid: Grid,
        broken: Mapping[str, str],
    ) -> tuple[list[list[SceneRead]], bool]:
        """Readable scenes of older times where lost ones lie, newest time first, and whether they cover these."""
        selection, found = layer.layer.selection, list[list[SceneRead]]()
        grid = level_grid(grid, (min(grid.width, _SIDE), min(grid.height, _SIDE)))
        gap, box = ground((scene for scene, _ in lost), grid), ground_box(grid)
        if box is None or not gap.any():
            return found, False
        if not selection.times:
            # All times are there already, below one another.
            return found, not (gap & ~ground(own, grid)).any()
        needed = [place for place in range(len(selection.bands)) if any(scene.assets[place] for scene, _ in lost)]
        for _, of_time in groupby(self._items(layer, older, box), lambda item: label_of(item, older.resolution)):
            checkpoint()
            reads = scene_reads(
                sort_items(list(of_time), selection), selection.bands, self.collections[selection.collection]
            )
            whole = [scene for scene in reads if all(scene.assets[place] for place in needed)]
            # To look whether a file is there costs less than where it lies on the grid.
            sound = [scene for scene in whole if not self._trouble(scene, broken)]
            scenes = [scene for scene in sound if (gap & ground([scene], grid)).any()]
            if scenes:
                found.append(scenes)
                gap &= ~ground(scenes, grid)
                if not gap.any():
                    return found, True
        return found, False

    def _items(self, layer: LayerPlan, older: Older, box: BBox) -> Iterator[Item]:
        """Scenes of older times, newest first, each once."""
        selection, until = layer.layer.selection, older.until
        seen = {scene.item.id for scene in layer.scenes}
        limit = _PAGE
        while len(seen) < _MOST_LOOKED + len(layer.scenes):
            page = self.catalog.search(
                selection.collection,
                bbox=box,
                times=(TimeSpan(None, until),),
                max_cloud_cover=selection.max_cloud_cover,
                limit=limit,
            )
            fresh = [item for item in page if item.id not in seen]
            seen.update(item.id for item in fresh)
            yield from (item for item in fresh if "" < label_of(item, older.resolution) < older.than)
            moments = [item.time.start for item in page if item.time.start is not None]
            if len(page) < limit or not moments or (not fresh and min(moments) == until):
                return
            until, limit = min(moments), min(limit * _GROWS, _MOST_LOOKED)

    def _trouble(self, scene: SceneRead, broken: Mapping[str, str]) -> str:
        """Why a scene cannot be read; empty where it seems that it can."""
        known = broken.get(scene.item.id)
        if known is not None:
            return known
        try:
            for asset in scene.present:
                self.library.probe(asset.href, asset.version)
        except SourceUnavailable as error:
            return error.message
        return ""
