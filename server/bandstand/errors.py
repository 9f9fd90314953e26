"""The one error tree: raised in our words, worded for a protocol only by that protocol's `faults`.

BandstandError
├─ BadRequest 400        MissingParameter · InvalidParameter ─ UnknownOperation · UnsupportedCrs · UnsupportedFormat
│                          · InvalidSubset ─ InvalidAxis · InvalidTime · InvalidScale · UnsupportedInterpolation
│                        InvalidProgram (column) · TooLarge · NotQueryable · InvalidPoint
├─ NotFound 404          UnknownLayer · UnknownStyle · UnknownBand · TileOutOfRange · UnknownPath
├─ NotOffered 501        UnsupportedVersion 400
├─ Unavailable 503       SourceUnavailable · CatalogUnavailable · DeadlineExceeded
│                          · Overloaded · ClientGone
├─ ConfigError           start-up only: file, line, key, what was expected
└─ InternalError 500     an incident id for the reader, the traceback for the log
"""

import difflib
import re
from collections.abc import Iterable

_LONGEST_NAME = 200
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
"""Characters that end a line, move a cursor, turn text around or cannot be written."""


class BandstandError(Exception):
    """Anything that Bandstand says went wrong.

    Attributes:
        message: A sentence that says what was given, what is accepted and how to mend it.
        locator: What it is about, in our words (`grid.crs`, `time`, `layer`, `expr`, …) or, where a
            protocol adapter raised it, that protocol's parameter name.
        http_status: The status that fits where the protocol has no rule of its own.
    """

    http_status = 500

    def __init__(self, message: str, *, locator: str | None = None) -> None:
        """Keep the message and the place."""
        super().__init__(message)
        self.message = message
        self.locator = locator


class BadRequest(BandstandError):
    """The client asked for something that cannot be."""

    http_status = 400


class MissingParameter(BadRequest):
    """A mandatory parameter is absent or empty."""


class InvalidParameter(BadRequest):
    """A parameter has a value that is not accepted."""


class UnknownOperation(InvalidParameter):
    """The operation does not exist in this service."""


class UnsupportedCrs(InvalidParameter):
    """The coordinate reference system is unknown or not offered."""


class UnsupportedFormat(InvalidParameter):
    """The output format is not offered here."""


class InvalidSubset(InvalidParameter):
    """A trim or slice that lies outside, is reversed or cannot be read."""

    http_status = 404


class InvalidAxis(InvalidSubset):
    """A subset, scaling or slice names an axis that the coverage lacks."""


class InvalidScale(InvalidParameter):
    """A scale factor, size or extent that cannot be."""

    http_status = 404


class UnsupportedInterpolation(InvalidParameter):
    """The interpolation method is not offered."""

    http_status = 404


class InvalidTime(InvalidParameter):
    """The time cannot be read, or nothing was acquired then."""


class InvalidProgram(BadRequest):
    """An expression that cannot be understood or is refused.

    Attributes:
        column: One-based position of the fault in the text; 0 when the whole text is meant.
    """

    def __init__(self, message: str, *, column: int = 0, locator: str | None = "expr") -> None:
        """Keep the message, the column and the place."""
        super().__init__(message, locator=locator)
        self.column = column


class TooLarge(BadRequest):
    """The request is above a limit; refused before a block is read."""


class NotQueryable(BadRequest):
    """The layer gives no feature info."""


class InvalidPoint(InvalidParameter):
    """The pixel asked for lies outside the picture."""


class NotFound(BandstandError):
    """A name that does not exist here."""

    http_status = 404


class UnknownLayer(NotFound):
    """No such layer, collection or coverage."""


class UnknownStyle(NotFound):
    """No such style on this layer."""


class UnknownBand(NotFound):
    """No such band or range field."""


class TileOutOfRange(NotFound):
    """Row or column outside the tile matrix."""


class UnknownPath(NotFound):
    """No resource has this address."""


class NotOffered(BandstandError):
    """A part of the protocol that this server does not speak."""

    http_status = 501


class UnsupportedVersion(NotOffered):
    """None of the versions asked for is spoken here."""

    http_status = 400


class Unavailable(BandstandError):
    """Nothing wrong with the request: try again later.

    Attributes:
        retry_after_s: Seconds after which that is worth while.
    """

    http_status = 503
    retry_after_s = 30


class SourceUnavailable(Unavailable):
    """A file of the archive is missing, broken, cut off or out of reach.

    Attributes:
        scene: Id of the item it belongs to, empty while unknown.
    """

    def __init__(self, message: str, *, scene: str = "", locator: str | None = None) -> None:
        """Keep the message and the scene."""
        super().__init__(message, locator=locator)
        self.scene = scene


class CatalogUnavailable(Unavailable):
    """The catalogue cannot be opened or is locked for too long."""


class DeadlineExceeded(Unavailable):
    """The request took longer than its time limit."""


class Overloaded(Unavailable):
    """More is asked than can be done at a time; a moment later it may be less."""

    retry_after_s = 5


class ClientGone(Unavailable):
    """Nobody waits for the answer any more."""


class ConfigError(BandstandError):
    """The configuration cannot be used; start-up only.

    Attributes:
        problems: One `file:line:column  severity  key: what was expected` a line.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        """Keep every problem, not only the first."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), locator="config")


class InternalError(BandstandError):
    """A fault of ours, told to the reader by its incident id alone."""


def suggest(given: str, known: Iterable[str], *, most: int = 3) -> str:
    """Say which known names are near to `given`.

    Returns:
        ` Did you mean "x"?` with up to `most` names, or an empty text when none is near.
    """
    if len(given) > _LONGEST_NAME:
        # Nothing is near to it, and finding that out would take seconds for a body of megabytes.
        return ""
    names = list(dict.fromkeys(known))
    folded = {name.casefold(): name for name in reversed(names)}
    near = difflib.get_close_matches(given.casefold(), folded, n=most, cutoff=0.6)
    if not near:
        return ""
    quoted = [f'"{folded[name]}"' for name in near]
    text = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
    return f" Did you mean {text}?"


def shorten(text: str, limit: int = 80) -> str:
    """Cut a given value down so that a message stays readable, and make control characters visible."""
    # No more of it is looked at than is shown: it may have megabytes.
    shown = "".join(c if c.isprintable() else "\ufffd" for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def printable(text: str) -> str:
    """A text as one line for terminals and logs: line breaks, control sequences, half surrogates become escapes."""
    return text if text.isprintable() else HIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
