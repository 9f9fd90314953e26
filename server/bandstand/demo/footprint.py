"""The true outline of a scene: its tile as far as the swath covers it."""

import numpy as np
from pyproj import Transformer
from shapely import Polygon, box, get_coordinates, segmentize
from shapely.affinity import skew, translate

from bandstand.demo.frame import GROUND
from bandstand.demo.scenes import SLANT_DEG, Scene
from bandstand.demo.stac import to_lonlat

_BEYOND = 1.0e5  # metres; larger than any picture


def swath_footprint(scene: Scene, edge: float) -> Polygon:
    """Clip the tile of `scene` by its swath, which ends at x = `edge` metres on the ground; lon/lat."""
    sheet = scene.tile.sheet
    left, _, right, _ = sheet.bounds
    outline = segmentize(box(*sheet.bounds), (right - left) / 8)
    to_ground = Transformer.from_crs(sheet.crs, GROUND, always_xy=True)
    tile = Polygon(np.column_stack(to_ground.transform(*get_coordinates(outline.exterior).T)))
    side = -_BEYOND if scene.overpass.keeps_west else _BEYOND
    swath = box(min(0.0, side), -_BEYOND, max(0.0, side), _BEYOND)
    seen = tile.intersection(translate(skew(swath, xs=SLANT_DEG, origin=(0, 0)), xoff=edge))
    if not isinstance(seen, Polygon) or seen.is_empty:
        raise ValueError(f"the swath of {scene.id} misses its tile")
    return to_lonlat(seen, GROUND)
