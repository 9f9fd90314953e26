"""Request to plan: which scenes, which overview of which file, and what it will cost. Never reads a block."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NoReturn

from bandstand.catalog.base import Catalog
from bandstand.compute.bands import Bands
from bandstand.encode.registry import is_text
from bandstand.engine.cost import read_bytes
from bandstand.engine.units import in_unit
from bandstand.errors import TooLarge
from bandstand.model.crs import CRS84, WEB_MERCATOR, WGS84
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid, lonlat_bbox
from bandstand.model.item import Asset, Item
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.model.request import Older, Request, StyledLayer
from bandstand.model.selection import Selection
from bandstand.model.turn import checkpoint
from bandstand.read.library import Library
from bandstand.warp.radiometry import common_field

_EARTH_RADIUS_M = 6378137.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SceneRead:
    """One scene of a layer: the assets its program takes, in that order."""

    item: Item
    assets: tuple[Asset | None, ...]
    """None where the scene lacks the band."""

    @property
    def present(self) -> tuple[Asset, ...]:
        """Those that there are."""
        return tuple(asset for asset in self.assets if asset is not None)


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """One layer of the stack: its scenes, best first, and what their mosaic is expressed in."""

    layer: StyledLayer
    scenes: tuple[SceneRead, ...]
    fields: tuple[Field, ...]
    """One a band the program takes: the radiometry that all scenes are brought to."""
    lost: tuple[tuple[SceneRead, str], ...] = ()
    """Scenes that would lie on top and cannot be read, with the reason; none of `scenes`."""
    below: tuple[int, ...] = ()
    """Where in `scenes` an older time begins, newest first: those are laid where the lost ones lie, nowhere else."""
    older: Older | None = None
    """As the layer says: a scene that cannot be read is to be replaced; None: it is left out, or the end."""
    together: bool = False
    """Whether a pixel takes all its bands from one scene: in pictures, where two dates in one pixel make a false
    colour. Numbers are filled band by band: a band never depends on its company."""

    @property
    def is_single(self) -> bool:
        """Whether one scene at most gives pixels, and wherever it lies."""
        return len(self.scenes) <= 1 and not self.lost


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan asks for, known before it runs."""

    items: int
    pixels: int
    """Output pixels times outputs, summed over the layers."""
    read_bytes: int
    """Decoded bytes at most: what every band of every scene may give to the grid. Of a picture those of the best scene
    of each layer alone: it is done as soon as it is full, and what it reads is counted on the way."""
    block_bytes: int = 0
    """That the blocks hold which are decoded at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided before pixels move."""

    request: Request
    layers: tuple[LayerPlan, ...]
    cost: Cost
    data_version: str
    """Changes whenever a collection that is read does."""
    fingerprint: str
    """That of the request, spelled once."""


def make_plan(
    request: Request, catalog: Catalog, collections: Mapping[str, Collection], library: Library, limits: Limits
) -> Plan:
    """Find the scenes of every layer and order them.

    Raises:
        TooLarge: More scenes than the limit; no more than that and one are loaded.
        CatalogUnavailable: The catalogue cannot be asked.
    """
    names = dict.fromkeys(layer.selection.collection for layer in request.layers)
    # Before the scenes are searched: a tag may be older than what it stands for, never newer.
    # No commas: tags are listed with them.
    version = ";".join(f"{name}:{catalog.revision(name)}" for name in names)
    box = ground_box(request.grid)
    most = _most_items(request, limits)
    layers = tuple(_plan_layer(layer, box, catalog, collections, most) for layer in request.layers)
    if request.output.kind == "map":
        # A picture of all times has whatever may take the place of a scene.
        layers = tuple(plan if plan.layer.selection.times else replace(plan, older=None) for plan in layers)
    if request.axis == "time":
        layers = _in_one_measure(layers)
    return Plan(request, layers, cost_of(request, layers, library), version, request.fingerprint)


def _most_items(request: Request, limits: Limits) -> tuple[int, str]:
    """The limit on scenes and its key."""
    if request.output.kind == "map":
        return limits.map_max_items, "map_max_items"
    return limits.coverage_max_items, "coverage_max_items"


