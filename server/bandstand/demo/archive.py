"""The whole archive, generated once: three collections, their files and their STAC documents."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandstand.demo.footprint import swath_footprint
from bandstand.demo.frame import Layout, layout_of
from bandstand.demo.ground import revise_ground, survey_ground, survey_heights, survey_kinds
from bandstand.demo.kinds import COVER_CLASSES, KIND_COUNT
from bandstand.demo.noise import fbm
from bandstand.demo.scenes import OVERPASSES, Exposure, Scene, block_mean, swath_edge
from bandstand.demo.stac import Document, collection, dem_item, landcover_item, scene_item
from bandstand.demo.world import World, build_world
from bandstand.demo.write import write_cog, write_text

logger = logging.getLogger(__name__)

VERSION = 1
"""Counts up when the same seed would give other pixels."""

_FULL_SIZE = 1248  # pixels of 10 m along a tile's edge: 12 km, and some tens of megabytes in all
_MARKER = ".bandstand-demo.json"
_COLLECTIONS = {
    "s2_l2a": ("Sentinel-2 L2A (invented)", "Surface reflectance of an invented coast in two tiles on four dates."),
    "landcover": ("Land cover (invented)", "Yearly land cover of the same coast in twelve classes."),
    "dem": ("Elevation (invented)", "Height of the same ground in metres, with a void."),
}

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoArchive:
    """Where the sample archive lies."""

    folder: Path
    """The root, with one folder per collection."""
    seed: int
    """What it was grown from."""
    collections: tuple[Path, ...]
    """Folders of the collections, each with its `collection.json`."""
    items: tuple[Path, ...]
    """STAC items, one per scene."""
    files: tuple[Path, ...]
    """All files, in the order they were written."""


def generate(folder: Path, *, seed: int = 20240612, progress: Progress | None = None) -> DemoArchive:
    """Make the sample archive in `folder`, or return at once if it is there already.

    The same seed gives the same pixels. An archive whose making was interrupted is made again over its remains;
    files that are not the archive's own are left alone. Takes about a minute on one core.

    Args:
        folder: Root of the archive; created when missing.
        seed: What the landscape grows from.
        progress: Told in a sentence what is being made.

    Raises:
        OSError: The folder cannot be written.
    """
    return generate_layout(folder, layout_of(_FULL_SIZE), seed=seed, progress=progress)


def is_made(folder: Path, *, seed: int = 20240612) -> bool:
    """Whether `generate` would find the archive whole, and return at once."""
    return _read_marker(folder, _wanted(layout_of(_FULL_SIZE), seed)) is not None


def _wanted(layout: Layout, seed: int) -> dict[str, int]:
    return {"version": VERSION, "seed": seed, "width": layout.tiles[0].sheet.width}


def generate_layout(folder: Path, layout: Layout, *, seed: int, progress: Progress | None = None) -> DemoArchive:
    """Make the sample archive on other grids than the full ones."""
    say = progress or (lambda _: None)
    wanted = _wanted(layout, seed)
    finished = _read_marker(folder, wanted)
    if finished is not None:
        say("The sample archive is there already.")
        return _describe(folder, seed, finished)
    begun = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).unlink(missing_ok=True)
    say("Shaping the land: coast, rivers, hills, towns.")
    world = build_world(seed, layout.ground_bounds())
    documents: dict[str, dict[str, Document]] = {name: {} for name in _COLLECTIONS}
    written: list[str] = []
    stages = (_make_scenes(folder, layout, world, say), _make_landcover(folder, layout, world, say))
    for stage in (*stages, _make_dem(folder, layout, world, say)):
        for path, item in stage:
            written.append(path)
            if item is not None:
                owner, _, inside = path.partition("/")
                documents[owner][inside] = item
    for name, items in documents.items():
        text = json.dumps(collection(name, *_COLLECTIONS[name], items), indent=2)
        write_text(folder / name / "collection.json", text)
        written.append(f"{name}/collection.json")
    sizes = {path: (folder / path).stat().st_size for path in written}
    write_text(folder / _MARKER, json.dumps({**wanted, "files": sizes}, indent=1))
    took = time.perf_counter() - begun
    say(f"The sample archive is done: {sum(sizes.values()) / 1e6:.0f} MB in {took:.0f} s.")
    logger.info("demo archive made", extra={"folder": str(folder), "bytes": sum(sizes.values()), "took_s": took})
    return _describe(folder, seed, written)


def _read_marker(folder: Path, wanted: dict[str, int]) -> list[str] | None:
    """The files of a finished archive that is the wanted one and still whole, else None."""
    try:
        marker: dict[str, Any] = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    files: dict[str, int] = marker.pop("files", {})
    whole = all((folder / path).is_file() and (folder / path).stat().st_size == size for path, size in files.items())
    return list(files) if marker == wanted and files and whole else None


def _describe(folder: Path, seed: int, written: Iterable[str]) -> DemoArchive:
    files = tuple(folder / path for path in written)
    documents = tuple(path for path in files if path.suffix == ".json" and path.name != "collection.json")
    return DemoArchive(folder, seed, tuple(folder / name for name in _COLLECTIONS), documents, files)


Written = Iterator[tuple[str, Document | None]]
"""Paths relative to the root as they appear; with the document, where the file is a STAC item."""


def _make_scenes(folder: Path, layout: Layout, world: World, say: Progress) -> Written:
    for order, tile in enumerate(layout.tiles):
        say(f"Surveying tile {tile.name}.")
        points = tile.sheet.ground_points()
        ground = survey_ground(points, OVERPASSES[0].time.year, world)
        year = OVERPASSES[0].time.year
        for flight in OVERPASSES:
            if flight.time.year != year:
                year = flight.time.year
                revise_ground(ground, points, year, world)
            scene = Scene(flight, tile, order)
            say(f"Photographing {scene.id}.")
            edge = swath_edge(flight, layout)
            yield from _make_scene(folder, scene, Exposure(scene, ground, points, edge, world.seed), edge)


def _make_scene(folder: Path, scene: Scene, exposure: Exposure, edge: float) -> Written:
    tile = scene.tile
    home = f"s2_l2a/{tile.name}/{scene.time:%Y/%m}/{scene.id}"
    (folder / home).mkdir(parents=True, exist_ok=True)
    at_20m: dict[str, NDArray[np.float32]] = {}
    for band, factor, stored, value in exposure.bands():
        path = f"{home}/{band}.tif"
        write_cog(folder / path, stored, tile.sheet.coarser(factor), nodata=0, overviews="AVERAGE")
        if band in ("B04", "B08"):
            at_20m[band] = block_mean(value, 2)
        yield path, None
    scl = exposure.classify(at_20m["B04"], at_20m["B08"])
    write_cog(folder / f"{home}/SCL.tif", scl, tile.sheet.coarser(2), nodata=0, overviews="MODE")
    yield f"{home}/SCL.tif", None
    counts = np.bincount(scl.ravel(), minlength=12).tolist()
    item = scene_item(scene, swath_footprint(scene, edge), counts)
    yield from _publish(folder, f"{home}/{scene.id}.json", item)


def _make_landcover(folder: Path, layout: Layout, world: World, say: Progress) -> Written:
    (folder / "landcover").mkdir(exist_ok=True)
    points = layout.landcover.ground_points()
    values = np.zeros(KIND_COUNT, np.uint8)
    for entry in COVER_CLASSES:
        values[list(entry.kinds)] = entry.value
    colours = {entry.value: entry.colour for entry in COVER_CLASSES}
    names = {f"CLASS_{entry.value}": entry.title for entry in COVER_CLASSES}
    for year in sorted({flight.time.year for flight in OVERPASSES}):
        say(f"Mapping the land cover of {year}.")
        path = f"landcover/landcover_{year}.tif"
        classes = values[survey_kinds(points, year, world)]
        sheet = layout.landcover
        write_cog(folder / path, classes, sheet, nodata=0, overviews="MODE", colours=colours, tags=names)
        yield path, None
        yield from _publish(folder, f"landcover/landcover_{year}.json", landcover_item(year, sheet))


def _make_dem(folder: Path, layout: Layout, world: World, say: Progress) -> Written:
    say("Measuring the heights.")
    (folder / "dem").mkdir(exist_ok=True)
    points = layout.dem.ground_points()
    heights = survey_heights(points, world)
    heights[_find_void(points, world.seed)] = -9999.0
    write_cog(folder / "dem/dem.tif", heights, layout.dem, nodata=-9999.0, overviews="AVERAGE")
    yield "dem/dem.tif", None
    yield from _publish(folder, "dem/dem.json", dem_item(layout.dem))


def _find_void(points: NDArray[np.float64], seed: int) -> NDArray[np.bool_]:
    """Where the instrument saw nothing (y, x): a ragged patch in the south-east; True = void."""
    x, y = points
    reach = float(np.abs(x).max())
    away = np.hypot(x - 0.55 * reach, y + 0.30 * reach) / (0.055 * reach)
    near = np.argwhere(away < 2.0)
    void = np.zeros(x.shape, np.bool_)
    for row, col in near:
        u, v = x[row, col] / (0.07 * reach), y[row, col] / (0.07 * reach)
        void[row, col] = away[row, col] + 0.7 * fbm(u, v, 5, seed + 601) < 1.0
    return void


def _publish(folder: Path, path: str, item: Document) -> Written:
    write_text(folder / path, json.dumps(item, indent=2))
    yield path, item
