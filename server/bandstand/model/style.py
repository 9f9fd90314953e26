"""How numbers become colours. A style never changes numbers."""

from dataclasses import dataclass
from typing import Literal

Rgba = tuple[int, int, int, int]
"""Red, green, blue, alpha; 0 to 255 each, straight alpha."""

Edge = Literal["extend", "transparent"] | Rgba
"""What lies outside the range: the end colour goes on, nothing, or a colour."""


@dataclass(frozen=True, slots=True)
class ColourMap:
    """A ramp of colours over the positions 0 to 1."""

    name: str
    """`viridis`, or the text it was given as."""
    stops: tuple[tuple[float, Rgba], ...]
    """(position, colour) by rising position, the first at 0 and the last at 1; linear in between."""


@dataclass(frozen=True, slots=True)
class ClassColour:
    """One class, or one interval, and its colour."""

    low: float
    high: float
    """`low == high` means exactly this value; else the interval [low, high)."""
    colour: Rgba
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A named way to paint; `kind` names the painter that does it."""

    name: str
    title: str = ""
    kind: str = "ramp"
    """`rgb`, `ramp`, `classes`, …: one file a kind in `render/painters`."""
    channels: tuple[str, ...] = ()
    """Bands (names or common names) or outputs that are painted; empty: the layer's outputs in order."""
    ranges: tuple[tuple[float, float], ...] = ()
    """Linear stretch in physical units, one for all channels or one each; empty: the painter's default."""
    gamma: float = 1.0
    colormap: ColourMap | None = None
    classes: tuple[ClassColour, ...] = ()
    below: Edge = "extend"
    above: Edge = "extend"
    nodata: Rgba = (0, 0, 0, 0)
    unit: str = ""
    """For the legend."""
    options: tuple[tuple[str, str], ...] = ()
    """Whatever else a painter of another package wants to be told."""