def _refuse_items(most: int, key: str) -> NoReturn:
    way = "Zoom in, or ask" if key == "map_max_items" else "Ask a smaller area or"
    raise TooLarge(
        f"This area and time hold more than {most} scenes (limits.{key}). {way} a shorter time.", locator="time"
    )


def ground_box(grid: Grid) -> BBox | None:
    """The box in longitude and latitude around a grid; None when no part of it is on Earth."""
    box = grid.bbox
    if grid.crs == WEB_MERCATOR:
        # Closed form, since every tile comes this way (spherical Mercator, EPSG 1024).
        lon = [math.degrees(x / _EARTH_RADIUS_M) for x in (box.min_x, box.max_x)]
        # asin(tanh) of the same: it does not overflow far from the Earth.
        lat = [math.degrees(math.asin(math.tanh(y / _EARTH_RADIUS_M))) for y in (box.min_y, box.max_y)]
        return BBox(lon[0], lat[0], lon[1], lat[1]) if lat[0] < lat[1] else None
    if grid.crs in (CRS84, WGS84):
        return box
    return lonlat_bbox(box, grid.crs, points=3 if grid.crs.lonlat else 21)


def _plan_layer(
    layer: StyledLayer,
    box: BBox | None,
    catalog: Catalog,
    collections: Mapping[str, Collection],
    most: tuple[int, str],
) -> LayerPlan:
    selection = layer.selection
    items: Sequence[Item] = ()
    if box is not None:
        items = catalog.search(
            selection.collection,
            bbox=box,
            times=selection.times,
            ids=selection.ids,
            max_cloud_cover=selection.max_cloud_cover,
            limit=most[0] + 1,
        )
    if len(items) > most[0]:
        _refuse_items(*most)
    asked = {*selection.bands, *(band for program in layer.beside for band in program.inputs)}
    collection = collections[selection.collection]
    asked_of = [item for item in sort_items(items, selection) if not asked.isdisjoint(item.assets)]
    scenes = scene_reads(asked_of, selection.bands, collection)
    fields = plan_fields(scenes, selection.bands, collection)
    together = layer.style is not None and isinstance(layer.program, Bands)
    return LayerPlan(layer, scenes, fields, older=layer.older, together=together)


def scene_reads(items: Iterable[Item], bands: Sequence[str], collection: Collection) -> tuple[SceneRead, ...]:
    """What to read of each scene for these bands, each in the unit that the collection has it in."""
    units = [collection.field(band).unit for band in bands]
    return tuple(
        SceneRead(item, tuple(_measured(item.assets.get(band), unit) for band, unit in zip(bands, units, strict=True)))
        for item in items
    )


def _measured(asset: Asset | None, unit: str) -> Asset | None:
    if asset is None or asset.field.unit == unit:
        return asset
    return replace(asset, field=in_unit(asset.field, unit))


def plan_fields(scenes: Sequence[SceneRead], bands: Sequence[str], collection: Collection) -> tuple[Field, ...]:
    """One field a band that all scenes can be expressed in; the collection's where no scene has the band."""
    found = []
    for place, band in enumerate(bands):
        fields = [asset.field for scene in scenes if (asset := scene.assets[place]) is not None]
        found.append(_with_classes(common_field(fields) if fields else collection.field(band), collection))
    return tuple(found)


def _with_classes(field: Field, collection: Collection) -> Field:
    classes = dict(collection.classes).get(field.name, ()) if field.categorical else ()
    return replace(field, classes=classes) if classes else field


def _in_one_measure(layers: tuple[LayerPlan, ...]) -> tuple[LayerPlan, ...]:
    """The dates of one coverage with fields that all share, where stored numbers would mean different things."""
    measures = {
        tuple((field.dtype, field.scale, field.offset) for field in plan.layer.program.describe(plan.fields))
        for plan in layers
    }
    if len(measures) < 2:
        return layers
    fields = tuple(common_field(band) for band in zip(*(plan.fields for plan in layers), strict=True))
    return tuple(replace(plan, fields=fields) for plan in layers)


