"""What a format is, and how it reads its options."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bandstand.errors import InvalidParameter, shorten, suggest
from bandstand.model.grid import Grid
from bandstand.model.raster import Cube, Image, Raster, Strips
from bandstand.model.request import Output


@dataclass(frozen=True, slots=True)
class Parts:
    """A body that is made while it is sent."""

    parts: Iterable[bytes]
    """To be walked through once."""
    length: int
    """Bytes of all parts together."""


class Format(Protocol):
    """One way for pixels to leave."""

    media_type: str
    """As published; parameters after a semicolon are part of the name."""
    aliases: tuple[str, ...]
    """Other spellings, in lower case without blanks."""
    extension: str
    """Of a file of this format, without the dot."""
    kinds: frozenset[str]
    """`map`, `coverage`, `cube`: what it can carry; whoever has the last is a `CubeFormat`."""
    rank: int
    """Its place in lists, lowest first."""

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:
        """Encode a picture (`map`).

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        ...

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> bytes | Parts:
        """Encode numbers (`coverage`), invalid pixels as nodata, with `tags` as metadata where it can hold them.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        ...


class CubeFormat(Format, Protocol):
    """A format with an axis of time."""

    def cube(self, cube: Cube, output: Output, tags: Mapping[str, str]) -> bytes | Parts:
        """Encode numbers of several times (`cube`); see `data`.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        ...


@runtime_checkable
class StripFormat(Protocol):
    """A format that takes numbers as they are made, from north to south."""

    def strips(
        self, strips: Strips, output: Output, tags: Callable[[], Mapping[str, str]], *, settled: bool
    ) -> bytes | Parts:
        """Encode numbers (`coverage`); see `Format.data`.

        Args:
            strips: What `data` takes at once.
            output: As there.
            tags: Gives them; when they are not `settled`, after the last of the strips was made.
            settled: Whether the tags are known before.

        Raises:
            InvalidParameter: An option cannot be read; the locator is its name.
        """
        ...


class NumbersFormat:
    """The half of a format that carries no pictures."""

    media_type = ""

    def picture(self, image: Image, output: Output, grid: Grid | None) -> bytes:  # noqa: ARG002 - the protocol's signature
        """Refuse: the registry offers this format for numbers alone.

        Raises:
            InvalidParameter: Always.
        """
        raise InvalidParameter(
            f'"{self.media_type}" carries numbers, not pictures; ask for image/png.', locator="format"
        )


class PictureFormat:
    """The half of a format that carries no numbers."""

    media_type = ""
    kinds = frozenset({"map"})

    def data(self, raster: Raster, output: Output, tags: Mapping[str, str]) -> bytes | Parts:  # noqa: ARG002 - the protocol's signature
        """Refuse: the registry offers this format for pictures alone.

        Raises:
            InvalidParameter: Always.
        """
        raise InvalidParameter(
            f'"{self.media_type}" carries pictures, not numbers; ask for image/tiff.', locator="format"
        )


def choice(output: Output, key: str, accepted: Mapping[str, str], default: str) -> str:
    """An option that is one of some words.

    Args:
        accepted: Lower-case spellings and what they mean.

    Raises:
        InvalidParameter: It is none of them; the locator is `key`.
    """
    text = dict(output.options).get(key, "").strip()
    if not text:
        return default
    found = accepted.get(text.lower())
    if found is None:
        raise InvalidParameter(
            f'{key} "{shorten(text)}" is not offered; expected one of {", ".join(dict.fromkeys(accepted))}.'
            f"{suggest(text, accepted)}",
            locator=key,
        )
    return found


def whole_number(output: Output, key: str, low: int, high: int, default: int, *, multiple: int = 1) -> int:
    """An option that is a whole number between two bounds.

    Raises:
        InvalidParameter: It is not; the locator is `key`.
    """
    text = dict(output.options).get(key, "").strip()
    if not text:
        return default
    number = int(text) if text.isdecimal() and len(text) < 10 else -1
    if not low <= number <= high or number % multiple:
        steps = f" that is a multiple of {multiple}" if multiple > 1 else ""
        raise InvalidParameter(
            f'{key} "{shorten(text)}" is not accepted; expected a whole number from {low} to {high}{steps}.',
            locator=key,
        )
    return number
