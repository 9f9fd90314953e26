"""Finds a format by what a client calls it."""

from functools import lru_cache
from typing import cast

import bandstand.encode as family
from bandstand.encode.base import Format
from bandstand.errors import UnsupportedFormat, shorten, suggest
from bandstand.plugins import members

_FIRST = {"map": "image/png", "coverage": "image/tiff"}


def find_format(media_type: str, kind: str) -> Format:
    """The format of this name for `map` or `coverage`: case and blanks do not matter, aliases count.

    Raises:
        UnsupportedFormat: Locator `format`, listing what is offered.
    """
    offered = formats(kind)
    name = _plain(media_type)
    for member in offered:
        if name == _plain(member.media_type) or name in member.aliases:
            return member
    names = [member.media_type for member in offered]
    raise UnsupportedFormat(
        f'Format "{shorten(media_type)}" is not offered for a {kind}; expected one of {", ".join(names)}.'
        f"{suggest(media_type, [*names, *(alias for member in offered for alias in member.aliases)])}",
        locator="format",
    )


def formats(kind: str) -> tuple[Format, ...]:
    """The formats offered for `map` or `coverage`, the default first."""
    fitting = [member for member in _formats() if kind in member.kinds]
    return tuple(sorted(fitting, key=lambda member: (member.media_type != _FIRST.get(kind), member.rank)))


def is_text(media_type: str) -> bool:
    """Whether a format of this name writes numbers as text, many bytes each."""
    name = _plain(media_type)
    return name.startswith("text/") or name.endswith(("xml", "json"))


def _plain(media_type: str) -> str:
    """A media type without blanks, quotes and capitals: a plus may have been a blank in a URL."""
    return "".join(c for c in media_type.lower() if not c.isspace() and c != '"')


@lru_cache(maxsize=1)
def _formats() -> tuple[Format, ...]:
    return tuple(cast("list[Format]", members(family, "FORMAT", group="bandstand.formats")))
