"""Formulas over several operands: the same numbers as numpy, undefined values left out, operands read when needed."""

import numpy as np
import pytest

from bandstand.compute.bands import Bands
from bandstand.compute.evaluate import evaluate
from bandstand.compute.expression.tree import Band
from bandstand.compute.graph import build_graph, constant_of, has_fold, one_operand, output_trees
from bandstand.compute.typed import Typed, storage_of
from bandstand.errors import InvalidProgram
from bandstand.model.ask import Ask
from bandstand.model.combine import Apply, Constant, Fold, Operand, Pick, Result, operands
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.raster import Raster

GRID = Grid.from_bbox(parse_crs("EPSG:32631"), BBox(0, 0, 70, 50), 7, 5)
FIELD = Field(name="B1", dtype="uint16", nodata=0, scale=0.0001, offset=-0.1)
TIMES = [Operand("s2", Ask(data=True, time=str(year))) for year in range(2001, 2009)]
RNG = np.random.default_rng(5)
STORED = RNG.integers(1, 9000, (len(TIMES), *GRID.shape)).astype(np.uint16)
VALID = RNG.random((len(TIMES), *GRID.shape)) > 0.4
VALID[:, 0, 0] = False
REAL = np.where(VALID, STORED * 0.0001 - 0.1, np.nan)


def pick(step):
    return Pick(TIMES[step], "B1")


def call(name, *arguments):
    return Apply(name, arguments)


def run(*formulas, dtypes=()):
    results = [Result(f"r{i}", f, dtypes[i] if dtypes else "") for i, f in enumerate(formulas)]
    read = dict.fromkeys(operand for formula in formulas for operand in operands(formula))
    trees = {operand: {"B1": Band("B1")} for operand in read}
    graph = build_graph(results, trees, {operand: {"B1": FIELD} for operand in read}, "text")
    asked = []

    def fetch(number):
        asked.append(number)
        step = TIMES.index(list(read)[number])
        return Raster(STORED[[step]], VALID[[step]], (FIELD,), GRID)

    return graph, evaluate(graph, fetch, GRID), asked


def values(raster, band=0):
    mask = np.broadcast_to(raster.valid, raster.values.shape)[band]
    return np.where(mask, raster.values[band].astype(float), np.nan)


@pytest.mark.parametrize(
    ("operation", "numpy"),
    [("+", np.nansum), ("*", np.nanprod), ("min", np.nanmin), ("max", np.nanmax), ("mean", np.nanmean)],
)
@pytest.mark.filterwarnings("ignore:.*(empty slice|All-NaN).*:RuntimeWarning")
def test_a_fold_leaves_out_what_is_undefined(operation, numpy):
    _, made, _ = run(Fold(operation, tuple(map(pick, range(8)))))
    nothing = np.isnan(REAL).all(axis=0)
    assert nothing.any()
    np.testing.assert_allclose(values(made), np.where(nothing, np.nan, numpy(REAL, axis=0)), rtol=1e-6)


@pytest.mark.parametrize(("operation", "numpy"), [("and", np.nanmin), ("or", np.nanmax)])
@pytest.mark.filterwarnings("ignore:All-NaN:RuntimeWarning")
def test_yes_and_no_are_folded(operation, numpy):
    _, made, _ = run(Fold(operation, tuple(call(">", pick(i), Constant(0.3)) for i in range(8))))
    truth = np.where(np.isnan(REAL), np.nan, REAL > 0.3)
    np.testing.assert_array_equal(values(made), numpy(truth, axis=0))


def test_operands_are_combined_in_float64_and_stored_as_float32():
    _, made, _ = run(call("/", call("-", pick(0), pick(1)), call("+", pick(0), pick(1))))
    expected = (REAL[0] - REAL[1]) / (REAL[0] + REAL[1])
    assert made.values.dtype == np.float32
    np.testing.assert_array_equal(values(made), expected.astype(np.float32))


