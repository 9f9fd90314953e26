"""The compliance suites of the OGC, run against the conformance instance."""

import pytest
from tests.cite.suites import SUITES, excused, publish, published, table

FAULTS = excused()


@pytest.mark.parametrize("name", SUITES)
def test_no_test_of_the_suite_fails_but_those_that_are_wrong_themselves(results, name):
    known = {fault.test for fault in FAULTS if fault.suite == name}
    keys = ("test", "assertion", "message", "request", "log")
    told = ["\n  ".join(f[key] for key in keys) for f in results[name].failures if f["test"] not in known]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("name", SUITES)
def test_the_suite_runs_to_its_end(results, name):
    assert results[name].passed > 50, results[name]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.suite}-{fault.test}")
def test_what_is_excused_still_fails(results, fault):
    assert fault.test in results[fault.suite].failed, "it passes: take it out of excused.toml"


def test_the_page_has_the_results_of_this_run(results):
    found = table(results, FAULTS)
    before = published()
    if before != found:
        publish(found)
    assert before == found, "docs/conformance.md had other results and has been rewritten; commit it"
