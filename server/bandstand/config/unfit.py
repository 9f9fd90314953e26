"""What the types of the configuration cannot say: names that do not exist, codes that nobody knows."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bandstand.config.document import Path, dotted
from bandstand.config.profiles import effective, load_profile, profile_names
from bandstand.config.schema import Collection as CollectionSection
from bandstand.config.schema import Config, Layer
from bandstand.config.schema import TileMatrixSet as TileMatrixSetSection
from bandstand.errors import BandstandError, suggest
from bandstand.model.crs import parse_crs
from bandstand.model.grid import BBox
from bandstand.model.tiling import WEB_MERCATOR_QUAD
from bandstand.share import shipped


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a value that is of the right type."""

    path: Path
    """Of the value, or of the key that is missing."""
    message: str
    without: Path = ()
    """What is left out when the rest is looked at; empty: the value."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known to be wrong already, so that what follows from it is not told again."""

    collections: tuple[str, ...]
    """Names in the file, whether or not they can be used."""
    sets: tuple[str, ...]
    """Likewise, of tile matrix sets."""
    paths: Container[Path]
    """Taken out."""


def unfit(config: Config, told: Told) -> Iterator[Fault]:
    """Every fault of values of the right types; layers that were taken out are passed over."""
    yield from _places(config, told)
    for name, entry in config.collections.items():
        yield from _collection(("collections", name), entry)
    seen: dict[str, str] = {}
    styles = _style_names(config)
    for path, layer in placed_layers(config.layers):
        if path in told.paths:
            continue
        yield from _layer(config, path, layer, seen, told)
        yield from _styles(path, layer, styles)
        if ("collections", layer.collection, "profile") not in told.paths:
            yield from _bands(config, path, layer)


def placed_layers(layers: tuple[Layer, ...], path: Path = ("layers",)) -> Iterator[tuple[Path, Layer]]:
    """Every layer and folder with its path in the file."""
    for number, layer in enumerate(layers):
        yield (*path, number), layer
        yield from placed_layers(layer.layers, (*path, number, "layers"))


def spelled_out(entry: str) -> Iterator[str]:
    """The codes of an entry of `crs`, a range such as EPSG:32601..32660 one by one.

    Raises:
        ValueError: It is no range of codes.
    """
    first, dots, last = entry.partition("..")
    if not dots:
        yield entry
        return
    authority, _, low = first.rpartition(":")
    high = last.rpartition(":")[2]
    if not (low.isdecimal() and high.isdecimal()):
        raise ValueError(f'"{entry}" is no range of codes such as EPSG:32601..32660')
    if int(low) > int(high):
        raise ValueError(f'"{entry}" ends before it begins')
    for code in range(int(low), int(high) + 1):
        yield f"{authority}:{code}"


def _places(config: Config, told: Told) -> Iterator[Fault]:
    for number, entry in enumerate(config.crs):
        yield from _crs(entry, ("crs", number))
    for name, tiles in config.tile_matrix_sets.items():
        yield from _set(tiles, ("tile_matrix_sets", name))
    offered = (WEB_MERCATOR_QUAD.id, *told.sets)
    for number, name in enumerate(config.wmts.matrix_sets):
        if name not in offered:
            yield Fault(("wmts", "matrix_sets", number), f'unknown tile matrix set "{name}".{suggest(name, offered)}')


def _crs(entry: str, path: Path, without: Path = ()) -> Iterator[Fault]:
    try:
        for name in spelled_out(entry):
            parse_crs(name)
    except (BandstandError, ValueError) as error:
        yield Fault(path, str(error), without)


def _set(tiles: TileMatrixSetSection, path: Path) -> Iterator[Fault]:
    # All its keys are needed: without one of them there is no set.
    yield from _crs(tiles.crs, (*path, "crs"), path)
    try:
        BBox(*tiles.extent)
    except BandstandError as error:
        yield Fault((*path, "extent"), str(error), path)
    if any(fine >= coarse for coarse, fine in pairwise(tiles.resolutions)) or min(tiles.resolutions) <= 0:
        yield Fault((*path, "resolutions"), "expected cell sizes above 0, from coarse to fine", path)


def _collection(path: Path, entry: CollectionSection) -> Iterator[Fault]:
    for key, text in (("crs", entry.crs), ("native_crs", entry.native_crs)):
        if text:
            yield from _crs(text, (*path, key))
    where = (*path, "profile")
    try:
        profile = load_profile(entry.profile)
    except KeyError:
        names = profile_names()
        known = f"known are {', '.join(names)}.{suggest(entry.profile, names)}"
        yield Fault(where, f'unknown profile "{entry.profile}"; {known}')
        return
    except ValueError as error:
        yield Fault(where, str(error))
        return
    try:
        effective(profile, entry)
    except ValueError as error:
        yield Fault((*path, "classes_file"), str(error))


def _layer(config: Config, path: Path, layer: Layer, seen: dict[str, str], told: Told) -> Iterator[Fault]:
    if layer.name is not None:
        if layer.name in seen:
            yield Fault((*path, "name"), f'"{layer.name}" is taken by {seen[layer.name]}', path)
        seen.setdefault(layer.name, dotted(path))
    if layer.layers:
        if not (layer.title or layer.name):
            yield Fault((*path, "title"), "a folder needs a title", (*path, "title"))
        if layer.collection:
            yield Fault((*path, "collection"), "an entry with layers is a folder and has no collection")
        return
    if layer.name is None:
        yield Fault((*path, "name"), NEEDED, path)
    if not layer.collection:
        yield Fault((*path, "collection"), NEEDED, path)
    elif layer.collection not in told.collections:
        near = suggest(layer.collection, config.collections) or f" Known: {', '.join(config.collections) or 'none'}."
        yield Fault((*path, "collection"), f'unknown collection "{layer.collection}".{near}', path)


def _style_names(config: Config) -> list[str]:
    folders = [*config.folders.styles, shipped("styles")]
    found = {p.stem for folder in folders if folder.is_dir() for p in folder.iterdir() if p.suffix == ".yml"}
    return sorted(found)


def _styles(path: Path, layer: Layer, styles: list[str]) -> Iterator[Fault]:
    asked: list[tuple[Path, str]] = [((*path, "styles", n), name) for n, name in enumerate(layer.styles)]
    if layer.style:
        asked.insert(0, ((*path, "style"), layer.style))
    for where, name in asked:
        if name not in styles:
            near = suggest(name, styles) or f" Known: {', '.join(styles)}."
            yield Fault(where, f'unknown style "{name}".{near}')


def _bands(config: Config, path: Path, layer: Layer) -> Iterator[Fault]:
    section = config.collections.get(layer.collection)
    if section is None or not layer.bands:
        return
    try:
        profile = effective(load_profile(section.profile), section)
    except (KeyError, ValueError):
        # Told already.
        return
    names = [band.name for band in profile.bands]
    for number, name in enumerate(layer.bands):
        if not profile.open and profile.resolve(name) is None:
            near = suggest(name, names) or f" Known: {', '.join(names)}."
            yield Fault((*path, "bands", number), f'unknown band "{name}".{near}')


NEEDED = "this key is needed"
