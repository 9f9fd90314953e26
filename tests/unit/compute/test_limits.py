"""Bounds: whatever is sent, the answer comes at once."""

import time

import pytest

from bandstand.errors import InvalidProgram
from bandstand.model.limits import Limits

WIDE = Limits(expression_max_length=10**6, expression_max_operations=10**6, expression_max_depth=10**6)

REFUSED = [
    ("B04" + " " * 5000, Limits(), "expression too long: 5003 characters, limit 4000 (limits.expression_max_length)"),
    (
        "+".join(["B04"] * 301),
        Limits(),
        "expression too complex: 300 operations, limit 200 (limits.expression_max_operations)",
    ),
    ("(" * 41 + "B04" + ")" * 41, Limits(), "expression too deep: more than 40 levels (limits.expression_max_depth)"),
    ("(" * 10_000 + "B04" + ")" * 10_000, WIDE, "expression too deep"),
    ("(" * 10_000, WIDE, "expression too deep"),
    ("-" * 10_000 + "B04", WIDE, "expression too deep"),
    ("not " * 10_000 + "B04", WIDE, "expression too deep"),
    ("B04**" * 10_000 + "2", WIDE, "expression too deep"),
    ("B04?" * 10_000 + "2", WIDE, "expression too deep"),
    ("abs(" * 10_000 + "B04", WIDE, "expression too deep"),
    ("+".join(["B04"] * 10_000), WIDE, "expression too complex"),
    ("B04*" + "+B04*".join(f"{i}.5" for i in range(400)), WIDE, "expression too complex"),
    (
        "x0=B04;" + ";".join(f"x{i + 1}=x{i}*x{i}" for i in range(200)),
        WIDE,
        "expression too complex: more than a million operations",
    ),
    ("B04<" * 999 + "B04", WIDE, "expression too complex"),
    ("B04 + 9**9**9**9", WIDE, "a number grows too large"),
    ("B04 + " + "9" * 400, WIDE, "the number"),
    ("B04 + 10**308*10", WIDE, "a number grows too large"),
]


@pytest.mark.parametrize(("text", "limits", "start"), REFUSED, ids=[r[0][:20] for r in REFUSED])
def test_too_much_is_refused_at_once(read, text, limits, start):
    begin = time.process_time()
    with pytest.raises(InvalidProgram) as caught:
        read(text, limits=limits)
    assert caught.value.message.startswith(start)
    assert time.process_time() - begin < 2


ACCEPTED = [
    "+".join(["B04"] * 201),
    "*".join(["B04"] * 201),
    "%".join(["B04"] * 40 + ["7"]),
    "(" * 40 + "B04" + ")" * 40,
    "(1+" * 40 + "B04" + ")" * 40,
    "a=B04;" + ";".join(f"a{i}=a*{i}" for i in range(60)),
    "max(" + ",".join(["B04", "B08"] * 32) + ")",
    "classify(B04,[" + ",".join(map(str, range(90))) + "],[" + ",".join(map(str, range(91))) + "])",
]


@pytest.mark.parametrize("text", ACCEPTED, ids=[a[:20] for a in ACCEPTED])
def test_what_lies_within_the_limits_is_computed(read, raster, text):
    expression = read(text)
    result = expression(raster({name: [[500, 1500]] for name in expression.inputs}))
    assert result.valid.all()


def test_operations_count_what_an_index_does(read):
    assert read("NDVI*2").operations == 4
