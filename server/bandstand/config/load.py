"""config.yml to typed values; every problem is told with its place, not only the first."""

import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bandstand.config.document import Document, dotted, override, read
from bandstand.config.profiles import effective, load_profile, profile_names
from bandstand.config.schema import Config, Layer
from bandstand.config.schema import TileMatrixSet as TileMatrixSetSection
from bandstand.config.values import DEFAULT_TIMES
from bandstand.errors import BandstandError, ConfigError, suggest
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.grid import BBox
from bandstand.model.tiling import WEB_MERCATOR_QUAD, TileMatrixSet, regular_set
from bandstand.share import shipped


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file.

    Args:
        path: Of the YAML file; relative paths in it are relative to it.
        environment: Variables for `${VAR}` and `BANDSTAND_SECTION__KEY`; None: those of the process.

    Raises:
        ConfigError: Every problem, one `file:line:column  error    key: what was expected` each.
    """
    variables = os.environ if environment is None else environment
    try:
        text = path.read_text(encoding="utf-8")
        changed_ms = path.stat().st_mtime_ns // 1_000_000
    except OSError as error:
        raise ConfigError([f"{path}:1:1  error    cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}:1:1  error    is not UTF-8 text: {error.reason}"]) from error
    document = read(text, str(path), variables)
    override(document, variables)
    problems = list(document.problems)
    config: Config | None = None
    if not problems or document.values:
        try:
            config = Config.model_validate(document.values, context={"folder": path.absolute().parent})
        except ValidationError as error:
            problems.extend(_worded(detail, document) for detail in error.errors(include_url=False))
    if config is not None:
        problems.extend(_unfit(config, document))
    if problems or config is None:
        raise ConfigError(problems)
    if "catalog" not in document.values or "path" not in (document.values["catalog"] or {}):
        config = config.model_copy(
            update={"catalog": config.catalog.model_copy(update={"path": path.absolute().parent / "catalog.sqlite"})}
        )
    return config.written_at(changed_ms)


def offered_crs(config: Config) -> tuple[Crs, ...]:
    """The systems of `crs`, ranges spelled out, in order and once each.

    Raises:
        UnsupportedCrs: One of them is unknown.
    """
    found: dict[str, Crs] = {}
    for entry in config.crs:
        for name in _spelled_out(entry):
            crs = parse_crs(name)
            found.setdefault(crs.key, crs)
    return tuple(found.values())


def tile_matrix_sets(config: Config) -> tuple[TileMatrixSet, ...]:
    """The sets offered for tiles: WebMercatorQuad first, or those that `wmts.matrix_sets` names.

    Raises:
        UnsupportedCrs: The CRS of a set is unknown.
        InvalidParameter: Its extent is no box.
        KeyError: `wmts.matrix_sets` names a set that does not exist.
    """
    known = {WEB_MERCATOR_QUAD.id: WEB_MERCATOR_QUAD}
    for name, entry in config.tile_matrix_sets.items():
        known[name] = regular_set(
            name,
            entry.title or name,
            parse_crs(entry.crs),
            origin=entry.origin,
            resolutions=entry.resolutions,
            extent=BBox(*entry.extent),
            tile=entry.tile_size_px,
        )
    return tuple(known[name] for name in config.wmts.matrix_sets or known)


def _spelled_out(entry: str) -> Iterator[str]:
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


# Words for what is wrong


def _worded(detail: ErrorDetails, document: Document) -> str:
    path = tuple(part for part in detail["loc"] if part != "[key]" and not _is_type_name(part))
    if detail["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        near = suggest(str(path[-1]), known) or f" Known here: {', '.join(known)}."
        return (
            f'{document.place(path, key=True)}  error    {dotted(path[:-1]) or "file"}: unknown key "{path[-1]}".{near}'
        )
    if detail["type"] == "missing":
        return f"{document.place(path[:-1])}  error    {dotted(path)}: this key is needed"
    given = detail["input"]
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    if detail["type"] == "finite_number":
        message = "expected a finite number"
    near = ""
    if detail["type"] == "literal_error" and isinstance(given, str):
        near = suggest(
            given, [part.strip(" '") for part in str(detail["ctx"]["expected"]).replace(" or ", ",").split(",")]
        )
    if path[-1:] == ("default",) and isinstance(given, str):
        near = suggest(given, DEFAULT_TIMES)
    shown = f", got {given!r}" if isinstance(given, str | int | float) else ""
    if given is None:
        shown = ", got nothing"
    return f"{document.place(path)}  error    {dotted(path)}: {message}{shown}.{near}"


def _is_type_name(part: str | int) -> bool:
    # Pydantic tells which member of a union it tried; people know only the file.
    return isinstance(part, str) and (
        part in {"Radiometry", "int", "float"} or part.startswith(("literal[", "function"))
    )


def _known_keys(path: tuple[str | int, ...]) -> list[str]:
    here: Any = Config
    for part in path:
        here = _inner(here, part)
    model = _model(here)
    return list(model.model_fields) if model else []


def _inner(annotation: Any, part: str | int) -> Any:
    model = _model(annotation)
    if model is not None and isinstance(part, str):
        return model.model_fields[part].annotation if part in model.model_fields else None
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        return arguments[1]
    return arguments[0] if arguments else None


def _model(annotation: Any) -> type[BaseModel] | None:
    candidates = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


# What the types cannot say


def _unfit(config: Config, document: Document) -> Iterator[str]:
    yield from _unfit_places(config, document)
    for name, entry in config.collections.items():
        try:
            effective(load_profile(entry.profile), entry)
        except KeyError:
            where = document.place(("collections", name, "profile"))
            near = suggest(entry.profile, profile_names())
            yield (
                f'{where}  error    collections.{name}.profile: unknown profile "{entry.profile}"; '
                f"known are {', '.join(profile_names())}.{near}"
            )
        except ValueError as error:
            yield f"{document.place(('collections', name, 'profile'))}  error    collections.{name}.profile: {error}"
    seen: dict[str, str] = {}
    styles = _style_names(config)
    for path, layer in placed_layers(config.layers):
        yield from _unfit_layer(config, document, path, layer, seen)
        yield from _unfit_styles(document, path, layer, styles)
        yield from _unfit_bands(config, document, path, layer)


def _unfit_places(config: Config, document: Document) -> Iterator[str]:
    for number, entry in enumerate(config.crs):
        yield from _unfit_crs(entry, document, ("crs", number))
    for name, tiles in config.tile_matrix_sets.items():
        yield from _unfit_set(tiles, document, ("tile_matrix_sets", name))
    offered = (WEB_MERCATOR_QUAD.id, *config.tile_matrix_sets)
    for number, name in enumerate(config.wmts.matrix_sets):
        if name not in offered:
            path = ("wmts", "matrix_sets", number)
            near = suggest(name, offered)
            yield f'{document.place(path)}  error    {dotted(path)}: unknown tile matrix set "{name}".{near}'
    for name, collection in config.collections.items():
        for key, entry in (("crs", collection.crs), ("native_crs", collection.native_crs)):
            if entry:
                yield from _unfit_crs(entry, document, ("collections", name, key))


def _unfit_crs(entry: str, document: Document, path: tuple[str | int, ...]) -> Iterator[str]:
    try:
        for name in _spelled_out(entry):
            parse_crs(name)
    except (BandstandError, ValueError) as error:
        yield f"{document.place(path)}  error    {dotted(path)}: {error}"


def _unfit_set(tiles: TileMatrixSetSection, document: Document, path: tuple[str | int, ...]) -> Iterator[str]:
    yield from _unfit_crs(tiles.crs, document, (*path, "crs"))
    try:
        BBox(*tiles.extent)
    except BandstandError as error:
        yield f"{document.place((*path, 'extent'))}  error    {dotted((*path, 'extent'))}: {error}"
    if any(fine >= coarse for coarse, fine in pairwise(tiles.resolutions)) or min(tiles.resolutions) <= 0:
        where = (*path, "resolutions")
        yield f"{document.place(where)}  error    {dotted(where)}: expected cell sizes above 0, from coarse to fine"


def placed_layers(
    layers: tuple[Layer, ...], path: tuple[str | int, ...] = ("layers",)
) -> Iterator[tuple[tuple[str | int, ...], Layer]]:
    """Every layer and folder with its path in the file."""
    for number, layer in enumerate(layers):
        yield (*path, number), layer
        yield from placed_layers(layer.layers, (*path, number, "layers"))


def placed(path: Path, environment: Mapping[str, str] | None = None) -> Document:
    """The file with the place of every key, for whoever finds more to say about it.

    Raises:
        OSError: It cannot be read.
    """
    variables = os.environ if environment is None else environment
    document = read(path.read_text(encoding="utf-8"), str(path), variables)
    override(document, variables)
    return document


def _unfit_layer(
    config: Config, document: Document, path: tuple[str | int, ...], layer: Layer, seen: dict[str, str]
) -> Iterator[str]:
    here = dotted(path)
    if layer.name is not None:
        if layer.name in seen:
            taken = f'"{layer.name}" is taken by {seen[layer.name]}'
            yield f"{document.place((*path, 'name'))}  error    {here}.name: {taken}"
        seen.setdefault(layer.name, here)
    if layer.layers:
        if not (layer.title or layer.name):
            yield f"{document.place(path)}  error    {here}.title: a folder needs a title"
        if layer.collection:
            yield (
                f"{document.place((*path, 'collection'))}  error    {here}.collection: "
                "an entry with layers is a folder and has no collection"
            )
        return
    if layer.name is None:
        yield f"{document.place(path)}  error    {here}.name: this key is needed"
    if not layer.collection:
        yield f"{document.place(path)}  error    {here}.collection: this key is needed"
    elif layer.collection not in config.collections:
        near = suggest(layer.collection, config.collections) or f" Known: {', '.join(config.collections) or 'none'}."
        yield (
            f"{document.place((*path, 'collection'))}  error    {here}.collection: "
            f'unknown collection "{layer.collection}".{near}'
        )


def _style_names(config: Config) -> list[str]:
    folders = [*config.folders.styles, shipped("styles")]
    found = {p.stem for folder in folders if folder.is_dir() for p in folder.iterdir() if p.suffix == ".yml"}
    return sorted(found)


def _unfit_styles(document: Document, path: tuple[str | int, ...], layer: Layer, styles: list[str]) -> Iterator[str]:
    asked = [((*path, "styles", n), name) for n, name in enumerate(layer.styles)]
    if layer.style:
        asked.insert(0, ((*path, "style"), layer.style))
    for where, name in asked:
        if name not in styles:
            near = suggest(name, styles) or f" Known: {', '.join(styles)}."
            yield f'{document.place(where)}  error    {dotted(where)}: unknown style "{name}".{near}'


def _unfit_bands(config: Config, document: Document, path: tuple[str | int, ...], layer: Layer) -> Iterator[str]:
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
        if names and profile.resolve(name) is None:
            where = (*path, "bands", number)
            near = suggest(name, names) or f" Known: {', '.join(names)}."
            yield f'{document.place(where)}  error    {dotted(where)}: unknown band "{name}".{near}'
