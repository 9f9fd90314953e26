"""Single scenes, and the scenes of one published time, as coverages of their own."""

from collections.abc import Iterable, Sequence

import shapely
import shapely.geometry

from bandstand.engine.domain import scenes_grid
from bandstand.engine.engine import Engine
from bandstand.engine.footprints import outline
from bandstand.engine.groups import label_of
from bandstand.model.ask import Ask
from bandstand.model.coverage import Domain
from bandstand.model.crs import Crs
from bandstand.model.grid import Grid
from bandstand.model.item import Item
from bandstand.model.layer import Layer


def scenes_domain(layer: Layer, items: Sequence[Item], engine: Engine, *, crs: Crs | None = None) -> Domain:
    """The native grid of some scenes, on their own cells, with the range type of the layer.

    Args:
        crs: Wanted; else that of most of the scenes.

    Raises:
        UnknownLayer: No scene has a band of the layer.
    """
    ask = Ask(data=True)
    return Domain(
        grid=scenes_grid(items, engine.ask(layer, ask).program.inputs, crs=crs), fields=engine.outputs(layer, ask)
    )


def ground(items: Iterable[Item]) -> shapely.Geometry:
    """The ground that scenes cover together, longitude and latitude."""
    return shapely.unary_union([shape_of(item) for item in items])


def shape_of(item: Item) -> shapely.Geometry:
    """The footprint of a scene, longitude and latitude, mended where it crosses itself."""
    return shapely.make_valid(shapely.from_geojson(item.footprint))


def within(shape: shapely.Geometry, grid: Grid) -> shapely.Geometry:
    """The part of a footprint that lies on a grid; the grid's own outline where they miss each other.

    The whole footprint where the grid lies nowhere on Earth.
    """
    try:
        frame = shapely.make_valid(outline(grid))
    except ValueError:
        return shape
    shared = shapely.intersection(shape, frame)
    polygons = [part for part in shapely.get_parts(shared) if part.geom_type == "Polygon" and part.area]
    return shapely.multipolygons(polygons) if polygons else frame


def by_time(layer: Layer, items: Iterable[Item]) -> dict[str, tuple[Item, ...]]:
    """The scenes behind each published time, newest first; scenes without a time are in none."""
    found: dict[str, tuple[Item, ...]] = {}
    for item in items:
        label = label_of(item, layer.time.resolution)
        if label:
            found[label] = (*found.get(label, ()), item)
    return dict(sorted(found.items(), reverse=True))
