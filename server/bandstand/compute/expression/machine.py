"""A compiled expression that many threads may run at once."""

from collections import deque
from collections.abc import Mapping
from typing import Any

import numexpr
import numexpr.necompiler
import numpy as np
from numpy.typing import NDArray

from bandstand.compute.expression.library import Value
from bandstand.errors import InvalidProgram

# A tile is too small to be worth two threads, and requests run side by side already.
numexpr.set_num_threads(1)

_MOST_INPUTS = 60
"""numexpr takes 63 arrays."""
_MOST_NODES = 6000
_MOST_LEVELS = 260
"""numexpr's compiler recurses two Python frames a level, of a thousand."""


class Machine:
    """Runs one numexpr program on arrays of bands and masks.

    numexpr keeps the temporaries of a run in the compiled object and lets go of the interpreter lock meanwhile, so no
    two threads may be in the same object: each run takes one out of a pool, or compiles another.
    """

    def __init__(self, node: Value) -> None:
        """Compile once.

        Raises:
            InvalidProgram: More than numexpr can hold.
        """
        self._node = node
        self._signature = _inputs(node)
        self.inputs: tuple[str, ...] = tuple(name for name, _ in self._signature)
        """Names of the arrays that a run takes."""
        self._idle: deque[Any] = deque([self._compile()])

    def _compile(self) -> Any:
        try:
            return numexpr.necompiler.NumExpr(self._node, self._signature)
        except ValueError as error:  # its registers are numbered by one byte
            raise InvalidProgram(
                "expression too complex: too many different numbers and parts; split it into several requests"
            ) from error

    def run(self, arrays: Mapping[str, NDArray[Any]], out: NDArray[Any]) -> None:
        """Compute in float64 and store into `out` (y, x), whatever its dtype.

        Args:
            arrays: By name, at least those of `inputs`; bands of any real dtype, masks of bool; (y, x) each.
            out: Written whole.
        """
        try:
            program = self._idle.pop()
        except IndexError:
            program = self._compile()
        try:
            program(*(arrays[name] for name in self.inputs), out=out, casting="unsafe", order="K", ex_uses_vml=False)
        finally:
            self._idle.append(program)


def _inputs(root: Value) -> list[tuple[str, type]]:
    """Names and types of the leaves; refuses what numexpr's recursive compiler would choke on."""
    types = {"double": np.double, "bool": bool}
    found: dict[str, type] = {}
    nodes: dict[int, int] = {}
    levels: dict[int, int] = {}
    waiting = [root]
    while waiting:
        node = waiting[-1]
        fresh = [child for child in node.children if id(child) not in nodes]
        if fresh:
            waiting.extend(fresh)
            continue
        waiting.pop()
        if node.astType == "variable":
            found[node.value] = types[node.astKind]
        # Counted with repetitions, as numexpr walks a tree and not a graph.
        nodes[id(node)] = 1 + sum(nodes[id(child)] for child in node.children)
        levels[id(node)] = 1 + max((levels[id(child)] for child in node.children), default=0)
    if nodes[id(root)] > _MOST_NODES or levels[id(root)] > _MOST_LEVELS or len(found) > _MOST_INPUTS:
        raise InvalidProgram("expression too complex: split it into several requests")
    return sorted(found.items())
