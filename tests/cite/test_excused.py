"""What is excused gives its reasons."""

import pytest
from tests.cite.suites import SUITES, excused

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
