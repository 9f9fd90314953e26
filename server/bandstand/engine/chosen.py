"""Some outputs of a program, in another order: range subsets and the channels of a style."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bandstand.errors import UnknownBand, suggest
from bandstand.model.field import Field
from bandstand.model.program import Program
from bandstand.model.raster import Raster


@dataclass(frozen=True, slots=True)
class Chosen:
    """A program that keeps some outputs of another."""

    program: Program
    positions: tuple[int, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Those of the whole program."""
        return self.program.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """The chosen names, in the order chosen."""
        return tuple(self.program.outputs[i] for i in self.positions)

    @property
    def passed(self) -> tuple[str, ...]:
        """The bands that the chosen outputs are."""
        return tuple(self.program.passed[i] for i in self.positions)

    @property
    def fingerprint(self) -> str:
        """That of the whole program and the choice."""
        return f"{self.program.fingerprint}[{','.join(map(str, self.positions))}]"

    @property
    def source(self) -> str:
        """What the user wrote."""
        return self.program.source

    def describe(self, fields: Sequence[Field]) -> tuple[Field, ...]:
        """The chosen fields."""
        whole = self.program.describe(fields)
        return tuple(whole[i] for i in self.positions)

    def __call__(self, raster: Raster) -> Raster:
        """Compute all, keep some; `valid` keeps (1, y, x) where the outputs share it."""
        whole = self.program(raster)
        picked = list(self.positions)
        valid = whole.valid if whole.valid.shape[0] == 1 else np.ascontiguousarray(whole.valid[picked])
        return Raster(whole.values[picked], valid, tuple(whole.fields[i] for i in picked), whole.grid)


def choose(program: Program, names: Sequence[str]) -> Program:
    """Keep the outputs of these names, in this order.

    Raises:
        UnknownBand: The program has no such output; locator `bands`.
    """
    known = list(program.outputs)
    positions = []
    for name in names:
        found = [i for i, output in enumerate(known) if output.casefold() == name.casefold()]
        if not found:
            raise UnknownBand(
                f'Unknown output "{name}".{suggest(name, known)} There are: {", ".join(known)}.', locator="bands"
            )
        positions.append(found[0])
    if positions == list(range(len(known))):
        return program
    return Chosen(program, tuple(positions))
