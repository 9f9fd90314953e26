"""The grammar of the processing language: precedence, spellings, faults with their places, hostile texts."""

import time
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import BandstandError
from bandstand.model.limits import Limits
from bandstand.services.wcs.v20.wcps.errors import QuerySemantics, QuerySyntax
from bandstand.services.wcs.v20.wcps.parse import parse

HEAD = "for $c in (s2) return "


def shape(node):  # noqa: C901, PLR0911, PLR0912 - one line a kind of node
    """A tree in few characters."""
    match type(node).__name__:
        case "Number":
            return f"{node.value:g}"
        case "Text":
            return repr(node.value)
        case "Truth":
            return str(node.value).lower()
        case "Star":
            return "*"
        case "Variable":
            return node.name
        case "Binary":
            return f"({shape(node.left)} {node.operator} {shape(node.right)})"
        case "Unary":
            return f"({node.operator} {shape(node.operand)})"
        case "Cast":
            return f"<{node.type}>{shape(node.operand)}"
        case "Choose":
            return f"{shape(node.of)}.{node.name}"
        case "Subset":
            return f"{shape(node.of)}[{', '.join(map(shape, node.axes))}]"
        case "Axis":
            crs = f":{shape(node.crs)}" if node.crs else ""
            ends = [shape(end) for end in (node.low, node.high) if end is not None]
            return f"{node.name}{crs}" + (f"({':'.join(ends)})" if ends else "")
        case "Braces":
            return f"{{{', '.join(map(shape, node.members))}}}"
        case "Call":
            return f"{node.name}({', '.join(map(shape, node.arguments))})"
        case "Switch":
            cases = " ".join(f"{shape(a)} -> {shape(b)};" for a, b in node.cases)
            return f"switch {cases} {shape(node.default)}"
        case "Record":
            return "{" + "; ".join(f"{name}: {shape(of)}" for name, of in node.fields) + "}"
        case "Iterator":
            return f"{node.variable} {node.axis}({shape(node.low)}" + (f":{shape(node.high)})" if node.high else ")")
        case "Condense":
            where = f" where {shape(node.where)}" if node.where else ""
            return f"{node.operator} over {', '.join(map(shape, node.iterators))}{where} using {shape(node.using)}"
        case "Encode":
            return f"encode({shape(node.of)}, {node.format}{', ' + node.options if node.options else ''})"
    raise TypeError(type(node))


def read(text, **limits):
    return parse(text, Limits(**limits))[0]


def fault_of(text):
    """What is wrong with a text, None where it is a query."""
    try:
        read(text)
    except BandstandError as error:
        return error
    return None


def answer(text):
    return shape(read(HEAD + text).answer)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("1 + 2 * 3", "(1 + (2 * 3))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("8 / 4 / 2", "((8 / 4) / 2)"),
        ("(1 + 2) * 3", "((1 + 2) * 3)"),
        ("-$c.a * 2", "((- $c.a) * 2)"),
        ("- - 1", "(- (- 1))"),
        ("2 * -$c", "(2 * (- $c))"),
        ("1 + 2 < 3 * 4", "((1 + 2) < (3 * 4))"),
        ("$c = 1 or $c = 2 and $c = 3", "(($c = 1) or (($c = 2) and ($c = 3)))"),
        ("$c > 1 xor $c > 2 or true", "((($c > 1) xor ($c > 2)) or true)"),
        ("not $c > 1 and $c < 3", "((not ($c > 1)) and ($c < 3))"),
        ("not not true", "(not (not true))"),
        ("not($c)", "(not $c)"),
        ("$c overlay $d or $e", "($c overlay ($d or $e))"),
        ("$c.a + 1 is null", "(is null ($c.a + 1))"),
        ("$c is not null and true", "((is not null $c) and true)"),
        ("7 mod 3 + 1", "((7 mod 3) + 1)"),
        ("(float) $c / 2", "(<float>$c / 2)"),
        ("(unsigned char) -$c", "<unsigned char>(- $c)"),
        ("(unsigned  short)($c + 1)", "<unsigned short>($c + 1)"),
        ("(c)", "c"),
        ('$c[E(1:2), N(*:3), ansi("2021")].B08', "$c[E(1:2), N(*:3), ansi('2021')].B08"),
        ('$c.B08[Lat:"EPSG:4326"(1.5:2)]', "$c.B08[Lat:'EPSG:4326'(1.5:2)]"),
        ("$c[E(-1:-2 + 1)]", "$c[E((- 1):((- 2) + 1))]"),
        ("abs(sin($c))", "abs(sin($c))"),
        ("MAX($c) - Min($c)", "(max($c) - min($c))"),
        ("scale($c, {E(0:9), N(0.5)}, {})", "scale($c, {E(0:9), N(0.5)}, {})"),
        ("scale($c, 2)", "scale($c, 2)"),
        ("scale({a: 1; b: $c}, {E(0:9)})", "scale({a: 1; b: $c}, {E(0:9)})"),
        ("scale($c, {imageCrsDomain($d)})", "scale($c, {imagecrsdomain($d)})"),
        ('scale($c, {E:"CRS:1"(0:9)}, {a(bilinear, full); b(bilinear, none)})', None),
        ('crsTransform($c, "EPSG:3857", {bilinear})', "crstransform($c, 'EPSG:3857', {bilinear})"),
        ('crsTransform($c, {E:"a", N:"a"}, {}, {E: 0.5})', "crstransform($c, {E:'a', N:'a'}, {}, {E:0.5})"),
        ("{red: $c.a; green: 2 * $c.b}", "{red: $c.a; green: (2 * $c.b)}"),
        ("struct {red: 1; green: 2;}", "{red: 1; green: 2}"),
        ("switch case $c > 1 return 2 default return 3 + 1", "switch ($c > 1) -> 2; (3 + 1)"),
        ("switch case true return 1 case false return 2 default return 3", "switch true -> 1; false -> 2; 3"),
        ("condense + over $t t(1:3) using $c[t($t)]", "+ over $t t(1:3) using $c[t($t)]"),
        (
            'CONDENSE max OVER $t ansi("a":"b") WHERE $t = 1 USING $c + 1',
            "max over $t ansi('a':'b') where ($t = 1) using ($c + 1)",
        ),
        ("condense + over $t ansi(*:*) values $c", "+ over $t ansi(*:*) using $c"),
        ('encode($c, "image/tiff")', "encode($c, image/tiff)"),
        ("Encode ($c, 'png', \"quality=\\\"5\\\"\")", 'encode($c, png, quality="5")'),
        ("255uc + 0.5f + 1e3 + 7us + 1d + 3l", "(((((255 + 0.5) + 1000) + 7) + 1) + 3)"),
        ("$c // a comment\n + 1", "($c + 1)"),
        ("domain($c, E).lo", "domain($c, E).lo"),
        ("max($c.a, $c.b, 3)", "max($c.a, $c.b, 3)"),
    ],
)  # fmt: skip
def test_texts_become_trees(text, tree):
    if tree is None:
        read(HEAD + text)
    else:
        assert answer(text) == tree


