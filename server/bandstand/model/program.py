"""What to compute: bands in, outputs out."""

from collections.abc import Sequence
from typing import Protocol

from bandstand.model.field import Field
from bandstand.model.raster import Raster


class Program(Protocol):
    """A compiled choice of bands, expression, script or process graph."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the collection's bands that are read, in the order of the raster's bands."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what comes out."""
        ...

    @property
    def passed(self) -> tuple[str, ...]:
        """For each output the band that it is, in whatever units; empty where it is computed."""
        ...

    @property
    def fingerprint(self) -> str:
        """Equal for equal computations, in every process."""
        ...

    @property
    def source(self) -> str:
        """What the user wrote: the expression, or the names of the bands."""
        ...

    def describe(self, fields: Sequence[Field]) -> tuple[Field, ...]:
        """The fields of the outputs, given the fields of the inputs (in the order of `inputs`)."""
        ...

    def __call__(self, raster: Raster) -> Raster:
        """Compute; `raster` has the bands `inputs` in that order."""
        ...


class Combination(Protocol):
    """A compiled computation over several operands on one grid; the engine runs it."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what comes out."""
        ...

    @property
    def fingerprint(self) -> str:
        """Equal for equal computations, in every process."""
        ...

    @property
    def source(self) -> str:
        """What the user wrote."""
        ...
