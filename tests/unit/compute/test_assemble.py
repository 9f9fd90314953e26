"""Our assembler against numexpr's own compiler, on the same nodes."""

import numpy as np
import pytest
from numexpr.necompiler import NumExpr

from bandstand.compute.expression.assemble import assemble
from bandstand.compute.expression.library import NUMEXPR as LIB
from bandstand.compute.expression.machine import Machine
from bandstand.errors import InvalidProgram

A, B, M = LIB.band("a"), LIB.band("b"), LIB.mask("m")
TWO = LIB.number(2.0)
TWICE = LIB.sqrt(LIB.abs(A - B)) * TWO

GRAPHS = {
    "a sum": A + B,
    "an input alone": A,
    "a part that is used twice": TWICE / (TWICE + B),
    "a choice": LIB.where(M & (A > B), A, TWO),
    "functions of two arguments": LIB.fmod(LIB.maximum(A, B), TWO) + LIB.hypot(A, B),
    "functions of one": LIB.sin(A) + LIB.exp(-B) + LIB.floor(A) + LIB.round(B),
    "powers": (A**TWO) ** B,
    "conditions": LIB.where(~LIB.isfinite(A / B) | (A <= B) & (A != TWO), LIB.number(1.0), LIB.number(0.0)),
    "a long chain": sum((A * LIB.number(float(i)) for i in range(2, 40)), B),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_it_computes_what_numexpr_compiles(name):
    graph = GRAPHS[name]
    rng = np.random.default_rng(4)
    arrays = {"a": rng.normal(size=(50, 90)), "b": rng.normal(size=(50, 90)), "m": rng.random((50, 90)) > 0.5}
    arrays["b"][0] = 0.0
    machine = Machine(graph)
    got, wanted = np.empty((50, 90)), np.empty((50, 90))
    machine.run(arrays, got)
    types = {"a": np.double, "b": np.double, "m": bool}
    used = sorted(machine.inputs)
    NumExpr(graph, [(n, types[n]) for n in used])(*(arrays[n] for n in used), out=wanted, ex_uses_vml=False)
    assert np.array_equal(got, wanted, equal_nan=True)


def test_equal_parts_are_computed_once():
    once = assemble(LIB.sin(A) + LIB.number(1.0))
    twice = assemble((LIB.sin(A) + LIB.number(1.0)) * (LIB.sin(A) + LIB.number(1.0)))
    assert len(twice.program) == len(once.program) + 4


def test_temporaries_are_used_again():
    assert len(assemble(GRAPHS["a long chain"]).temporaries) <= 3


def test_more_parts_than_registers_are_refused():
    total = A
    for i in range(300):
        total = total + B * LIB.number(i + 0.5)
    with pytest.raises(InvalidProgram, match="too complex"):
        assemble(total)