def test_clauses_are_read():
    query = read(
        'FOR $a IN (s2, dem-1.x, "odd name"), b in (x) LET $n := $a.B08, $m := $n + 1 WHERE avg($n) > 1 RETURN $m'
    )
    assert [(loop.variable, loop.coverages) for loop in query.loops] == [
        ("$a", ("s2", "dem-1.x", "odd name")),
        ("b", ("x",)),
    ]
    assert [let.variable for let in query.lets] == ["$n", "$m"]
    assert shape(query.where) == "(avg($n) > 1)"


def test_let_may_be_repeated():
    assert len(read("for $c in (x) let $a := 1 let $b := 2 return $a").lets) == 2


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", 'a query starts with "for"', 1, 1),
        ("for", "expected the name of an iterator", 1, 4),
        ("select 1", 'a query starts with "for"', 1, 1),
        ("for $c", 'expected "in"', 1, 7),
        ("for $c in s2 return 1", 'expected "("', 1, 11),
        ("for $c in (s2 return 1", 'expected ")"', 1, 15),
        ("for $c in () return 1", "expected the name of a coverage", 1, 12),
        ("for $c in (s2), $c in (s2) return 1", "$c iterates twice", 1, 17),
        ("for $c in (s2) encode($c)", 'expected "let", "where" or "return"', 1, 16),
        ("for $c in (s2)\nreturn encode($c)", 'expected ","', 2, 17),
        ("for $c in (s2)\nreturn encode($c, image/png)", "expected a format in quotes", 2, 19),
        ('for $c in (s2) return encode($c, "png") 1', "the query is over here", 1, 41),
        (HEAD + "1 +", "expected a coverage, a number or a function", 1, 26),
        (HEAD + "(1 + 2", "the bracket that closes the one in line 1, column 23", 1, 29),
        (HEAD + "$c[E(1:2)", "to close the subset", 1, 32),
        (HEAD + "$c[E]", "expected an interval after E", 1, 27),
        (HEAD + "$c.", "expected a field", 1, 26),
        (HEAD + "1 < 2 < 3", "comparisons cannot follow one another", 1, 29),
        (HEAD + "1 == 2", '"==" is no operator of this language', 1, 25),
        (HEAD + "$c ** 2", "pow(a, b)", 1, 26),
        (HEAD + "$c && $d", "Write and.", 1, 26),
        (HEAD + "\u2212$c", "Write - instead", 1, 23),
        (HEAD + '"abc', "a text is not closed", 1, 23),
        (HEAD + "12abc", "a number is followed by letters", 1, 23),
        (HEAD + "1e999", "the number is too large", 1, 23),
        (HEAD + "sine($c)", 'Did you mean "sin"', 1, 23),
        (HEAD + "abs($c, 2)", "abs() got 2 arguments", 1, 23),
        (HEAD + "abs()", "abs() got 0 arguments", 1, 23),
        (HEAD + "switch default return 1", 'expected "case"', 1, 30),
        (HEAD + "switch case true return 1", 'expected "default"', 1, 48),
        (HEAD + "condense / over $t t(1:2) using 1", "condenses nothing", 1, 32),
        (HEAD + "condense + over $t t(1:2)", 'expected "using"', 1, 48),
        (HEAD + "{red 1}", 'expected ":"', 1, 28),
        (HEAD + "return", "expected a coverage, a number or a function", 1, 23),
    ],
)
def test_what_is_not_of_the_language_is_refused_at_its_place(text, message, line, column):
    with pytest.raises(QuerySyntax) as caught:
        read(text)
    assert message in caught.value.message
    assert f"(line {line}, column {column})" in caught.value.message
    assert caught.value.locator.endswith(f"at line {line}, column {column}")


