"""What a legend says, before anybody draws or spells it."""

from dataclasses import dataclass

from bandstand.model.style import ColourMap, Edge, Rgba


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A ramp with numbers beside it."""

    name: str
    colormap: ColourMap
    low: float
    high: float
    below: Edge
    above: Edge
    nodata: Rgba
    unit: str


@dataclass(frozen=True, slots=True)
class Swatch:
    """One box of colour and what it means."""

    colour: Rgba
    label: str
    quantity: str
    """The value or interval, for programs."""


@dataclass(frozen=True, slots=True)
class Swatches:
    """Boxes of colour, in order."""

    kind: str
    """`values`, `intervals` or `rgb`."""
    entries: tuple[Swatch, ...]


Key = Bar | Swatches
"""What a painter has to say about its colours."""


def spell(number: float, digits: int = 6) -> str:
    """A number for programs: no trailing zeros, whole numbers without an exponent, and no zeros in exponents."""
    text = f"{number:.{digits}g}"
    if "e" in text and 1.0 <= abs(number) < 1e15:
        text = f"{number:.10f}".rstrip("0").rstrip(".")
    mantissa, _, power = text.partition("e")
    text = f"{mantissa}e{int(power)}" if power else text
    return "0" if text == "-0" else text
