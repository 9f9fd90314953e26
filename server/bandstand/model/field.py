"""A band's description: what its stored numbers mean."""

from dataclasses import dataclass, field

FARTHEST = 1e18
"""Of a scale, of one over it, and of an offset: any integer of 64 bits times it is a number of 32-bit floats still."""


def is_scale(number: float) -> bool:
    """Whether it leaves something of stored numbers: not 0, not NaN, and not beyond what can be computed with."""
    return 1.0 / FARTHEST <= abs(number) <= FARTHEST


def is_offset(number: float) -> bool:
    """Whether it can be computed with."""
    return abs(number) <= FARTHEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One band (a SWE field): stored value × scale + offset = value in `unit`."""

    name: str
    """The name it is asked by: `B08`, `ndvi`."""
    dtype: str
    """numpy's name of the stored type: `uint16`."""
    nodata: float | None = None
    """Stored value that means nothing was measured; NaN never means anything else."""
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    """UCUM unit of the physical value; empty for a pure number."""
    title: str = ""
    """For people: `Near infrared 842 nm`."""
    common_name: str = ""
    """The STAC common name: `nir`."""
    categorical: bool = False
    """Classes or flags: never scaled, never interpolated."""
    classes: tuple[tuple[int, str], ...] = field(default=(), compare=False)
    """(value, label) of the classes, on its way to a file that can hold them; no part of the band's identity."""

    @property
    def plain(self) -> bool:
        """Whether stored and physical values are the same."""
        return self.scale == 1.0 and self.offset == 0.0
