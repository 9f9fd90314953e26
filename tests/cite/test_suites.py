"""The compliance suites of the OGC, run against the conformance instance."""

import pytest
from tests.cite.suites import SUITES, excused, publish, published, table, unexcused

FAULTS = excused()


@pytest.mark.parametrize("name", SUITES)
def test_no_test_of_the_suite_fails_but_those_that_are_wrong_themselves(results, name):
    keys = ("test", "assertion", "message", "request", "log")
    told = ["\n  ".join(f[key] for key in keys) for f in unexcused(results[name], FAULTS)]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("name", SUITES)
def test_the_suite_runs_to_its_end(results, name):
    assert results[name].passed > 50, results[name]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.suite}-{fault.test}")
def test_what_is_excused_fails_as_often_as_it_is_excused(results, fault):
    assert results[fault.suite].times(fault.test) == fault.count, "0: take it out of excused.toml; else look at each"


def test_the_page_has_the_results_of_this_run(results):
    found = table(results, FAULTS)
    _, before = published()
    if before != found:
        publish(found)
    assert before == found, "docs/conformance.md had other results and has been rewritten; commit it"
