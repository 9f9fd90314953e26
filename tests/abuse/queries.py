"""Texts of both languages: tokens of expressions in any order, and processing queries of a grammar, some spoiled."""

import random
import time

from tests.fuzz.test_expression import TOKENS, attempt
from tests.fuzz.test_queries import TOKEN, WORDS, damaged

from bandstand.engine.engine import Engine
from bandstand.errors import BadRequest, BandstandError, NotFound, NotOffered
from bandstand.model.request import Request
from bandstand.model.turn import Turn, taking
from bandstand.services.wcs.v20.wcps import QuerySemantics, QuerySyntax
from bandstand.services.wcs.v20.wcps.answers import answers

BANDS = ("B02", "B04", "B08", "B11", "B02", "B04", "B08", "B11", "B03", "SCL", "SCL", "nothing")
SMALL = "[E(280980:281180), N(5465540:5465740)]"
"""Most bands are those of one part, so that they can be computed with each other."""
WINDOWS = (
    "[E(280980:281180), N(5465540:*)]", "[E(*:281080), N(5465240:5465440)]", '[E:"CRS:1"(0:19), N:"CRS:1"(0:9)]',
    "[N(5465605)]", "[E(281000)]", '[E(280980:281180), N(5465540:*), ansi("2021-06-14")]', "[E(9:1)]", "[x(1:2)]",
)  # fmt: skip
NUMBERS = ("0", "1", "-1", "2.5", "0.0001", "10000", "1e308", "1e-300", "true", "false", "99999999999999999999")
BINARY = ("+", "-", "*", "/", "<", "<=", ">", ">=", "=", "!=", "and", "or", "xor", "overlay")
UNARY = (
    "-",
    "not",
    "abs",
    "sqrt",
    "exp",
    "ln",
    "log",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arctan",
    "(float)",
    "(short)",
    "(octet)",
)
REDUCE = ("avg", "sum", "max", "min", "count", "all", "some", "add")
FORMATS = (
    "image/png",
    "image/tiff",
    "text/csv",
    "application/json",
    "application/netcdf",
    "image/jpeg",
    "png",
    "csv",
    "tiff",
    "no/format",
)
MOST_PIXELS = 10_000
PATIENCE_S = 10.0


def query(seed: str) -> str:
    """The processing query of a seed."""
    chance = random.Random(seed)
    if chance.random() < 0.2:
        return damaged(seed)
    text = _query(chance)
    if chance.random() < 0.3:
        tokens = TOKEN.findall(text)
        for _ in range(chance.choice((1, 1, 2, 3))):
            place = chance.randrange(len(tokens))
            tokens[place : place + chance.choice((0, 1, 1, 2))] = chance.choices(WORDS, k=chance.choice((0, 1, 1, 2)))
            tokens = tokens or ["for"]
        text = " ".join(tokens)
    return text


def _query(chance: random.Random) -> str:
    names = chance.choice((("$c",), ("$c",), ("$c", "$d")))
    coverages = (chance.choice((*["s2_l2a"] * 12, "landcover", "dem", "s2_l2a, s2_l2a", "none")) for _ in names)
    loops = ", ".join(f"{name} in ({coverage})" for name, coverage in zip(names, coverages, strict=True))
    let = f" let $l := {_value(chance, names, 2)}" if chance.random() < 0.15 else ""
    known = (*names, "$l") if let else names
    where = f" where {_scalar(chance, known, 2)}" if chance.random() < 0.15 else ""
    value = _value(chance, known, chance.choice((1, 2, 3, 4)))
    if chance.random() < 0.25:
        return f"for {loops}{let}{where} return {_scalar(chance, known, 3)}"
    return f'for {loops}{let}{where} return encode({value}, "{chance.choice(FORMATS)}")'


def _value(chance: random.Random, names: tuple[str, ...], depth: int) -> str:
    """A coverage, or a number."""
    if depth == 0 or chance.random() < 0.1:
        if chance.random() < 0.2:
            return chance.choice(NUMBERS)
        name = chance.choice(names)
        window = SMALL if chance.random() < 0.9 else chance.choice(WINDOWS)
        return f"{name}{window}.{chance.choice(BANDS)}" if name != "$l" else name
    inner = [_value(chance, names, depth - 1) for _ in range(3)]
    made = (
        f"({inner[0]} {chance.choice(BINARY)} {inner[1]})",
        f"({inner[0]} {chance.choice(BINARY)} {inner[1]})",
        f"{chance.choice(UNARY)}({inner[0]})",
        f"switch case {inner[0]} > {chance.choice(NUMBERS)} return {inner[1]} default return {inner[2]}",
        f"{{a: {inner[0]}; b: {inner[1]}}}",
        f"scale({inner[0]}, {{E({chance.choice((0, 4, 20, -1))}), N(7)}})",
        f"extend({inner[0]}, {{E(280900:281180), N(5465500:*)}})",
        f"({inner[0]}){chance.choice(WINDOWS)}",
        f'crsTransform({inner[0]}, "{chance.choice(("EPSG:4326", "EPSG:3857", "EPSG:0"))}", {{}})',
        f"pow({inner[0]}, {chance.choice(NUMBERS)})",
        f"({inner[0]} is null)",
        f"condense {chance.choice(('+', 'max', 'and'))} over $t t(0:{chance.choice((0, 1, 3, 99))}) using {inner[0]}",
        f"coverage k over $x x(0:{chance.choice((0, 4, 30))}) values $x + {_scalar(chance, names, depth - 1)}",
        _scalar(chance, names, depth - 1),
    )
    # What changes the ground fits nothing else.
    return chance.choice(made[:4] if chance.random() < 0.7 else made)


def _scalar(chance: random.Random, names: tuple[str, ...], depth: int) -> str:
    """A number of a coverage, or of such."""
    if depth <= 0 or chance.random() < 0.2:
        return chance.choice(NUMBERS)
    if chance.random() < 0.3:
        return f"({_scalar(chance, names, depth - 1)} {chance.choice(BINARY)} {_scalar(chance, names, depth - 1)})"
    return f"{chance.choice(REDUCE)}({_value(chance, names, depth - 1)})"


def told(engine: Engine, text: str) -> str:
    """What became of a query: `answered`, `planned` where the answer is large, or `refused`.

    Raises:
        Exception: Whatever else came out.
    """
    begun = time.process_time()
    verdict = "answered"
    try:
        with taking(Turn(time.monotonic() + engine.limits.timeout_s)):
            for item in answers(text, engine).items:
                if not isinstance(item, Request):
                    continue
                engine.plan(item)
                if item.grid.width * item.grid.height > MOST_PIXELS:
                    verdict = "planned"
                    continue
                body = engine.run(item).body
                _ = body if isinstance(body, bytes) else list(body)
    except (BadRequest, NotFound, NotOffered, QuerySyntax, QuerySemantics) as error:
        if not (error.message and all(c.isprintable() or c == "\n" for c in error.message)):
            raise
        verdict = "refused"
    except BandstandError as error:
        raise AssertionError(f"it is no fault of the server: {type(error).__name__} {error.message}") from error
    took = time.process_time() - begun
    if took > PATIENCE_S:
        raise AssertionError(f"it took {took:.0f} s")
    return verdict


def expression(seed: str) -> str:
    """The expression of a seed."""
    chance = random.Random(seed)
    return chance.choice(("", " ")).join(chance.choices(TOKENS, k=chance.randint(1, 40)))


__all__ = ["attempt", "expression", "query", "told"]
