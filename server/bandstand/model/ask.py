"""What a client wishes of a layer beyond where and how large: the vendor parameters, the same in every service."""

from dataclasses import dataclass
from typing import Literal

from bandstand.model.field import Field
from bandstand.model.selection import Order, Resampling

Units = Literal["physical", "stored"]
MOST_NAMES = 1000
"""Bands or scenes that one ask may name, those that repeat included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Wishes for one layer; whatever is empty or None is the layer's own.

    Expressions, ranges and colour maps stay text here: the engine's languages and painters read them,
    and say what is wrong with them under the locators `expr`, `range`, `colormap`, `style`, `time`, ….
    """

    data: bool = False
    """Numbers are wanted (coverage, values), not a picture."""
    style: str = ""
    """With `data`: the values are asked of the scene that this style draws; empty: of one that has all bands."""
    expr: str = ""
    bands: tuple[str, ...] = ()
    """Bands or outputs, in the order wanted."""
    time: str = ""
    """ISO 8601 instant, day, interval, list; empty means the layer's default."""
    nearest: bool | None = None
    """Accept the nearest time within the layer's tolerance."""
    resampling: Resampling | None = None
    range: str = ""
    """`lo,hi`, or one pair a channel separated by `;`, physical units."""
    colormap: str = ""
    """A ramp's name (with `_r` reversed), a list of colours, or `value:colour` stops."""
    gamma: float | None = None
    below: str = ""
    above: str = ""
    nodata_color: str = ""
    units: Units = "physical"
    order: Order | None = None
    max_cloud_cover: float | None = None
    ids: tuple[str, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAxis:
    """The times of a layer, as published: each string is accepted back verbatim."""

    values: tuple[str, ...]
    """Oldest first, in the layer's precision (`2023-06-14`, `2023`, or full instants)."""
    default: str
    """One of `values`, the newest unless the layer says otherwise; empty when there are none."""
    ends: tuple[str, ...] = ()
    """How far each of them lasts, in the same precision, itself where it is one such time; empty where all are."""

    @property
    def last(self) -> str:
        """The last time that anything lasts to; empty when there are no times."""
        return max(self.ends or self.values[-1:], default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class BandValue:
    """One number under a pixel."""

    field: Field
    value: float | int | None
    """Physical value; None where nothing valid lies."""
    stored: float | int | None = None
    """The number in the file, where it differs from the physical one in meaning."""
    label: str = ""
    """The class, for categorical bands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one layer has under one pixel: the pixel drawn, its source bands and its scene."""

    layer: str
    title: str
    lonlat: tuple[float, float]
    outputs: tuple[BandValue, ...]
    """What the program gives there."""
    bands: tuple[BandValue, ...]
    """The source bands it came from."""
    item: str = ""
    """Id of the scene drawn there; empty where there is none."""
    time: str = ""
    """Its acquisition, ISO 8601."""
    cloud_cover: float | None = None
    warnings: tuple[str, ...] = ()
    """Texts for `Warning`: scenes that could not be read, and what was taken in their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionReport:
    """What an expression reads and gives."""

    expr: str
    outputs: tuple[str, ...]
    bands: tuple[str, ...]
    operations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """A named index, as the recipes describe it."""

    name: str
    title: str
    formula: str
    """With the collection's own band names where it was asked for one."""
    bands: tuple[str, ...]
    """Common names it needs."""
    range: tuple[float, float]
    reference: str
    available: bool = True
    """Whether the collection asked about has all its bands."""