def test_the_fault_is_underlined():
    with pytest.raises(QuerySyntax) as caught:
        read(HEAD + "$c.B08 ^ 2")
    _, shown, carets, _ = caught.value.message.split("\n")
    assert shown[carets.index("^")] == "^"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('clip($c, "POLYGON((1 2))")', "clip() is not offered"),
        ("decode($1)", "decode() is not offered"),
        ('store(encode($c, "png"))', "store() is not offered"),
        ("coverage x over $p E(0:9) values 1", "the coverage constructor is not offered"),
        ("(complex) $c", "the type complex is not offered"),
        ('condense + over $t ansi("2001":"2002":"P1D") using $c', "steps of a length are not offered"),
        ("stddev($c)", "stddev() is not offered"),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused_by_name(text, message):
    with pytest.raises(QuerySemantics) as caught:
        read(HEAD + text)
    assert message in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "(" * 5000 + "1",
        HEAD + "-" * 3900 + "1",
        HEAD + "not " * 900 + "true",
        HEAD + "$c" + "[E(1)]" * 600,
        HEAD + "abs(" * 900 + "1",
        HEAD + "1+" * 1900 + "1",
        HEAD + "{a:" * 1200,
        HEAD + "switch case " * 300,
        HEAD + "condense + over $t t(" * 180,
        HEAD + "(float)" * 500 + "1",
        "for $c in (" + "a," * 1900 + "a) return 1",
        "for " + ", ".join(f"$c{i} in (x)" for i in range(300)) + " return 1",
        "for $c in (x) let " + ", ".join(f"$a{i} := 1" for i in range(300)) + " return 1",
        "for $c in (x) return " + "1 " * 1000,
        "f" * 1_000_000,
        " " * 1_000_000,
        '"' * 3999,
        "for $c in (x) return " + "/" * 3900,
        "\u0000\ud7ff\U0001f600" * 1000,
        "for $\u00e4\u00f6 in (\u6f22\u5b57) return $\u00e4\u00f6",
    ],
    ids=lambda text: f"{text[:30]!r} {len(text)}",
)
def test_hostile_texts_are_refused_at_once(text):
    started = time.perf_counter()
    error = fault_of(text)
    assert error is None or len(error.message) < 2000
    assert time.perf_counter() - started < 1.0


def test_depth_and_size_are_those_of_the_limits():
    with pytest.raises(QuerySyntax, match="expression_max_depth"):
        read(HEAD + "(" * 12 + "1" + ")" * 12, expression_max_depth=10)
    with pytest.raises(QuerySyntax, match="expression_max_operations"):
        read(HEAD + "1+" * 60 + "1", expression_max_operations=10)
    with pytest.raises(QuerySyntax, match="expression_max_length"):
        read(HEAD + "1", expression_max_length=10)


def test_a_long_sum_is_read():
    assert answer("+".join(["1"] * 300)).count("(") == 299


@given(st.text(max_size=200))
def test_any_text_is_a_query_or_an_error_of_ours(text):
    error = fault_of(text)
    assert error is None or error.message


WORDS = st.sampled_from(
    [
        "for",
        "$c",
        "in",
        "(",
        ")",
        "s2",
        "return",
        "encode",
        ",",
        '"png"',
        "let",
        ":=",
        "where",
        "$x",
        "[",
        "]",
        "{",
        "}",
        ":",
        ";",
        ".",
        "E",
        "N",
        "ansi",
        "1",
        "2.5",
        "255uc",
        "+",
        "-",
        "*",
        "/",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "xor",
        "not",
        "is",
        "null",
        "overlay",
        "mod",
        "switch",
        "case",
        "default",
        "condense",
        "over",
        "$t",
        "using",
        "scale",
        "avg",
        "(float)",
        "*",
        "true",
        "min",
    ]
)


@given(st.lists(WORDS, max_size=40))
def test_any_words_of_the_language_are_a_query_or_an_error_of_ours(words):
    text = " ".join(["for $c in (s2) return", *words])
    error = fault_of(text)
    assert walk(read(text)) if error is None else error.message


def walk(part):
    """Every place of a tree lies within its parent's."""
    for field in fields(part):
        value = getattr(part, field.name)
        for child in value if isinstance(value, tuple) else (value,):
            if is_dataclass(child):
                assert part.start <= child.start <= child.end
                walk(child)
    return True
