"""Random expressions against an interpreter of trees in plain numpy float64 that shares no line with the engine.

The oracle's rule is the language's: a value is undefined when a band it uses is not valid there, or when any step on
the way to it is infinite or not a number; `where` uses only the branch that it takes.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.errors import InvalidProgram

SIZE = 12
BANDS = ("B02", "B03", "B04", "B08")
SCALES = {"B02": (1e-4, -0.1), "B03": (1e-4, -0.1), "B04": (1e-4, -0.1), "B08": (1e-4, -0.1)}

EXACT_BINARY = ["+", "-", "*", "/", "//", "%", "<", "<=", ">", ">=", "==", "!=", "and", "or"]
EXACT_CALLS = {
    "abs": 1, "floor": 1, "ceil": 1, "round": 1, "sign": 1, "sqrt": 1, "isvalid": 1, "isnan": 1,
    "min": 2, "max": 3, "clip": 3, "where": 3, "nd": 2, "mean": 3, "sum": 2, "scale": 3,
}  # fmt: skip
SMOOTH_BINARY = ["+", "-", "*", "/", "**"]
SMOOTH_CALLS = {
    "exp": 1, "log": 1, "log10": 1, "log2": 1, "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1,
    "atan2": 2, "db": 1, "undb": 1, "hypot": 2, "std": 3, "sqrt": 1, "nd": 2, "mean": 2, "max": 2,
}  # fmt: skip

LEAVES = st.one_of(
    st.sampled_from(BANDS).map(lambda name: ("band", name)),
    st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 0.1, 10.0, 2.5]).map(lambda value: ("number", value)),
)


def trees(binary, calls):
    def grow(children):
        pairs = st.tuples(st.sampled_from(binary), children, children)
        return st.one_of(
            pairs,
            st.tuples(st.just("neg"), children),
            st.sampled_from(sorted(calls)).flatmap(lambda name: st.tuples(st.just(name), *[children] * calls[name])),
        )

    return st.recursive(LEAVES, grow, max_leaves=9)


def write(tree):
    head, *rest = tree
    if head in {"band", "number"}:
        return str(rest[0])
    if head == "neg":
        return f"(-{write(rest[0])})"
    if (head.isalpha() and head not in {"and", "or"}) or head in {"log10", "log2", "atan2"}:
        return f"{head}({', '.join(map(write, rest))})"
    return f"({write(rest[0])} {head} {write(rest[1])})"


def mean(values):
    return sum(values[1:], values[0]) / len(values)


PLAIN = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "//": np.floor_divide, "%": np.mod,
    "**": np.power, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal,
    "!=": np.not_equal, "and": np.logical_and, "or": np.logical_or, "neg": np.negative,
    "abs": np.abs, "floor": np.floor, "ceil": np.ceil, "round": np.round, "sign": np.sign, "sqrt": np.sqrt,
    "min": lambda *v: np.min(v, axis=0), "max": lambda *v: np.max(v, axis=0),
    "clip": lambda x, a, b: np.minimum(np.maximum(x, a), b), "mean": lambda *v: mean(v),
    "sum": lambda *v: sum(v[1:], v[0]), "std": lambda *v: np.std(np.broadcast_arrays(*v), axis=0),
    "exp": np.exp, "log": np.log, "log10": np.log10, "log2": np.log2, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "hypot": np.hypot,
}  # fmt: skip

ABBREVIATIONS = {
    "nd": lambda a, b: ("/", ("-", a, b), ("+", a, b)),
    "scale": lambda x, a, b: ("/", ("-", x, a), ("-", b, a)),
    "db": lambda x: ("*", ("number", 10.0), ("log10", x)),
    "undb": lambda x: ("**", ("number", 10.0), ("/", x, ("number", 10.0))),
}


def interpret(tree, bands, valid):  # noqa: PLR0911 - one return a kind of node
    """(value, defined), float64 and bool arrays."""
    head, *rest = tree
    if head == "band":
        return bands[rest[0]], valid[rest[0]]
    if head == "number":
        return np.full((SIZE, SIZE), rest[0]), np.ones((SIZE, SIZE), bool)
    if head in ABBREVIATIONS:
        return interpret(ABBREVIATIONS[head](*rest), bands, valid)
    values, defined = zip(*(interpret(part, bands, valid) for part in rest), strict=True)
    everywhere = np.ones((SIZE, SIZE), bool)
    if head == "isvalid":
        return defined[0].astype(float), everywhere
    if head == "isnan":
        return (~defined[0]).astype(float), everywhere
    if head == "where":
        choice = values[0] != 0
        return np.where(choice, values[1], values[2]), defined[0] & np.where(choice, defined[1], defined[2])
    value = PLAIN[head](*values).astype(float)
    return value, np.logical_and.reduce(defined) & np.isfinite(value)


def scene(seed):
    rng = np.random.default_rng(seed)
    stored = {name: rng.choice([0, 1, 1000, 1001, 2000, 3000, 5000, 11000, 65535], (SIZE, SIZE)) for name in BANDS}
    noise = {name: rng.integers(0, 12000, (SIZE, SIZE)) for name in BANDS}
    keep = rng.random((SIZE, SIZE)) < 0.5
    bands = {name: np.where(keep, stored[name], noise[name]).astype(np.uint16) for name in BANDS}
    return bands, {name: rng.random((SIZE, SIZE)) > 0.15 for name in BANDS}


def physical(bands):
    return {name: values * np.float64(SCALES[name][0]) + SCALES[name][1] for name, values in bands.items()}


def compute(read, raster, tree, bands, valid):
    expression = read("r=" + write(tree))
    masks = np.stack([valid[name] for name in expression.inputs])
    result = expression(raster({name: bands[name] for name in expression.inputs}, masks))
    return result.values[0].astype(float), np.broadcast_to(result.valid, (1, SIZE, SIZE))[0], result.values.dtype


def has_band(tree):
    return tree[0] == "band" or (tree[0] != "number" and any(map(has_band, tree[1:])))


@pytest.mark.parametrize("seed", [0])
@settings(max_examples=300, deadline=None)
@given(tree=trees(EXACT_BINARY, EXACT_CALLS).filter(has_band))
def test_expressions_of_exact_operations_agree_with_float64(read, raster, seed, tree):
    bands, valid = scene(seed)
    with np.errstate(all="ignore"):
        wanted, defined = interpret(tree, physical(bands), valid)
        defined &= np.abs(wanted) <= np.finfo(np.float32).max
    try:
        got, shown, dtype = compute(read, raster, tree, bands, valid)
    except InvalidProgram as error:
        if "reads no band" in error.message:  # a constant condition may leave none
            return
        raise
    smallest = 0 if dtype == np.uint8 else np.finfo(np.float32).tiny
    assert np.array_equal(shown, defined), write(tree)
    np.testing.assert_allclose(got[shown], wanted[shown], rtol=1e-6, atol=smallest)


@pytest.mark.parametrize("seed", [1])
@settings(max_examples=300, deadline=None)
@given(tree=trees(SMOOTH_BINARY, SMOOTH_CALLS).filter(has_band))
def test_expressions_of_smooth_functions_agree_with_float64_where_they_are_well_conditioned(read, raster, seed, tree):
    bands, valid = scene(seed)
    exact = physical(bands)
    rng = np.random.default_rng(seed)
    near = {name: values * (1 + rng.uniform(-1e-12, 1e-12, values.shape)) for name, values in exact.items()}
    with np.errstate(all="ignore"):
        wanted, defined = interpret(tree, exact, valid)
        moved, defined_too = interpret(tree, near, valid)
        steady = np.abs(moved - wanted) <= 1e-8 * np.abs(wanted)
        steady &= (np.abs(wanted) < 3e38) & ((np.abs(wanted) > 1e-37) | (wanted == 0))
    try:
        got, shown, _ = compute(read, raster, tree, bands, valid)
    except InvalidProgram as error:
        if "too large" in error.message:  # constants that overflow are refused
            return
        raise
    sure = defined & defined_too & steady
    assert shown[sure].all(), write(tree)
    assert not shown[~defined & ~defined_too].any(), write(tree)
    np.testing.assert_allclose(got[sure], wanted[sure], rtol=1e-6)


def test_the_oracle_itself_sees_a_wrong_sign(read, raster):
    bands, valid = scene(0)
    wanted, _ = interpret(("-", ("band", "B08"), ("band", "B04")), physical(bands), valid)
    got, shown, _ = compute(read, raster, ("-", ("band", "B04"), ("band", "B08")), bands, valid)
    assert not np.allclose(got[shown], wanted[shown])
