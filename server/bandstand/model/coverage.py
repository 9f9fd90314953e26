"""A layer seen as a coverage: its native grid, on which scenes are read without resampling."""

from dataclasses import dataclass

from bandstand.model.field import Field
from bandstand.model.grid import Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The native domain of a coverage (CIS 1.1)."""

    grid: Grid
    """Covers every scene; its CRS is the most frequent one of the scenes (or the configured one), its cells are
    those of the finest band."""
    fields: tuple[Field, ...]
    """The range type, in physical units."""
