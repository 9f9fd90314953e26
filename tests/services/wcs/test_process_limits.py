"""Limits hold for all operands of a query together, and random formulas are computed as `EXPR` computes them."""

import random

import numpy as np
import pytest
from lxml import etree
from tests.services.wcs.conftest import read_coverage

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages"}
PART = "[E(281580:281980), N(5464940:5465240)]"
BOX = [("SUBSET", "E(281580,281980)"), ("SUBSET", "N(5464940,5465240)")]
ONE = 'for $c in (s2_l2a) return encode($c.B08[ansi("2022-07-19")], "tiff")'
FOUR = 'for $c in (s2_l2a) return encode(condense + over $t ansi(*:*) using $c.B08[ansi($t)], "tiff")'


@pytest.fixture
def limited(make_site):
    """Sends queries to a server with one other limit."""
    engines = []

    def start(limit):
        site = make_site(change=lambda text: text.replace("\nlimits:", f"\nlimits:\n  {limit}"))
        engines.append(build_engine(site.config))
        client = mount_services(engines[-1], Settings()).test_client()
        return lambda query: client.get("/wcs", query_string={**KEYS, "QUERY": query})

    yield start
    for engine in engines:
        engine.close()


@pytest.mark.parametrize(
    "limit",
    ["coverage_max_items: 3", "read_max_bytes: 300000"],
    ids=lambda limit: limit.partition(":")[0],
)
def test_what_one_date_may_four_dates_may_not(limited, limit):
    ask = limited(limit)
    assert ask(ONE).status_code == 200
    for query in (FOUR, FOUR.replace("encode(", "avg(").replace(', "tiff")', ")")):
        answer = ask(query)
        assert answer.status_code == 400, answer.text
        assert f"limits.{limit.partition(':')[0]}" in answer.text
        assert etree.fromstring(answer.get_data())[0].get("exceptionCode") == "NoApplicableCode"


def test_the_time_limit_is_that_of_the_whole_query(limited):
    ask = limited("timeout_s: 0.001")
    answer = ask("for $c in (s2_l2a) return " + " + ".join(["avg($c.B08)"] * 20))
    assert answer.status_code == 503
    assert "limits.timeout_s" in answer.text


def test_a_picture_has_the_limits_of_maps(limited):
    ask = limited("map_max_width_px: 100")
    assert ask('for $c in (ndvi) return encode($c, "tiff")').status_code == 200
    answer = ask('for $c in (ndvi) return encode($c, "png")')
    assert (answer.status_code, "limits.map_max_width_px" in answer.text) == (400, True)


# The same formula in two languages


class Maker:
    """A random formula as both languages spell it."""

    BANDS = ("B02", "B03", "B04", "B08", "B11", "SCL")

    def __init__(self, seed):
        self._random = random.Random(seed)

    def number(self, depth):
        kind = self._random.choice(["band", "number", "sign", "call", "sum", "sum", "power", "where", "many"])
        if depth == 0 or kind == "band":
            band = self._random.choice(self.BANDS)
            return f"$c.{band}", band
        if kind == "number":
            value = repr(round(self._random.uniform(0.01, 9), 2))
            return value, value
        return getattr(self, f"_{kind}")(depth - 1)

    def truth(self, depth):
        kind = self._random.choice(["compare", "compare", "both", "not", "null"])
        if depth == 0 or kind == "compare":
            sign = self._random.choice(["<", "<=", ">", ">=", "!=", "="])
            (a, x), (b, y) = self.number(depth - 1 if depth else 0), self.number(0)
            return f"({a} {sign} {b})", f"({x} {'==' if sign == '=' else sign} {y})"
        if kind == "null":
            a, x = self.number(depth - 1)
            return f"({a} is null)", f"isnan({x})"
        if kind == "not":
            a, x = self.truth(depth - 1)
            return f"(not {a})", f"(not {x})"
        word = self._random.choice(["and", "or"])
        (a, x), (b, y) = self.truth(depth - 1), self.truth(depth - 1)
        return f"({a} {word} {b})", f"({x} {word} {y})"

    def _sign(self, depth):
        a, x = self.number(depth)
        return f"(-{a})", f"(-{x})"

    def _sum(self, depth):
        sign = self._random.choice("+-*/")
        (a, x), (b, y) = self.number(depth), self.number(depth)
        return f"({a} {sign} {b})", f"({x} {sign} {y})"

    def _power(self, depth):
        a, x = self.number(depth)
        power = self._random.choice(["2", "3", "0.5", "-1"])
        return f"pow({a}, {power})", f"({x})**({power})"

    def _call(self, depth):
        ours, theirs = self._random.choice(
            [("abs", "abs"), ("sqrt", "sqrt"), ("ln", "log"), ("log", "log10"), ("arctan", "atan"), ("floor", "floor"),
             ("sin", "sin"), ("cos", "cos"), ("ceil", "ceil"), ("round", "round")]
        )  # fmt: skip
        a, x = self.number(depth)
        return f"{ours}({a})", f"{theirs}({x})"

    def _many(self, depth):
        name = self._random.choice(["min", "max"])
        (a, x), (b, y) = self.number(depth), self.number(depth)
        return f"{name}({a}, {b})", f"{name}({x}, {y})"

    def _where(self, depth):
        (t, u), (a, x), (b, y) = self.truth(depth), self.number(depth), self.number(depth)
        return f"(switch case {t} return {a} default return {b})", f"where({u}, {x}, {y})"


@pytest.mark.parametrize("seed", range(60))
def test_a_random_formula_gives_the_bits_that_the_expression_language_gives(ask, seed):
    query, expression = Maker(seed).number(4)
    if "B" not in expression and "SCL" not in expression:
        query, expression = f"$c.B04 * {query}", f"B04 * {expression}"
    ours = ask(**KEYS, QUERY=f'for $c in (s2_l2a) return encode(((float)(1.5 * {query})){PART}, "image/tiff")')
    same = ask(
        *BOX, **{**KEYS, "REQUEST": "GetCoverage"}, COVERAGEID="s2_l2a", EXPR=f"1.5 * {expression}"
    )  # fmt: skip
    np.testing.assert_array_equal(read_coverage(ours).values, read_coverage(same).values)
