"""Processing queries that were damaged: each is answered, or refused with a report of the right kind."""

import random
import re
import time
from pathlib import Path

import pytest
import yaml
from lxml import etree

QUERIES = Path(__file__).parents[1] / "parity" / "wcps_queries.yml"
WINDOWS = {"{w}": "[E(280980:281580), N(5465240:*)]", "{n}": "[E(281580:*)]"}
TEXTS = [
    re.sub(r"\{[wn]\}", lambda found: WINDOWS[found[0]], query["query"])
    for query in yaml.safe_load(QUERIES.read_text(encoding="utf-8"))
]
TOKEN = re.compile(r'"[^"]*"|\$?\w+(?:\.\d+)?|[<>!:]=|\S')
WORDS = [
    "$c", "$t", "$x", "B08", "SCL", "nothing", "s2_l2a", "ndvi", "0", "1", "-1", "1e308", "1e-300", "255uc", '"2021"',
    '"EPSG:4326"', '"EPSG:3857"', '"CRS:1"', '"png"', '"application/netcdf"', '"text/csv"', '"application/gml+xml"',
    "*", "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "+", "-", "/", "=", "<", "and", "not", "is", "null",
    "switch", "case", "default", "return", "condense", "over", "using", "where", "let", "avg", "max", "scale", "extend",
    "crsTransform", "domain", "imageCrsDomain", "ansi", "E", "N", "Lat", "(float)", "(short)", "overlay", "mod",
    "true",
]  # fmt: skip
POOL = [*WORDS, *(token for text in TEXTS for token in TOKEN.findall(text))]
OWS = "{http://www.opengis.net/ows/2.0}"
CODES = {
    "SyntaxError", "SemanticError", "NoSuchCoverage", "NoSuchField", "InvalidAxisLabel", "InvalidSubsetting",
    "NoApplicableCode", "InvalidParameterValue", "MissingParameterValue",
}  # fmt: skip


KEYWORDS = frozenset({
    "for", "in", "let", "where", "return", "encode", "switch", "case", "default", "condense", "over", "using", "not",
    "and", "or", "xor", "is", "null",
})  # fmt: skip


def kind(token):
    """Tokens of a kind take each other's place, so that what comes out often is a query still."""
    if token in KEYWORDS:
        return "keyword"
    if token[0] == '"':
        return "text"
    if token[0].isdigit():
        return "number"
    if token[0] == "$":
        return "variable"
    return "name" if token[0].isalpha() else "sign"


def damaged(seed):
    """A query with a few tokens replaced by others of their kind, dropped, doubled, swapped or put in."""
    chance = random.Random(seed)
    tokens = TOKEN.findall(chance.choice(TEXTS))
    for _ in range(chance.randint(1, 3)):
        if chance.random() < 0.85:
            places = [i for i, token in enumerate(tokens) if kind(token) not in {"keyword", "sign"}]
            place = chance.choice(places)
            tokens[place] = chance.choice([word for word in POOL if kind(word) == kind(tokens[place])])
        else:
            _break(tokens, chance)
    return " ".join(tokens)


def _break(tokens, chance):
    place, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
    match chance.randrange(5):
        case 0:
            del tokens[place]
        case 1:
            tokens.insert(place, tokens[other])
        case 2:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        case 3:
            tokens[place] = chance.choice(WORDS)
        case _:
            tokens.insert(place, chance.choice(WORDS))


@pytest.mark.parametrize("seed", range(400))
def test_a_damaged_query_is_answered_or_refused(client, seed):
    query = damaged(seed)
    started = time.perf_counter()
    keys = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query}
    answer = client.get("/wcs", query_string=keys)
    body = answer.get_data()
    assert time.perf_counter() - started < 10.0, query
    assert answer.status_code in {200, 400, 404}, (query, answer.text)
    if answer.status_code != 200:
        (found,) = etree.fromstring(body).iterfind(f"{OWS}Exception")
        assert found.get("exceptionCode") in CODES, (query, found.get("exceptionCode"))
        assert found.findtext(f"{OWS}ExceptionText"), query
