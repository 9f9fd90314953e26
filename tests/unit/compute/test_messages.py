"""Errors that teach: the exact text, with the caret below the fault."""
# ruff: noqa: RUF001 - a typographic minus is one of the faults

from dataclasses import replace
from textwrap import dedent

import pytest

from bandstand.compute import compile_expression
from bandstand.errors import InvalidProgram
from bandstand.model.limits import Limits

BANDS = (
    "Bands of s2_l2a: B01 B02 B03 B04 B05 B06 B07 B08 B8A B11 B12 SCL Oa08 radiance "
    "(aliases: coastal blue green red rededge1 rededge2 rededge3 nir nir08 swir16 swir22)"
)
LIST = "bands, numbers, operators and functions (list: /docs/expressions)"

EXACT = [
    (
        "(B8-B04)/(B8+B04)",
        2,
        f"""\
        unknown band "B8" at column 2
          (B8-B04)/(B8+B04)
           ^^
        Did you mean "B8A" or "B08"? {BANDS}""",
    ),
    (
        "(B08-B04)/(B08 B04)",
        16,
        """\
        expected an operator after "B08" at column 16
          (B08-B04)/(B08 B04)
                         ^^^
        A space stands where an operator is missing; a + in a URL must be written %2B.""",
    ),
    (
        "B08-B04)",
        8,
        """\
        unbalanced ")" at column 8
          B08-B04)
                 ^""",
    ),
    (
        "import os",
        1,
        f"""\
        unknown name "import" at column 1
          import os
          ^^^^^^
        Expressions hold {LIST}. {BANDS}""",
    ),
    (
        "nd(B08)",
        1,
        """\
        nd() takes 2 arguments, got 1 at column 1
          nd(B08)
          ^^
        nd(a, b) = (a − b)/(a + b)""",
    ),
    (
        "B08 + 9**9**9**9",
        16,
        """\
        a number grows too large before this at column 16
          B08 + 9**9**9**9
                         ^
        Numbers reach to about 1.8e308.""",
    ),
    (
        "2 * (B08 + B04",
        5,
        """\
        "(" is not closed at column 5
          2 * (B08 + B04
              ^
        Add the missing ")".""",
    ),
    (
        "B08 − B04",
        5,
        """\
        unexpected character "−" at column 5
          B08 − B04
              ^
        Write - instead.""",
    ),
    (
        "B08 == 1 = 2",
        10,
        """\
        "=" is not expected here at column 10
          B08 == 1 = 2
                   ^
        name=expression names an output; to compare, write "==".""",
    ),
    (
        "B08 ? 1",
        8,
        """\
        expected ":" after "1" at column 8
          B08 ? 1
                 ^
        A choice is written condition ? a : b.""",
    ),
    (
        "mask.cloud",
        1,
        """\
        unknown mask "mask.cloud" at column 1
          mask.cloud
          ^^^^^^^^^^
        Did you mean "clouds"? Masks: mask.nodata mask.saturated mask.topo_shadows mask.shadows mask.vegetation \
mask.bare mask.water mask.unclassified mask.clouds mask.cirrus mask.snow mask.clear""",
    ),
    (
        "B08 *",
        6,
        """\
        expected a band, number or function after "*" at column 6
          B08 *
               ^""",
    ),
    (
        "interp(B08, [0, 1], [1])",
        1,
        """\
        interp() got lists of 2 and 1 numbers at column 1
          interp(B08, [0, 1], [1])
          ^^^^^^
        interp(x, [x0, x1, …], [y0, y1, …]) = linear between the points, the end values beyond them""",
    ),
]


@pytest.mark.parametrize(("text", "column", "message"), EXACT, ids=[e[0] for e in EXACT])
def test_the_message_says_what_where_and_how_to_mend_it(read, text, column, message):
    with pytest.raises(InvalidProgram) as caught:
        read(text)
    assert (caught.value.message, caught.value.column) == (dedent(message), column)


STARTS = [
    ("", "the expression is empty"),
    ("   ", "the expression is empty"),
    ("1 + 2", "the expression reads no band"),
    ("foo(B08)", 'unknown function "foo" at column 1'),
    ("b08(2)", 'expected an operator after "b08" at column 4'),
    ("__import__('os')", 'unknown function "__import__" at column 1'),
    ("B08.real", 'unknown name "B08.real" at column 1'),
    ("B08 if B04 else 1", 'expected an operator after "B08" at column 5'),
    ("B08[0]", 'expected an operator after "B08" at column 4'),
    ("lambda: 1", 'unknown name "lambda" at column 1'),
    ("B08; ; B04", 'expected a band, number or function after ";" at column 6'),
    ("a=B08; a=B04", 'output "a" is named twice at column 8'),
    ("and=B08", '"and" cannot be the name of an output at column 1'),
    ("B08, B04", '"," only stands between the arguments of a function at column 4'),
    ("B08 : B04", '":" without a "?" before it at column 5'),
    ("[1, 2]", "a list only stands in interp() and classify() at column 1"),
    ("interp(B08, 1, 2)", "interp() takes a list of numbers here at column 13"),
    ("interp(B08, [B04], [1])", "a list holds numbers only at column 14"),
    ("interp(B08, [1, 0], [1, 2])", "the first list of interp() must rise at column 1"),
    ("classify(B08, [1], [1])", "classify() got lists of 1 and 1 numbers at column 1"),
    ("bit(SCL, B04)", "bit() takes the number of the bit, an integer from 0 to 52"),
    ("bit(SCL, 53)", "bit() takes the number of the bit, an integer from 0 to 52"),
    ("min()", "min() takes 1 to 64 arguments, got 0 at column 1"),
    ("sqrt(1, 2)", "sqrt() takes 1 argument, got 2 at column 1"),
    ("B08 + 1e999", 'the number "1e999" is too large at column 7'),
    ('"B08', "a quoted band name is not closed at column 1"),
    ("B08 + $x", 'unexpected character "$" at column 7'),
    ("B08 \x00", 'unexpected character "U+0000" at column 5'),
    ("w(865)", "w() needs bands with wavelengths, which are not known here at column 1"),
    ("2 B08", 'expected an operator after "2" at column 3'),
    ("2B08", 'expected an operator after "2" at column 2'),
]


@pytest.mark.parametrize(("text", "start"), STARTS)
def test_the_message_opens_with_the_fault(read, text, start):
    with pytest.raises(InvalidProgram) as caught:
        read(text)
    assert caught.value.message.startswith(start)


def test_a_missing_band_of_an_index_is_named(collection, recipes):
    poor = replace(collection, name="poor", fields=collection.fields[:4], aliases=collection.aliases[:4])
    with pytest.raises(InvalidProgram, match="poor has no nir for the index NDVI at column 1"):
        compile_expression("NDVI", poor, recipes, limits=Limits())


def test_in_a_long_expression_the_caret_still_stands_below_the_fault(read):
    text = "+".join(["B04"] * 60) + "+B99+" + "+".join(["B04"] * 60)
    with pytest.raises(InvalidProgram) as caught:
        read(text)
    _, shown, carets, _ = caught.value.message.split("\n")
    first, last = carets.index("^"), carets.rindex("^")
    assert (shown[first : last + 1], caught.value.column) == ("B99", text.index("B99") + 1)


def test_a_name_of_kilobytes_makes_no_message_of_kilobytes(read):
    with pytest.raises(InvalidProgram) as caught:
        read("B" * 4000)
    assert len(caught.value.message) < 1000
