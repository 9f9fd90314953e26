"""Whatever a list asks for is checked, and whatever is checked stands in a list."""

import pytest
from tests.conformance.lists import HERE, read_lists, written

LISTS = read_lists()
CHECKS = [pytest.param(check, id=f"{found.name}-{check.name}") for found in LISTS for check in found.checks]
WRITTEN = written()


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_has_its_tests(check):
    assert check.tests
    assert set(check.tests) <= WRITTEN


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_tells_its_clause_and_what_it_asks(check):
    assert any(c.isdigit() for c in check.clause)
    assert len(check.says) > 12


def test_every_test_is_listed():
    named = {test for found in LISTS for check in found.checks for test in check.tests}
    assert sorted(WRITTEN - named) == []


def test_the_page_shows_every_list():
    page = (HERE.parents[1] / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert [found.name for found in LISTS if f"(../tests/conformance/lists/{found.name}.toml)" not in page] == []


def test_every_folder_of_tests_has_a_list():
    folders = {path.parent.relative_to(HERE).as_posix() for path in HERE.glob("*/**/test_*.py")}
    assert folders == {found.folder for found in LISTS}
