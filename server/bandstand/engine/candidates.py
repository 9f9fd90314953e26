"""Scenes that a source offers, before a single header was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bandstand.errors import shorten
from bandstand.model.time import TimeSpan

STRANGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError)
"""What a value of an unexpected kind in somebody else's document may raise, wherever it is first used."""


def strangeness(error: BaseException) -> str:
    """How a strange document is told of to the person who ingests it."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"it holds a value of an unexpected kind ({shorten(str(error)) or type(error).__name__})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What metadata beside the pixels say of the stored numbers; None where they say nothing."""

    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    unit: str = ""
    """As they spell it."""
    common_name: str = ""
    """STAC's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Where metadata say that a file lies; it holds for a file that does not tell itself."""

    crs: str = ""
    """Anything that PROJ reads: a code, WKT, PROJJSON."""
    transform: tuple[float, ...] = ()
    """a, b, c, d, e, f of pixel corners (STAC `proj:transform`)."""
    shape: tuple[int, ...] = ()
    """Height and width that the transform is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One band, or all planes of one file."""

    href: str
    """Absolute path."""
    band: str = ""
    """The collection's name of it; empty: the planes are named by the file."""
    label: str = ""
    """What the planes are named by where the file does not name them."""
    plane: int = 1
    """One-based; 0: the metadata name the file alone, so that it is all planes of a file that has several."""
    announced: Announced = field(default_factory=Announced)
    classes: tuple[tuple[int, str], ...] = ()
    """(value, label) that the metadata name."""
    declared: Declared = field(default_factory=Declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One scene on offer."""

    id: str
    source: str
    """The document or folder it was found in."""
    time: TimeSpan | None = None
    """None: the files may tell, or nothing does."""
    footprint: Mapping[str, object] | None = None
    """GeoJSON geometry in longitude and latitude; None: the outline of the files."""
    properties: Mapping[str, object] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    problem: str = ""
    """Why it cannot be used; empty while it can."""
    long_id: str = ""
    """Taken where another scene has the same id; empty: there is none."""
    doubt: str = ""
    """What was understood of names that do not tell, and how to say it; empty where they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Files that are no scenes, and no failures either."""

    files: tuple[str, ...]
    """Absolute paths."""
    because: str
    """`no band of profile dem`."""
