"""What every command shares: where the configuration is, how it talks, how it fails."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from bandstand.config.load import load_config
from bandstand.config.schema import Config
from bandstand.errors import ConfigError, printable
from bandstand.share import shipped

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_FAILURE = 1
EXIT_PARTIAL = 3


def config_option(command: Command) -> Command:
    """`-c/--config FILE`, the same for every command."""
    option = click.option(
        "-c",
        "--config",
        "config_path",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="BANDSTAND_CONFIG",
        help="Configuration file.  [default: ./config.yml]",
    )
    return option(command)


def json_option(command: Command) -> Command:
    """`--json`, the same for every command."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(command)


def find_config(given: Path | None) -> Path:
    """The file named, else ./config.yml.

    Raises:
        click.ClickException: There is neither.
    """
    if given is not None:
        return given
    here = Path("config.yml")
    if not here.is_file():
        raise click.ClickException(
            "there is no config.yml here; name one with --config FILE, "
            "or run `bandstand demo` for a sample archive with its configuration"
        )
    return here


def open_config(path: Path) -> Config:
    """Read the configuration; every problem goes to standard error, then exit code 1."""
    try:
        return load_config(path)
    except ConfigError as error:
        for problem in error.problems:
            say(problem)
        count = len(error.problems)
        fail(f"{path} has {count} error{'s' if count > 1 else ''}")


def is_reference(path: Path) -> bool:
    """Whether this is the configuration that ships with Bandstand."""
    try:
        return path.resolve().samefile(shipped("config.yml"))
    except FileNotFoundError:
        return False


def say(text: str) -> None:
    """To standard error: progress and remarks; names in them move no cursor."""
    click.echo("\n".join(map(printable, text.split("\n"))), err=True)


def put(text: str) -> None:
    """To standard output: results."""
    click.echo("\n".join(map(printable, text.split("\n"))))


def put_json(value: object) -> None:
    """To standard output, for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def fail(message: str) -> NoReturn:
    """End with exit code 1."""
    raise click.ClickException(message)


class Ticker:
    """Progress on standard error: one line that is written over on a terminal, now and then a line elsewhere."""

    def __init__(self, *, every: int = 250) -> None:
        """Say something each so many steps where there is no terminal."""
        self._every = every
        self._terminal = sys.stderr.isatty()
        self._width = 0

    def tick(self, done: int, text: str) -> None:
        """Tell how far it is."""
        if self._terminal:
            shown = printable(text[:110])
            click.echo("\r" + shown.ljust(self._width), err=True, nl=False)
            self._width = len(shown)
        elif done % self._every == 0:
            say(text)

    def clear(self) -> None:
        """Wipe the line."""
        if self._terminal and self._width:
            click.echo("\r" + " " * self._width + "\r", err=True, nl=False)
            self._width = 0
