"""Whether the files of the archive are those that the catalogue knows."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from bandstand.engine.losses import is_gone
from bandstand.errors import BandstandError
from bandstand.read.library import Library


class KnownFile(Protocol):
    """A file as the catalogue knows it."""

    @property
    def item(self) -> str:
        """Id of its scene."""
        ...

    @property
    def href(self) -> str:
        """Its path or address."""
        ...

    @property
    def version(self) -> str:
        """As it was read."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is not as it was ingested."""

    item: str
    href: str
    problem: Literal["missing", "changed", "unreadable"]
    told: str


def verify(files: Iterable[KnownFile]) -> Iterator[Fault]:
    """The files that are missing, changed or out of reach; each is opened, and one byte of it read."""
    library = Library()
    try:
        for file in files:
            try:
                library.probe(file.href, file.version)
            except BandstandError as error:
                yield Fault(file.item, file.href, _problem(file.href), error.message)
    finally:
        library.close()


def _problem(href: str) -> Literal["missing", "changed", "unreadable"]:
    if is_gone(href):
        return "missing"
    return "changed" if Path(href).is_file() and os.access(href, os.R_OK) else "unreadable"
