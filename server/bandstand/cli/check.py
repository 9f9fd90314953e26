"""`bandstand check`: the configuration, the styles, the expressions and the catalogue, before anybody is served."""

from collections.abc import Iterator
from pathlib import Path

import click

from bandstand.cli.console import EXIT_FAILURE, config_option, find_config, json_option, put, put_json
from bandstand.config.document import Document, dotted
from bandstand.config.load import load_config, placed, placed_layers
from bandstand.config.schema import Config
from bandstand.config.schema import Layer as LayerSection
from bandstand.engine.build import build_engine
from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, ConfigError
from bandstand.model.ask import Ask

_LOOK_AT = 24
"""So many of the newest scenes are looked at."""
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
        config = load_config(path)
    except ConfigError as error:
        yield from error.problems
        return
    try:
        engine = build_engine(config)
    except ConfigError as error:
        yield from (p if "  error  " in p else f"{path}:1:1  error    {p}" for p in error.problems)
        return
    except BandstandError as error:
        yield f"{path}:1:1  error    {error.locator or 'catalog'}: {error.message}"
        return
    try:
        yield from _layers(path, config, engine, unpainted)
    finally:
        engine.close()
    yield from _service(path, config)


def _layers(path: Path, config: Config, engine: Engine, unpainted: str) -> Iterator[str]:
    document = placed(path)
    told: set[str] = set()
    for where, layer in placed_layers(config.layers):
        if layer.layers or layer.name is None:
            continue
        if layer.collection not in told:
            told.add(layer.collection)
            if not engine.catalog.count(layer.collection):
                here = ("collections", layer.collection)
                yield f"{document.place(here)}  warning  {dotted(here)}: the catalogue has no scene of it"
            yield from _doubts(document, layer.collection, engine)
        if layer.expression and engine.collection(layer.collection).fields:
            place = (*where, "expression")
            try:
                engine.check_expression(layer.expression, layer.collection)
            except BandstandError as error:
                yield f"{document.place(place)}  error    {dotted(place)}: {_one_line(error.message)}"
                continue
        for at, message in _unpainted(where, layer, engine):
            yield f"{document.place(at)}  {unpainted}  {dotted(at)}: {_one_line(message)}"


def _doubts(document: Document, collection: str, engine: Engine) -> Iterator[str]:
    """What ingest understood of names that do not tell."""
    place: Place = ("collections", collection)
    for item in engine.catalog.search(collection, limit=_LOOK_AT):
        doubt = item.properties.get("bandstand:doubt")
        if doubt:
            yield f"{document.place(place)}  warning  {dotted(place)}: {item.id}: {doubt}"
            return


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


def _service(path: Path, config: Config) -> Iterator[str]:
    document = placed(path)
    contact = config.service.contact
    if not (contact.name or contact.email):
        yield f"{document.place(('service',))}  warning  service.contact is empty: shown in capabilities"


COMMAND = command
