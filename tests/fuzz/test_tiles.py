"""Malformed addresses of XYZ tiles: a problem document each (RFC 9457), never a 5xx."""

import pytest
from tests.fuzz.grammar import Key, Operation, Protocol, good_url, malformed

TILE = "/xyz/{layer}/{z}/{x}/{y}.png"
ASKED = f"{TILE}?style={{style}}&time={{time}}&expr={{expr}}&range={{range}}&maxcc={{maxcc}}&resampling={{resampling}}"
ADDRESS = (
    Key("layer", "layer", "s2_l2a"),
    Key("z", "tile", "14"),
    Key("x", "tile", "8192"),
    Key("y", "tile", "5605"),
)
OURS = (
    Key("style", "style", ""),
    Key("time", "time", "2022-07-19"),
    Key("expr", "expression", "(B08-B04)/(B08+B04)"),
    Key("range", "box", "0,1"),
    Key("maxcc", "share", "100"),
    Key("resampling", "word", "nearest"),
)
XYZ = Protocol(
    name="XYZ",
    path="",
    template="operations",
    form="problem",
    operations=(
        Operation(f"tile {TILE}", ADDRESS),
        Operation(f"tile {ASKED}", (*ADDRESS, *OURS)),
        Operation("tilejson /xyz/{layer}/tilejson.json?expr={expr}", (ADDRESS[0], OURS[2])),
    ),
    codes={"*": ""},
    most=6,
)
CASES = malformed(XYZ)
NAMES = {"layer", "z", "x", "y", "path", "format", *(key.name for key in OURS)}


@pytest.mark.parametrize("operation", XYZ.operations, ids=lambda operation: operation.name.split("?")[0])
def test_the_addresses_that_are_spoiled_are_good_ones(client, operation):
    assert client.get(good_url(XYZ, operation)).status_code == 200


def test_there_are_hundreds_of_them():
    assert len(CASES) >= 400


def test_a_malformed_address_gets_a_problem_document(client):
    wrong = []
    for case in CASES:
        answer = client.get(case.url)
        told = answer.get_json() if answer.mimetype == "application/problem+json" else {}
        sound = {"type", "title", "status", "detail"} <= told.keys()
        sound &= told.get("parameter", "path").casefold() in NAMES
        if answer.status_code not in {400, 404} or told.get("status") != answer.status_code or not sound:
            wrong.append((case.why, case.url[:200], answer.status_code, answer.get_data()[:200]))
    assert wrong == []
