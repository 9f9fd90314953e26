"""Style files to styles: one file a style, named as its file is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from bandstand.errors import ConfigError, InvalidParameter, suggest
from bandstand.model.style import ClassColour, ColourMap, Edge, Rgba, Style
from bandstand.render.document import Document, Entry
from bandstand.render.paint import kinds
from bandstand.render.ramps import (
    from_colours,
    from_values,
    named_ramp,
    parse_colormap,
    parse_colour,
    parse_edge,
    ramp_folder,
)

_KEYS = (
    "title",
    "kind",
    "channels",
    "range",
    "gamma",
    "colormap",
    "classes",
    "below",
    "above",
    "nodata",
    "legend",
    "options",
)
_T = TypeVar("_T")
_Ramp = tuple[ColourMap | None, tuple[tuple[float, float], ...]]
"""A ramp, and the range that its stops give."""
_NO_RAMP: _Ramp = (None, ())
_NO_HINTS: dict[str, str] = {}
_NO_PAIRS: tuple[tuple[str, str], ...] = ()


def load_styles(folders: Sequence[Path]) -> Mapping[str, Style]:
    """Read every `*.yml` of the folders; where two have the same name, the earlier folder counts.

    A ramp is looked for in `ramps/` beside the style first, then among the shipped ones.

    Raises:
        ConfigError: With every problem of every file, each with its line.
    """
    found: dict[str, Style] = {}
    problems: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"{folder}:1:1  error  expected a folder of style files")
        for path in sorted(folder.glob("*.yml")):
            document = Document(path)
            style = _read(document)
            problems.extend(document.problems)
            if style is not None:
                found.setdefault(style.name, style)
    if problems:
        raise ConfigError(problems)
    return found


def _read(document: Document) -> Style | None:
    root = document.root()
    if root is None:
        return None
    given = root.members(_KEYS)

    def read(key: str, reader: Callable[[Entry], _T | None], default: _T) -> _T:
        value = reader(given[key]) if key in given else default
        return default if value is None else value

    ramp, implied = read("colormap", lambda e: _colormap(e, document.path.parent), _NO_RAMP)
    legend = read("legend", _legend, _NO_HINTS)
    extra = read("options", _options, _NO_PAIRS)
    hints = tuple((f"legend.{key}", value) for key, value in legend.items() if key != "unit")
    style = Style(
        name=document.path.stem,
        title=read("title", Entry.text, ""),
        kind=read("kind", _kind, "classes" if "classes" in given else "ramp"),
        channels=read("channels", _channels, ()),
        ranges=read("range", _ranges, implied),
        gamma=read("gamma", _gamma, 1.0),
        colormap=ramp,
        classes=read("classes", _classes, ()),
        below=read("below", _edge, "extend"),
        above=read("above", _edge, "extend"),
        nodata=read("nodata", _colour, (0, 0, 0, 0)),
        unit=legend.get("unit", ""),
        options=(*hints, *extra),
    )
    return None if document.problems else style


def _kind(entry: Entry) -> str | None:
    name = entry.text()
    if name is not None and name not in kinds():
        entry.refuse(f'there is no kind "{name}"; expected {", ".join(kinds())}.{suggest(name, kinds())}')
        return None
    return name


def _channels(entry: Entry) -> tuple[str, ...] | None:
    names = [item.text() for item in entry.items()]
    return tuple(name for name in names if name)


def _gamma(entry: Entry) -> float | None:
    gamma = entry.number()
    if gamma is not None and not 0.05 <= gamma <= 20.0:
        entry.refuse("expected a number from 0.05 to 20; above 1 the dark parts become lighter")
        return None
    return gamma


def _ranges(entry: Entry) -> tuple[tuple[float, float], ...] | None:
    pairs = list(entry.items())
    if pairs and not pairs[0].is_list:
        pairs = [entry]
    found = [pair for pair in map(_pair, pairs) if pair is not None]
    return tuple(found) or None


def _pair(entry: Entry) -> tuple[float, float] | None:
    numbers = entry.numbers()
    if numbers is None:
        return None
    if len(numbers) != 2 or not numbers[0] < numbers[1]:
        entry.refuse("expected [low, high], the first below the second")
        return None
    return numbers[0], numbers[1]


def _colormap(entry: Entry, folder: Path) -> _Ramp | None:
    """A name, a list of colours, or a mapping of value to colour, which gives the range as well."""
    reader = _listed if entry.is_list else _placed if entry.is_mapping else _named
    try:
        return reader(entry, folder)
    except InvalidParameter as error:
        entry.refuse(error.message)
        return None


def _listed(entry: Entry, folder: Path) -> _Ramp | None:  # noqa: ARG001 - one signature for the three
    colours = [colour for colour in map(_colour, entry.items()) if colour is not None]
    if len(colours) < 2:
        entry.refuse("expected at least two colours")
        return None
    return from_colours(entry.key, colours), ()


def _placed(entry: Entry, folder: Path) -> _Ramp | None:  # noqa: ARG001 - one signature for the three
    stops = [(key.number(), _colour(value)) for key, value in entry.pairs()]
    whole = [(value, colour) for value, colour in stops if value is not None and colour is not None]
    if len(whole) < 2:
        entry.refuse("expected at least two stops (value: colour)")
        return None
    ramp, span = from_values(entry.key, whole)
    return ramp, (span,)


def _named(entry: Entry, folder: Path) -> _Ramp | None:
    text = entry.text()
    if text is None:
        return None
    if "," in text or ":" in text:
        ramp, span = parse_colormap(text)
        return ramp, (span,) if span else ()
    return named_ramp(text, folder / "ramps", ramp_folder()), ()


def _colour(entry: Entry) -> Rgba | None:
    text = entry.text()
    if text is None:
        return None
    try:
        return parse_colour(text)
    except InvalidParameter as error:
        entry.refuse(error.message)
        return None


def _edge(entry: Entry) -> Edge | None:
    text = entry.text()
    if text is None:
        return None
    try:
        return parse_edge(text)
    except InvalidParameter as error:
        entry.refuse(error.message)
        return None


def _classes(entry: Entry) -> tuple[ClassColour, ...] | None:
    return tuple(found for found in map(_class, entry.items()) if found is not None)


def _class(entry: Entry) -> ClassColour | None:
    """`{value: 5, colour: "#…", label: …}` or `{range: [low, high], …}`."""
    given = entry.members(("value", "range", "colour", "label"))
    if "colour" not in given or ("value" in given) == ("range" in given):
        entry.refuse("expected a colour, and either value or range: [low, high)")
        return None
    colour = _colour(given["colour"])
    label = given["label"].text() if "label" in given else ""
    if "range" in given:
        span = _pair(given["range"])
    else:
        value = given["value"].number()
        span = None if value is None else (value, value)
    if colour is None or span is None:
        return None
    return ClassColour(span[0], span[1], colour, label or "")


def _legend(entry: Entry) -> dict[str, str] | None:
    """How the legend is written: `ticks`, `decimals`, `unit`."""
    given = entry.members(("ticks", "decimals", "unit"))
    found: dict[str, str] = {}
    if "ticks" in given:
        ticks = given["ticks"].numbers()
        found["ticks"] = ",".join(repr(tick) for tick in ticks or ())
    if "decimals" in given:
        decimals = given["decimals"].number()
        if decimals is not None and decimals not in range(10):
            given["decimals"].refuse("expected a whole number from 0 to 9")
        found["decimals"] = str(int(decimals or 0))
    if "unit" in given:
        found["unit"] = given["unit"].text() or ""
    return found


def _options(entry: Entry) -> tuple[tuple[str, str], ...] | None:
    """What painters of other packages want to be told: any keys, kept as text."""
    return tuple((str(key.node.value), value.text() or "") for key, value in entry.pairs())
