"""Whatever a list asks for is checked, and whatever is checked stands in a list."""

import pytest
from tests.conformance.lists import HERE, read_lists, written

LISTS = read_lists()
WRITTEN = written()
each_list = pytest.mark.parametrize("found", LISTS, ids=lambda found: found.name)


@each_list
def test_every_check_has_its_tests(found):
    assert found.checks
    assert [check.name for check in found.checks if not check.tests or set(check.tests) - WRITTEN] == []


@each_list
def test_every_check_tells_its_clause_and_what_it_asks(found):
    told = {check.name: any(c.isdigit() for c in check.clause) and len(check.says) > 12 for check in found.checks}
    assert [name for name, enough in told.items() if not enough] == []


def test_every_test_is_listed():
    named = {test for found in LISTS for check in found.checks for test in check.tests}
    assert sorted(WRITTEN - named) == []


def test_the_page_shows_every_list():
    page = (HERE.parents[1] / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert [found.name for found in LISTS if f"(../tests/conformance/lists/{found.name}.toml)" not in page] == []


def test_every_folder_of_tests_has_a_list():
    folders = {path.parent.relative_to(HERE).as_posix() for path in HERE.glob("*/**/test_*.py")}
    assert folders == {found.folder for found in LISTS}
