"""One question to the engine: layers, a grid, an output. Frozen, and the same in every process."""

import dataclasses
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bandstand.model.grid import Grid
from bandstand.model.layer import TimeResolution
from bandstand.model.program import Combination, Program
from bandstand.model.selection import Selection
from bandstand.model.style import Rgba, Style

Kind = Literal["map", "coverage", "values"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """In which form the answer leaves."""

    kind: Kind
    media_type: str
    """As registered in `encode`: `image/png`, `image/tiff`, …; ignored for `values`."""
    options: tuple[tuple[str, str], ...] = ()
    """Format options in lower case: `compression`, `quality`, …"""
    name: str = ""
    """Coverages: the identifier they go by; empty: the layer's."""
    element: str = ""
    """GML coverages: name of the root in lxml's spelling; empty: `gmlcov:RectifiedGridCoverage`."""
    appendix: str = ""
    """GML coverages: elements that come after the range type, as XML."""
    container: str = ""
    """Coverages: media type around the file and its description (`multipart/related`); empty for the file alone."""
    transparent: bool = True
    """Maps: whether undefined pixels stay transparent, where the format can."""
    background: Rgba = (255, 255, 255, 255)
    """Maps: the colour of undefined pixels otherwise."""


@dataclass(frozen=True, slots=True)
class Older:
    """The published times before one that nobody asked for by name."""

    than: str
    """Its label."""
    until: datetime
    """No scene of an older time starts later."""
    resolution: TimeResolution
    """What one published time stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyledLayer:
    """One layer of the stack (OGC's word)."""

    name: str
    """The published layer it came from."""
    selection: Selection
    program: Program
    style: Style | None
    """None means data, not a picture."""
    opacity: float = 1.0
    notes: tuple[str, ...] = field(default=(), compare=False)
    """`Warning` texts that came up while it was settled: default or nearest time used."""
    pinned: bool = field(default=False, compare=False)
    """The time was named by the client, so that the answer may be kept for long."""
    older: Older | None = field(default=None, compare=False)
    """Times whose scenes may take the place of those that cannot be read; None: what was asked for has no other."""
    beside: tuple[Program, ...] = field(default=(), compare=False)
    """Values: the bands that are not drawn and are told as well, one each."""
    digest: str = field(default="", compare=False)
    """`canonical` of this layer where somebody keeps the layer for many requests; empty: it is spelled each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A stack of layers, bottom first, on one grid, leaving in one format."""

    layers: tuple[StyledLayer, ...]
    grid: Grid
    output: Output
    combine: Combination | None = None
    """What is computed of the layers together, which are data then and no stack; None: each stands for itself."""
    axis: Literal["", "time"] = ""
    """Coverages: `time` where the layers are the dates of one, oldest first; empty where there is no such axis."""

    @property
    def outputs(self) -> int:
        """How many numbers a pixel of a coverage has."""
        if self.combine is not None:
            return len(self.combine.outputs)
        return sum(len(layer.program.outputs) for layer in self.layers)

    @property
    def fingerprint(self) -> str:
        """A digest that is equal for equal requests, in every process and on every machine."""
        return hashlib.blake2b(canonical(self).encode(), digest_size=16).hexdigest()


def canonical(value: object) -> str:
    """Spell a frozen noun so that equal nouns are spelled alike (programs by their fingerprint)."""
    if isinstance(value, tuple):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, StyledLayer) and value.digest:
        return value.digest
    if isinstance(value, Grid):
        t = value.transform
        return f"Grid({value.crs.key},{t.a!r},{t.b!r},{t.c!r},{t.d!r},{t.e!r},{t.f!r},{value.width},{value.height})"
    if not isinstance(value, Request) and hasattr(value, "fingerprint"):
        return f"{type(value).__name__}:{value.fingerprint}"
    if dataclasses.is_dataclass(value):
        parts = (canonical(getattr(value, f.name)) for f in dataclasses.fields(value) if f.compare)
        return f"{type(value).__name__}({','.join(parts)})"
    return repr(value)
