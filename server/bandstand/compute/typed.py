"""Results in a type that the user names: casts at the end of a computation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bandstand.model.field import Field
from bandstand.model.program import Program
from bandstand.model.raster import Raster

Float = Literal["float32", "float64"]


@dataclass(frozen=True, slots=True)
class Storage:
    """How results are kept."""

    computed: Float
    """The type an expression writes."""
    stored: str
    """The integer type that it is turned into; empty when it stays."""


def storage_of(dtypes: Sequence[str]) -> Storage:
    """The smallest type that holds every result, since an answer has one.

    Args:
        dtypes: numpy's names; empty means float32, or uint8 where everything says yes or no.
    """
    if not any(dtypes):
        return Storage("float32", "")
    common = np.result_type(*(np.dtype(dtype or "float32") for dtype in dtypes))
    if common.kind == "f":
        return Storage("float64" if common.itemsize > 4 else "float32", "")
    return Storage("float64", common.name)


@dataclass(frozen=True, slots=True)
class Typed:
    """A program whose float64 outputs, whole numbers already, leave as integers."""

    program: Program
    dtype: str
    """numpy's name of an integer type."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the program."""
        return self.program.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Those of the program."""
        return self.program.outputs

    @property
    def passed(self) -> tuple[str, ...]:
        """Those of the program."""
        return self.program.passed

    @property
    def fingerprint(self) -> str:
        """That of the program and the type."""
        return f"{self.program.fingerprint}:{self.dtype}"

    @property
    def source(self) -> str:
        """What the user wrote."""
        return self.program.source

    def describe(self, fields: Sequence[Field]) -> tuple[Field, ...]:
        """The fields, stored as they are in the type; no number is set aside for nodata."""
        return tuple(replace(field, dtype=self.dtype, nodata=None) for field in self.program.describe(fields))

    def __call__(self, raster: Raster) -> Raster:
        """Compute, and convert what is defined; the rest is 0 under the mask."""
        whole = self.program(raster)
        values = np.zeros(whole.values.shape, self.dtype)
        np.copyto(values, whole.values, where=np.broadcast_to(whole.valid, values.shape), casting="unsafe")
        return Raster(values, whole.valid, self.describe(raster.fields), whole.grid)