def test_a_fold_may_be_part_of_arithmetic_and_of_another_fold():
    inner = Fold("max", (pick(0), pick(1)))
    _, made, _ = run(call("-", Fold("+", (inner, pick(2))), pick(3)))
    with np.errstate(all="ignore"):
        expected = np.nansum([np.fmax(REAL[0], REAL[1]), REAL[2]], axis=0) - REAL[3]
    nothing = np.isnan(REAL[:3]).all(axis=0) | np.isnan(REAL[3])
    np.testing.assert_allclose(values(made), np.where(nothing, np.nan, expected), rtol=1e-6)


def test_a_step_may_be_a_constant():
    _, made, _ = run(Fold("+", (pick(0), Constant(2.0))))
    np.testing.assert_allclose(values(made), np.nan_to_num(REAL[0]) + 2.0, rtol=1e-6)


def test_each_operand_is_read_once():
    _, _, asked = run(Fold("+", (*map(pick, range(8)), pick(0), pick(3))), pick(3))
    assert sorted(asked) == list(range(8))


def test_results_share_the_type_that_holds_all_of_them():
    _, made, _ = run(call("floor", pick(0)), pick(1), dtypes=("uint8", ""))
    assert made.values.dtype == np.float32
    _, made, _ = run(call("floor", call("*", pick(0), Constant(100.0))), Constant(7.0), dtypes=("int16", "uint8"))
    assert made.values.dtype == np.int16
    known = np.where(VALID[0], 0, np.nan)
    np.testing.assert_array_equal(values(made), np.floor((STORED[0] * 0.0001 - 0.1) * 100.0 + known))


@pytest.mark.parametrize(
    ("dtypes", "computed", "stored"),
    [
        ([""], "float32", ""),
        (["", "float32"], "float32", ""),
        (["float64", ""], "float64", ""),
        (["uint8"], "float64", "uint8"),
        (["uint8", "int8"], "float64", "int16"),
        (["uint8", ""], "float32", ""),
        (["int32", ""], "float64", ""),
    ],
)
def test_types_decide_what_is_computed_and_stored(dtypes, computed, stored):
    found = storage_of(dtypes)
    assert (found.computed, found.stored) == (computed, stored)


def test_undefined_integers_are_masked_and_not_converted():
    result = Result("a", call("/", Pick(TIMES[0], "B1"), Constant(0.0)), "uint8")
    program = one_operand([result], {"B1": Band("B1")}, {"B1": FIELD}, "")
    made = program(Raster(STORED[:1], VALID[:1], (FIELD,), GRID))
    assert isinstance(program, Typed)
    assert (made.values.dtype, made.valid.any(), made.values.any()) == (np.uint8, False, False)


def test_equal_graphs_have_equal_fingerprints_and_others_have_not():
    def graph(operation, count):
        return run(Fold(operation, tuple(map(pick, range(count)))))[0].fingerprint

    assert graph("+", 3) == graph("+", 3)
    assert len({graph("+", 3), graph("*", 3), graph("+", 4)}) == 3


def test_constants_come_to_a_number():
    assert constant_of(call("+", Constant(1.5), call("*", Constant(2.0), Constant(3.0)))) == 7.5
    assert np.isnan(constant_of(call("/", Constant(1.0), Constant(0.0))))
    with pytest.raises(InvalidProgram, match="too large"):
        constant_of(call("*", Constant(1e300), Constant(1e300)))


def test_the_size_of_a_formula_is_known_without_a_walk():
    whole = pick(0)
    for _ in range(400):
        whole = call("+", whole, whole)
    assert whole.size == 2**400 - 1


def test_programs_that_are_no_trees_cannot_be_part_of_a_graph():
    assert list(output_trees(Bands(("B1", "B2"), stored=True))) == ["B1", "B2"]
    assert has_fold([Result("a", call("neg", Fold("+", (pick(0),))))])