def sort_items(items: Sequence[Item], selection: Selection) -> list[Item]:
    """Best scene first; ties by newer acquisition, newer state of the item, then id, never by place of storage."""
    settled = sorted(items, key=lambda item: item.id)
    settled.sort(key=lambda item: (_seconds(item), str(item.properties.get("updated", ""))), reverse=True)
    if selection.ids:
        rank = {name: number for number, name in enumerate(selection.ids)}
        settled.sort(key=lambda item: rank[item.id])
    elif selection.order == "leastRecent":
        settled.sort(key=_seconds)
    elif selection.order == "leastCC":
        settled.sort(key=lambda item: 101.0 if item.cloud_cover is None else item.cloud_cover)
    elif selection.order == "nearestTime":
        middle = _middle(selection)
        if middle is not None:
            settled.sort(key=lambda item: abs(_seconds(item) - middle))
    return settled


def _seconds(item: Item) -> float:
    moment = item.time.start or item.time.end
    return (moment - _EPOCH).total_seconds() if moment else float("-inf")


def _middle(selection: Selection) -> float | None:
    if selection.instant is not None:
        return (selection.instant - _EPOCH).total_seconds()
    ends = [m for span in selection.times for m in (span.start, span.end) if m is not None]
    if not ends:
        return None
    return ((min(ends) - _EPOCH).total_seconds() + (max(ends) - _EPOCH).total_seconds()) / 2


def cost_of(request: Request, layers: Sequence[LayerPlan], library: Library) -> Cost:
    """What some layers of a request ask for together."""
    area = request.grid.width * request.grid.height
    most = 1 if request.output.kind == "map" else None
    read = held = 0
    for scene in (scene for plan in layers for scene in plan.scenes[:most]):
        checkpoint()
        for asset in scene.present:
            whole, at_a_time = read_bytes(asset, request.grid, library)
            read, held = read + whole, max(held, at_a_time)
    return Cost(
        items=sum(len(plan.scenes) for plan in layers),
        pixels=area * sum(len(plan.layer.program.outputs) for plan in layers),
        read_bytes=read,
        block_bytes=held,
    )


def check_size(request: Request, limits: Limits) -> None:
    """Refuse what is too large by its size alone, before the catalogue is asked.

    Raises:
        TooLarge: With the limit, its key and a way out.
    """
    grid = request.grid
    if request.output.kind == "map":
        for word, asked, limit in (
            ("WIDTH", grid.width, limits.map_max_width_px),
            ("HEIGHT", grid.height, limits.map_max_height_px),
        ):
            if asked > limit:
                raise TooLarge(
                    f"{word} {asked} exceeds the maximum {limit} (limits.map_max_{word.lower()}_px). "
                    "Ask several smaller images or use WCS.",
                    locator=word.lower(),
                )
    if request.output.kind == "coverage":
        _check_pixels(request, limits)


def _check_pixels(request: Request, limits: Limits) -> None:
    """Refuse a coverage with too many numbers."""
    grid = request.grid
    outputs = request.outputs
    pixels = grid.width * grid.height * outputs
    most, key, rest = limits.coverage_max_px, "coverage_max_px", ""
    if is_text(request.output.media_type):
        most, key, rest = limits.coverage_text_max_px, "coverage_text_max_px", " Or ask for image/tiff."
    if pixels > most:
        raise TooLarge(
            f"Coverage of {grid.width} x {grid.height} pixels x {outputs} outputs ({pixels:,} values) exceeds the "
            # Every protocol has its own words for these.
            f"limit of {most:,} (limits.{key}). Ask a smaller area, fewer bands or larger pixels.{rest}",
            locator="size",
        )


def check_cost(plan: Plan, limits: Limits) -> None:
    """Refuse what would read too much.

    Raises:
        TooLarge: With the limit, its key and a way out.
    """
    most, key = _most_items(plan.request, limits)
    if plan.cost.items > most:
        _refuse_items(most, key)
    if plan.cost.read_bytes > limits.read_max_bytes:
        raise TooLarge(
            f"This may read {plan.cost.read_bytes:,} bytes, the limit is {limits.read_max_bytes:,} "
            "(limits.read_max_bytes). Ask a smaller area, fewer bands or a shorter time.",
            locator="size",
        )
