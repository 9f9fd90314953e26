"""`bandstand check`: the configuration, the styles, the expressions and the catalogue, before anybody is served."""

import glob
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import click

from bandstand.cli.console import EXIT_FAILURE, config_option, find_config, json_option, put, put_json
from bandstand.cli.register import looked_at
from bandstand.config.document import Document, dotted
from bandstand.config.load import Sound, load_sound, placed
from bandstand.config.profiles import load_profile
from bandstand.config.schema import Config
from bandstand.config.schema import Layer as LayerSection
from bandstand.config.unfit import placed_layers
from bandstand.engine.build import build_engine
from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, CatalogUnavailable, ConfigError, printable, shorten, suggest
from bandstand.model.ask import Ask

_LOOK_AT = 24
"""So many of the newest scenes are looked at."""
_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
Place = tuple[str | int, ...]
"""Keys and numbers from the top of the file."""


@click.command("check")
@click.argument("config_argument", metavar="[CONFIG]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
@json_option
@config_option
def command(config_argument: Path | None, strict: bool, as_json: bool, config_path: Path | None) -> int:
    """Check the configuration, the styles and expressions it names, and the catalogue.

    \b
    bandstand check
    bandstand check config.yml --strict
    """  # noqa: D301 - click wants its mark
    path = find_config(config_argument or config_path)
    problems = find_problems(path)
    errors = sum(1 for p in problems if "  error  " in p)
    warnings = len(problems) - errors
    if as_json:
        put_json({"config": str(path), "errors": errors, "warnings": warnings, "problems": problems})
    else:
        for problem in problems:
            put(problem)
        put(f"{_count(errors, 'error')}, {_count(warnings, 'warning')}" if problems else f"{path} ok")
    return EXIT_FAILURE if errors or (strict and warnings) else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def find_problems(path: Path, *, serving: bool = False) -> list[str]:
    """Everything that is wrong or doubtful, one `file:line:column  severity  key: what` each.

    Args:
        path: Of the configuration.
        serving: A style that the archive lacks bands for is a warning then: the other layers can be served.
    """
    return list(_problems(path, "warning" if serving else "error  "))


def _problems(path: Path, unpainted: str) -> Iterator[str]:
    try:
        sound = load_sound(path)
    except ConfigError as error:
        yield from error.problems
        return
    yield from sound.problems
    document = placed(path)
    usable = sound.config.model_copy(update={"layers": _usable(sound.config.layers, sound.broken)})
    try:
        yield from _served(document, sound, usable, unpainted, unpainted)
    except ConfigError as error:
        yield from (p if "  error  " in p else f"{path}:1:1  error    {p}" for p in error.problems)
        # Styles that cannot be read do not hide the expressions.
        folders, layers = usable.folders.model_copy(update={"styles": ()}), _usable(usable.layers, (), are_styled=False)
        yield from _served(
            document, sound, usable.model_copy(update={"folders": folders, "layers": layers}), "", unpainted
        )
    yield from _sources(document, sound.config)
    if not sound.problems:
        yield from _service(document, sound.config)


def _served(document: Document, sound: Sound, usable: Config, unpainted: str, unread: str) -> Iterator[str]:
    """What is wrong with the layers of an engine.

    Args:
        usable: What it is built of.
        unpainted: How bad it is that a style cannot paint; empty: styles are not looked at.
        unread: How bad it is that the catalogue cannot be read.

    Raises:
        ConfigError: It cannot be built.
    """
    try:
        with looked_at(usable.catalog.path) as catalog:
            engine = build_engine(usable, catalog=catalog)
            try:
                yield from _layers(document, sound, engine, unpainted)
            finally:
                engine.close()
    except CatalogUnavailable as error:
        yield f"{document.place(())}  {unread}  {error.locator}: {error.message}"


def _usable(
    layers: tuple[LayerSection, ...],
    broken: Collection[Place],
    path: Place = ("layers",),
    *,
    are_styled: bool = True,
) -> tuple[LayerSection, ...]:
    """The layers that can be published, or what they are without their styles."""
    plain: dict[str, object] = {} if are_styled else {"style": "", "styles": ()}
    return tuple(
        layer.model_copy(
            update={"layers": _usable(layer.layers, broken, (*path, number, "layers"), are_styled=are_styled), **plain}
        )
        for number, layer in enumerate(layers)
        if (*path, number) not in broken
    )


def _sources(document: Document, config: Config) -> Iterator[str]:
    """Files and folders that are not there."""
    for name, section in config.collections.items():
        for number, source in enumerate(section.source):
            if _REMOTE.match(source) or Path(source).exists():
                continue
            # Absolute patterns, which paths do not take.
            if glob.has_magic(source) and next(glob.iglob(source, recursive=True), None) is not None:  # noqa: PTH207
                continue
            where: Place = ("collections", name, "source", number)
            here = where if where in document.places else where[:-1]
            yield f"{document.place(here)}  warning  {dotted(here)}: there is no such file or folder: {source}"


def _layers(document: Document, sound: Sound, engine: Engine, unpainted: str) -> Iterator[str]:
    told: set[str] = set()
    for where, layer in placed_layers(sound.config.layers):
        is_whole = not (layer.layers or layer.name is None or where in sound.broken)
        if is_whole and layer.collection not in told:
            told.add(layer.collection)
            if not engine.catalog.count(layer.collection):
                here = ("collections", layer.collection)
                yield f"{document.place(here)}  warning  {dotted(here)}: the catalogue has no scene of it"
            yield from _doubts(document, layer.collection, engine)
            yield from _bandless(document, sound.config, layer.collection, engine)
        fault = _misspelt(layer, engine, is_whole=is_whole)
        if fault:
            place = (*where, "expression")
            yield f"{document.place(place)}  error    {dotted(place)}: {_one_line(fault)}"
        if fault or not is_whole:
            continue
        # A layer of which something was taken out may have lost the style it was meant to have.
        whole = all(path[: len(where)] != where for path in sound.broken)
        for at, message in _unpainted(where, layer, engine) if unpainted and whole else ():
            yield f"{document.place(at)}  {unpainted}  {dotted(at)}: {_one_line(message)}"


def _misspelt(layer: LayerSection, engine: Engine, *, is_whole: bool) -> str:
    """What is wrong with an expression; of one whose bands are not known only the grammar is looked at."""
    if not layer.expression:
        return ""
    try:
        if is_whole and engine.collection(layer.collection).fields:
            engine.check_expression(layer.expression, layer.collection)
        else:
            engine.check_grammar(layer.expression)
    except BandstandError as error:
        return error.message
    return ""


def _doubts(document: Document, collection: str, engine: Engine) -> Iterator[str]:
    """What ingest understood of names that do not tell."""
    place: Place = ("collections", collection)
    for item in engine.catalog.search(collection, limit=_LOOK_AT):
        doubt = item.properties.get("bandstand:doubt")
        if doubt:
            yield f"{document.place(place)}  warning  {dotted(place)}: {printable(f'{item.id}: {doubt}')}"
            return


def _bandless(document: Document, config: Config, collection: str, engine: Engine) -> Iterator[str]:
    """Bands that the configuration alone speaks of: names that are spelled otherwise in the files, most likely."""
    section = config.collections[collection]
    if not section.bands or not engine.catalog.count(collection):
        return
    known = [field.name for field in engine.collection(collection).fields]
    profile = load_profile(section.profile)
    for name in section.bands:
        if name not in known and profile.band(name) is None:
            place: Place = ("collections", collection, "bands", name)
            listed = shorten(", ".join(known), 120)
            message = f"no scene has this band.{suggest(name, known)} There are: {listed}."
            yield f"{document.place(place)}  warning  {dotted(place)}: {_one_line(message)}"


def _unpainted(where: Place, layer: LayerSection, engine: Engine) -> Iterator[tuple[Place, str]]:
    """The styles that cannot paint what the layer gives: a band is missing, or there are too many."""
    published = next((known for known in engine.layers if known.name == layer.name), None)
    if published is None or not engine.collection(layer.collection).fields:
        return
    keys: dict[str, Place] = {name: ("styles", number) for number, name in enumerate(layer.styles)}
    keys |= {layer.style: ("style",)}
    for style in published.styles:
        try:
            engine.ask(published, Ask(style=style.name))
        except BandstandError as error:
            yield (*where, *keys.get(style.name, ())), error.message


def _one_line(message: str) -> str:
    """A message without the lines that draw the fault: the expression, and the caret below it."""
    lines = message.splitlines()
    return " ".join(line for line in lines if not line.startswith(" "))


def _service(document: Document, config: Config) -> Iterator[str]:
    contact = config.service.contact
    if not (contact.name or contact.email):
        yield f"{document.place(('service',))}  warning  service.contact is empty: shown in capabilities"


COMMAND = command
