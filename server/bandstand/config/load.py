"""config.yml to typed values; every problem is told with its place, not only the first."""

import os
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bandstand.config.document import Document, Path, dotted, override, read
from bandstand.config.schema import Config
from bandstand.config.unfit import NEEDED, Fault, Told, spelled_out, unfit
from bandstand.config.values import DEFAULT_TIMES
from bandstand.errors import ConfigError, suggest
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.grid import BBox
from bandstand.model.tiling import WEB_MERCATOR_QUAD, TileMatrixSet, regular_set


def load_config(path: FilePath, environment: Mapping[str, str] | None = None) -> Config:
    """Read and check a configuration file.

    Args:
        path: Of the YAML file; relative paths in it are relative to it.
        environment: Variables for `${VAR}` and `BANDSTAND_SECTION__KEY`; None: those of the process.

    Raises:
        ConfigError: Every problem, one `file:line:column  error    key: what was expected` each.
    """
    sound = load_sound(path, environment)
    if sound.problems:
        raise ConfigError(sound.problems)
    return sound.config


def load_sound(path: FilePath, environment: Mapping[str, str] | None = None) -> "Sound":
    """Read a configuration file as far as it can be used.

    Raises:
        ConfigError: It cannot be read at all.
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
    sound = _sound(document, path)
    config = sound.config
    if "catalog" not in document.values or "path" not in (document.values["catalog"] or {}):
        config = config.model_copy(
            update={"catalog": config.catalog.model_copy(update={"path": path.absolute().parent / "catalog.sqlite"})}
        )
    return replace(sound, config=config.written_at(changed_ms))


@dataclass(frozen=True, slots=True)
class Sound:
    """What of a configuration can be used, and what is wrong with the rest."""

    config: Config
    """Without the values that are wrong."""
    problems: tuple[str, ...]
    """One `file:line:column  error    key: what was expected` each."""
    broken: frozenset[Path]
    """What was taken out; layers among it are still in the configuration and cannot be published."""


def _sound(document: Document, path: FilePath) -> Sound:
    """Take out what is wrong and look again at what is left, until nothing is.

    So that one mistake does not hide the others, nor tells of more than there are.
    """
    values = deepcopy(document.values)
    problems = list(document.problems)
    out: set[Path] = set()
    for _ in range(_MOST_ROUNDS):
        try:
            config = Config.model_validate(values, context={"folder": path.absolute().parent})
        except ValidationError as error:
            faults = [_fault(detail) for detail in error.errors(include_url=False)]
        else:
            faults = list(unfit(config, _told(document, out)))
            if not faults:
                return Sound(config, tuple(problems), frozenset(out))
        news = [_line(fault, document) for fault in faults if not _follows(fault, out)]
        problems += [line for line in news if line not in problems]
        for fault in faults:
            gone = fault.without or fault.path
            out |= {gone, fault.path}
            _take_out(values, gone)
    return Sound(Config(), tuple(problems), frozenset(out))


def _told(document: Document, out: set[Path]) -> Told:
    collections, sets = (document.values.get(key) or {} for key in ("collections", "tile_matrix_sets"))
    return Told(tuple(map(str, collections)), tuple(map(str, sets)), frozenset(out))


def _follows(fault: Fault, out: set[Path]) -> bool:
    """Whether a key is missing only because what stood there was taken out, or is spelled otherwise."""
    if fault.message != NEEDED:
        return False
    beside = [str(path[-1]) for path in out if path[:-1] == fault.path[:-1]]
    return fault.path in out or any(suggest(key, [str(fault.path[-1])]) for key in beside)


def _take_out(values: dict[str, Any], path: Path) -> None:
    """Remove a value; of a list the whole, so that no number changes. Layers stay, to be passed over."""
    target: Any = values
    for depth, part in enumerate(path[:-1]):
        inside = target[part] if isinstance(target, list) and isinstance(part, int) else _get(target, part)
        if isinstance(inside, list) and isinstance(path[-1], int) and depth == len(path) - 2:
            if path[0] != "layers" or part != "layers":
                target.pop(part, None)
            elif not isinstance(inside[path[-1]], dict):
                inside[path[-1]] = {}
            return
        target = inside
    if isinstance(target, dict):
        target.pop(str(path[-1]), None)


def _get(target: Any, part: str | int) -> Any:
    return target.get(part) if isinstance(target, dict) else None


_MOST_ROUNDS = 60
"""Mistakes behind one another that are told; each round takes out at least one."""


def offered_crs(config: Config) -> tuple[Crs, ...]:
    """The systems of `crs`, ranges spelled out, in order and once each.

    Raises:
        UnsupportedCrs: One of them is unknown.
    """
    found: dict[str, Crs] = {}
    for entry in config.crs:
        for name in spelled_out(entry):
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


# Words for what is wrong


def _line(fault: Fault, document: Document) -> str:
    key = fault.message.startswith(_UNKNOWN)
    where = dotted(fault.path[:-1] if key else fault.path) or "file"
    return f"{document.place(fault.path, key=key)}  error    {where}: {fault.message}"


def _fault(detail: ErrorDetails) -> Fault:
    """What pydantic says, in words for people."""
    path = tuple(part for part in detail["loc"] if part != "[key]" and not _is_type_name(part))
    if detail["type"] == "extra_forbidden":
        known = _known_keys(path[:-1])
        near = suggest(str(path[-1]), known) or f" Known here: {', '.join(known)}."
        return Fault(path, f'{_UNKNOWN} "{path[-1]}".{near}')
    if detail["type"] == "missing":
        return Fault(path, NEEDED, path[:-1])
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
    return Fault(path, f"{message}{shown}.{near}")


_UNKNOWN = "unknown key"


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


def placed(path: FilePath, environment: Mapping[str, str] | None = None) -> Document:
    """The file with the place of every key, for whoever finds more to say about it.

    Raises:
        OSError: It cannot be read.
    """
    variables = os.environ if environment is None else environment
    document = read(path.read_text(encoding="utf-8"), str(path), variables)
    override(document, variables)
    return document
