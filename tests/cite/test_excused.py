"""What is excused gives its reasons."""

import re

import pytest
from tests.cite.suites import SUITES, Fault, Result, excused, published, table, unexcused

FAULTS = excused()


def test_nothing_is_excused_twice():
    names = [(fault.suite, fault.test) for fault in FAULTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.suite}-{fault.test}")
def test_a_fault_names_its_suite_its_reason_and_the_clause_that_proves_it(fault):
    assert fault.suite in SUITES
    assert len(fault.reason) > 40
    assert any(c.isdigit() for c in fault.clause)
    assert fault.issue == "" or fault.issue.startswith("https://")


def result(*tests):
    keys = ("assertion", "message", "request", "log")
    return Result("wcs20", 10, 0, tuple({"test": test} | dict.fromkeys(keys, "-") for test in tests))


def fault(test, **changes):
    return Fault("wcs20", test, "reason", "clause 1", **changes)


@pytest.mark.parametrize(
    ("failed", "count", "left"), [(1, 1, 0), (2, 2, 0), (2, 1, 2), (3, 1, 3), (3, 2, 3), (1, 2, 0)]
)
def test_a_test_that_fails_more_often_than_it_is_excused_is_not_excused_at_all(failed, count, left):
    assert len(unexcused(result(*["a:b"] * failed), (fault("a:b", count=count),))) == left


def test_what_is_excused_in_one_suite_is_not_in_another():
    other = Fault("wcs11", "a:b", "reason", "clause 1")
    assert [failure["test"] for failure in unexcused(result("a:b", "a:c"), (other, fault("a:c")))] == ["a:b"]


def test_the_table_counts_what_fails_too_often_as_failed():
    (line,) = table({"wcs20": result("a:b", "a:b", "a:c")}, (fault("a:b"), fault("a:c"))).splitlines()[2:]
    assert line.endswith("| 10 | 2 | 0 | 1 |")


def test_the_page_excuses_what_is_listed_here_and_tells_of_which_run():
    when, lines = published()
    assert re.fullmatch(r"Last full run: \d{4}-\d\d-\d\d, commit `[0-9a-f]{7,}`\.", when)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines.splitlines()[2:]]
    counts = dict.fromkeys(SUITES, 0)
    for known in FAULTS:
        counts[known.suite] += known.count
    assert {suite: int(let) for suite, *_, let in cells} == counts
