"""What one query may cost in all: its length, what it evaluates, and what its numbers are made of."""

import tracemalloc

import pytest
from lxml import etree

from bandstand.engine import process as engine_process
from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages"}
HEAD = "for $c in (s2_l2a) return "
MEGABYTE = 2**20


def report(answer):
    """Code, locator and text of an exception report."""
    (found,) = etree.fromstring(answer.get_data())
    return found.get("exceptionCode"), found.get("locator"), found[0].text


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


@pytest.fixture
def process(client):
    return lambda query: client.post("/wcs", data={**KEYS, "QUERY": query})


@pytest.fixture
def summaries(monkeypatch):
    """How often pixels are summed up."""
    counted = []
    plain = engine_process.summarise

    def counting(*args):
        counted.append(args)
        return plain(*args)

    monkeypatch.setattr(engine_process, "summarise", counting)
    return counted


# Length


def test_a_query_that_its_parameters_make_too_long_is_never_put_together(client):
    body = f"""<proc:ProcessCoverages service="WCS" version="2.0.1"
        xmlns:proc="http://www.opengis.net/wcs/processing/2.0">
      <proc:query>{"$1 " * 200}</proc:query><proc:extraParameter>{"x" * MEGABYTE}</proc:extraParameter>
    </proc:ProcessCoverages>"""
    tracemalloc.start()
    answer = client.post("/wcs", data=body, content_type="text/xml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    code, _, told = report(answer)
    assert (answer.status_code, code, "limits.expression_max_length" in told) == (400, "SyntaxError", True)
    assert peak < 40 * MEGABYTE


def test_a_query_that_is_too_long_is_refused_before_its_parameters_are_looked_at(process):
    code, locator, told = report(process("$1 " * 3000))
    assert (code, "limits.expression_max_length" in told) == ("SyntaxError", True)
    assert locator.endswith("at line 1, column 1")


# Numbers of coverages


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        (" + ".join(["avg($c.B04)"] * 20), 1),
        ("max($c.B04) - min($c.B04)", 1),
        ('condense + over $t time(1:50) using avg($c.B04[time("2021-06-14")]) + $t', 1),
        ("condense + over $t ansi(*:*) using avg($c.B04[ansi($t)])", 4),
        ("avg($c.B04 * 2) + avg($c.B04 * 3)", 2),
        ("avg($c.B04) + avg($c.B08)", 2),
        ("avg($c.B04 - $c.B08) + avg($c.B08 - $c.B04)", 2),
        ('avg($c.B04) + avg($c.B04[time("2021-06-14")])', 2),
        ("avg($c.B04) + avg(scale($c.B04, 0.5))", 2),
    ],
)
def test_what_is_asked_twice_is_computed_once(process, summaries, expression, times):
    answer = process(HEAD + expression)
    assert answer.status_code == 200, answer.text
    assert len(summaries) == times


def test_every_coverage_of_a_list_is_computed_once(process, summaries):
    answer = process(f"for $c in ({','.join(['ndvi', 'elevation'] * 20)}) return avg($c)")
    assert answer.status_code == 200, answer.text
    assert len(summaries) == 2


def test_a_number_that_is_remembered_is_the_same(process):
    alone = [float(process(f"{HEAD}{name}($c.B04)").text) for name in ("avg", "min", "max")]
    assert float(process(f"{HEAD}avg($c.B04) + min($c.B04) - max($c.B04)").text) == alone[0] + alone[1] - alone[2]


LOOP = "condense + over $t time(1:40) using avg(($c.B04 + $t))"


@pytest.mark.parametrize(
    ("limit", "most"),
    [("coverage_max_items: 4", 20), ("coverage_max_px: 300000", 4), ("read_max_bytes: 500000", 4)],
    ids=lambda value: str(value).partition(":")[0],
)
def test_all_numbers_of_a_query_have_the_limits_of_one_coverage(limited, summaries, limit, most):
    ask = limited(limit)
    assert ask(HEAD + "avg($c.B04)").status_code == 200
    summaries.clear()
    code, locator, told = report(ask(HEAD + LOOP))
    assert (code, locator, f"limits.{limit.partition(':')[0]}" in told) == ("NoApplicableCode", "query", True)
    assert 1 <= len(summaries) <= most


