"""Whatever text is sent as an expression: an answer or our refusal, and soon."""
# ruff: noqa: RUF001 - odd characters are the point

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.compute import Recipes, compile_expression
from bandstand.errors import InvalidProgram
from bandstand.model.crs import WEB_MERCATOR
from bandstand.model.field import Field
from bandstand.model.grid import Affine, Grid
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.model.raster import Raster
from bandstand.share import shipped

FIELDS = tuple(Field(name=name, dtype="uint16", nodata=0, scale=1e-4) for name in ("B02", "B04", "B08"))
SCENE = Field(name="SCL", dtype="uint8", nodata=0, categorical=True)
COLLECTION = Collection(
    name="s2",
    title="",
    profile="s2",
    fields=(*FIELDS, SCENE),
    aliases=(("blue", "B02"), ("red", "B04"), ("nir", "B08")),
)
RECIPES = Recipes.load([shipped("evalscripts") / "indices"])
GRID = Grid(WEB_MERCATOR, Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 5, 4)
PATIENCE_S = 3.0

TOKENS = [
    "B02", "B04", "B08", "SCL", "NDVI", "EVI", "nir", "dataMask", "mask.clouds", "nan", "nodata", "pi", "e", "x", "y",
    "0", "1", "2.5", "1e308", "1e-308", ".5", "99999999999999999999", "(", ")", "[", "]", ",", ";", "=", "+", "-", "*",
    "/", "//", "%", "**", "^", "<", "<=", ">", ">=", "==", "!=", "&", "|", "!", "?", ":", "and", "or", "not", "nd(",
    "abs(", "sqrt(", "exp(", "log(", "min(", "where(", "isvalid(", "isnan(", "interp(", "classify(", "bit(", "std(",
    "scale(", "w(", "__import__", "lambda", ".", "\\", '"', "'", '"B04"', " ", "\n", "\x00", "é", "−", "𝔹", "$", "#",
]  # fmt: skip
WORDS = st.sampled_from(TOKENS)


def check_refusal(text, column, message):
    assert 0 <= column <= len(text) + 1
    assert len(message) < 1500
    assert all(c.isprintable() or c == "\n" for c in message)


def attempt(text):
    begin = time.process_time()
    try:
        expression = compile_expression(text, COLLECTION, RECIPES, limits=Limits())
    except InvalidProgram as error:
        check_refusal(text, error.column, error.message)
    else:
        rng = np.random.default_rng(1)
        count = len(expression.inputs)
        values = rng.integers(0, 65535, (count, 4, 5)).astype(np.uint16)
        fields = tuple(COLLECTION.field(name) for name in expression.inputs)
        result = expression(Raster(values, rng.random((count, 4, 5)) > 0.2, fields, GRID))
        shown = np.broadcast_to(result.valid, result.values.shape)
        assert np.isfinite(result.values[shown].astype(float)).all()
        assert len(result.fields) == len(result.values) == len(expression.outputs)
        assert expression.fingerprint
    assert time.process_time() - begin < PATIENCE_S


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=40).map("".join))
def test_words_of_the_language_in_any_order(text):
    attempt(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_words_of_the_language_with_spaces(text):
    attempt(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text):
    attempt(text)


PIECES = ["(", "-", "!", "not ", "abs(", "B04?", "1**", "B04+", "[", "B04;", "x=", "B04<", "B04//", "1/"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PIECES), st.integers(1, 3000), st.sampled_from(["B04", "", ")", "1", "B04:2"]))
def test_one_thing_again_and_again(piece, times, end):
    attempt(piece * times + end)
    attempt(piece * min(times, 199) + end)
