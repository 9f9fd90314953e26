"""A compiled expression that many threads may run at once."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numexpr
from numexpr import interpreter
from numpy.typing import NDArray

from bandstand.compute.expression.assemble import assemble
from bandstand.compute.expression.library import Value

# A tile is too small to be worth two threads, and requests run side by side already.
numexpr.set_num_threads(1)


class Machine:
    """Runs one numexpr program on arrays of bands and masks.

    numexpr keeps the temporaries of a run in the compiled object and lets go of the interpreter lock meanwhile, so no
    two threads may be in the same object: each run takes one out of a pool, or makes another.
    """

    def __init__(self, node: Value) -> None:
        """Compile once.

        Raises:
            InvalidProgram: More than numexpr can hold.
        """
        self._assembly = assemble(node)
        self.predicate: bool = node.astKind == "bool"
        """Whether it gives bool, else float64."""
        self._idle: deque[Any] = deque([self._make()])

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the arrays that a run takes."""
        return self._assembly.inputs

    def _make(self) -> Any:
        a = self._assembly
        return interpreter.NumExpr(a.signature, a.temporaries, a.program, a.constants, a.inputs)

    def run(self, arrays: Mapping[str, NDArray[Any]], out: NDArray[Any]) -> None:
        """Compute in float64 and store into `out` (y, x), whatever its dtype.

        Args:
            arrays: By name, at least those of `inputs`; bands of any real dtype, masks of bool; (y, x) each.
            out: Written whole.
        """
        try:
            program = self._idle.pop()
        except IndexError:
            program = self._make()
        try:
            program(*(arrays[name] for name in self.inputs), out=out, casting="unsafe", order="K", ex_uses_vml=False)
        finally:
            self._idle.append(program)