def test_formulas_of_all_turns_are_not_compiled_without_end(limited, summaries):
    ask = limited("expression_max_operations: 10")
    code, _, told = report(ask(f"{HEAD}condense + over $t time(1:80) using avg({' + '.join(['$c.B04'] * 20)} + $t)"))
    assert (code, "limits.expression_max_operations" in told) == ("NoApplicableCode", True)
    assert len(summaries) == 1000 // 20


@pytest.mark.parametrize(("turns", "status"), [(5, 200), (6, 400)])
def test_turns_within_a_coverage_count_too(limited, summaries, turns, status):
    answer = limited("coverage_max_px: 70000")(f"{HEAD}avg(condense + over $t time(1:{turns}) using $c.B04 + $t)")
    assert answer.status_code == status, answer.text
    assert len(summaries) == (status == 200)
    assert (status == 200) or "5 times limits.coverage_max_px" in answer.text


def test_conditions_count_with_the_results(limited):
    ask = limited("coverage_max_px: 150000")
    one = "for $c in (s2_l2a, s2_l2a) where avg($c.B04) > 0 return "
    assert ask(one + "avg($c.B04)").status_code == 200
    code, _, told = report(ask(one + 'encode($c.B08, "tiff")'))
    assert (code, "limits.coverage_max_px" in told) == ("NoApplicableCode", True)


def test_several_files_read_no_more_than_one_may(limited):
    ask = limited("read_max_bytes: 700000")
    assert ask('for $c in (s2_l2a, s2_l2a) return encode($c.B08, "tiff")').status_code == 200
    code, locator, told = report(ask(f'for $c in ({",".join(["s2_l2a"] * 30)}) return encode($c.B08, "tiff")'))
    assert (code, locator, "limits.read_max_bytes" in told) == ("NoApplicableCode", "query", True)


def test_a_place_without_scenes_counts(limited, summaries):
    ask = limited("coverage_max_items: 5")
    bare = "avg(extend($c.B04, {E(900000:900100), N(5464940:5465240)}) + $t)"
    code, _, told = report(ask(f"{HEAD}condense + over $t time(1:40) using {bare}"))
    assert (code, "limits.coverage_max_items" in told) == ("NoApplicableCode", True)
    assert len(summaries) == 25


# Evaluation


@pytest.mark.parametrize(
    "expression",
    [
        "condense + over $t time(1:1900) using " + " + ".join(["$t"] * 600),
        "condense + over $s time(1:40) using condense + over $t time(1:40) using " + " + ".join(["$t"] * 600),
    ],
    ids=["one loop", "two loops"],
)
def test_a_loop_over_much_arithmetic_is_refused(process, expression):
    code, _, told = report(process(HEAD + expression))
    assert (code, "each counted as often as it is evaluated" in told) == ("SemanticError", True)


def test_a_loop_of_a_hundred_turns_may_compute_a_little(process):
    answer = process(f"{HEAD}condense + over $t time(1:100) using {' + '.join(['$t'] * 100)}")
    assert answer.text == str(100 * 5050)


@pytest.mark.parametrize(
    "query",
    [
        HEAD + 'encode(scale($c, {E(0:99999), N(0:99999)}), "tiff")',
        HEAD + "avg(scale($c, {E(0:99999), N(0:99999)}))",
    ],
)
def test_a_limit_is_about_the_query(process, query):
    code, locator, told = report(process(query))
    assert (code, locator, "limits.coverage_max_px" in told) == ("NoApplicableCode", "query", True)


@pytest.mark.parametrize("word", ["RANGESUBSET", "SCALESIZE", "SCALEFACTOR"])
def test_a_limit_names_no_parameter_that_a_query_lacks(process, word):
    assert word not in report(process(HEAD + 'encode(scale($c, {E(0:99999), N(0:99999)}), "tiff")'))[2]
