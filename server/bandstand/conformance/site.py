"""A whole site for the suites in one folder: files, STAC items, styles and a configuration like anybody's."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import yaml
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from bandstand.conformance.coverages import Part, Tiny, tiny_coverages
from bandstand.conformance.shapes import THEMES, Shape, Theme
from bandstand.conformance.site_config import STYLES, site_config
from bandstand.demo.frame import Sheet
from bandstand.demo.stac import to_lonlat
from bandstand.demo.write import write_cog, write_text

CONFIG_NAME = "config.yml"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def collection_names() -> frozenset[str]:
    """Names of the collections that the configuration of every instance has."""
    return frozenset([theme.collection for theme in THEMES] + [tiny.name for tiny in tiny_coverages()])


def generate(folder: Path, *, progress: Callable[[str], None]) -> Path:
    """Make the site; whatever of it is there already stays as it is.

    Args:
        folder: Made if needed.
        progress: Told of each step.

    Returns:
        The path of its configuration.

    Raises:
        OSError: The folder cannot be written.
    """
    coverages = tiny_coverages()
    progress(f"Blue Lake, {len(THEMES)} layers")
    for theme in THEMES:
        for shape in theme.shapes:
            _write_shape(folder / "data" / theme.collection, theme, shape)
    progress(f"{len(coverages)} tiny coverages")
    for tiny in coverages:
        for part in tiny.parts:
            _write_part(folder / "data" / tiny.name, tiny, part)
    styles = folder / "styles"
    styles.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        _keep(styles / f"{theme.collection}.yml", _style(theme))
    for name, text in STYLES.items():
        _keep(styles / f"{name}.yml", text)
    path = folder / CONFIG_NAME
    _keep(path, site_config(THEMES, coverages))
    return path


def _write_shape(folder: Path, theme: Theme, shape: Shape) -> None:
    item = folder / f"{shape.id}.json"
    if item.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    sheet = _around(shape.geometry, theme.pixel)
    values = _burn(shape.geometry, sheet)
    write_cog(folder / f"{shape.id}.tif", values, sheet, nodata=0, overviews="NEAREST", colours={1: _rgb(theme.colour)})
    labels = [{"value": 1, "name": theme.title}]
    assets = {"class": _asset(f"{shape.id}.tif", {"classification:classes": labels, "nodata": 0})}
    # The box, not the shape: a scene is where pixels are.
    write_text(item, _item(shape.id, theme.collection, shape.time, mapping(shapely.box(*sheet.bounds)), assets))


def _write_part(folder: Path, tiny: Tiny, part: Part) -> None:
    item = folder / f"{part.id}.json"
    if item.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    colours = {value: _rgb(colour) for value, _, colour in tiny.colours} or None
    assets = {}
    for band, values in part.bands.items():
        name = f"{part.id}_{band}.tif"
        write_cog(folder / name, values, part.sheet, nodata=tiny.nodata, overviews="NEAREST", colours=colours)
        classes = [{"value": value, "name": label} for value, label, _ in tiny.colours]
        assets[band] = _asset(name, {"nodata": tiny.nodata} | ({"classification:classes": classes} if classes else {}))
    outline = mapping(to_lonlat(shapely.box(*part.sheet.bounds), part.sheet.crs))
    write_text(item, _item(part.id, tiny.name, part.time, outline, assets))


def _around(geometry: BaseGeometry, pixel: float) -> Sheet:
    """The smallest grid of whole pixels around a shape."""
    # The vertices are decimal fractions: a hair below a multiple of the pixel is that multiple.
    left, bottom, right, top = (round(value / pixel, 6) for value in geometry.bounds)
    column, row = math.floor(left), math.ceil(top)
    width, height = math.ceil(right) - column, row - math.floor(bottom)
    places = round(-math.log10(pixel))
    return Sheet("EPSG:4326", round(column * pixel, places), round(row * pixel, places), pixel, width, height)


def _burn(geometry: BaseGeometry, sheet: Sheet) -> NDArray[np.uint8]:
    """1 where the centre of a pixel lies inside, else 0."""
    x = sheet.left + (np.arange(sheet.width) + 0.5) * sheet.pixel
    y = sheet.top - (np.arange(sheet.height) + 0.5) * sheet.pixel
    xs, ys = np.meshgrid(x, y)
    shapely.prepare(geometry)
    return np.asarray(shapely.contains_xy(geometry, xs, ys), np.uint8)


def _asset(name: str, band: Mapping[str, object]) -> dict[str, Any]:
    return {"href": f"./{name}", "type": _COG, "roles": ["data"], "raster:bands": [dict(band)]}


def _item(
    identity: str, collection: str, time: datetime | None, geometry: Mapping[str, object], assets: Mapping[str, object]
) -> str:
    document = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": identity,
        "collection": collection,
        "geometry": geometry,
        "bbox": shapely.bounds(shapely.geometry.shape(geometry)).tolist(),
        "properties": {"datetime": f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else None},
        "assets": assets,
        "links": [],
    }
    return json.dumps(document, indent=1) + "\n"


def _style(theme: Theme) -> str:
    label = {"value": 1, "colour": theme.colour, "label": theme.title}
    return yaml.safe_dump({"title": theme.title, "kind": "classes", "classes": [label]}, sort_keys=False)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _keep(path: Path, text: str) -> None:
    if not path.exists():
        write_text(path, text)
