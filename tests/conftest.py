"""Fixtures that many rooms share, and the rule that CI skips nothing."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# In CI the generated cases are the same each time, so that a failure tells of the change and not of the day; whoever
# runs the tests by hand looks at new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# libxml2 reads this once, before its first use: the OGC schemas are looked up in the shared folder, never in the net.
if os.environ.get("BANDSTAND_SHARED"):
    _catalog = Path(os.environ["BANDSTAND_SHARED"]).resolve() / "schemas" / "catalog.xml"
    os.environ.setdefault("XML_CATALOG_FILES", _catalog.as_uri())

# A small whole Bandstand: `site`, `engine`, `client`, `live`.
pytest_plugins = ["tests.fixtures.site"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real scenes and schemas that is too large to live in the repository."""
    folder = os.environ.get("BANDSTAND_SHARED", "")
    if not folder:
        pytest.skip("BANDSTAND_SHARED is unset: the real scenes and the OGC schemas are not at hand")
    return Path(folder)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With BANDSTAND_NO_SKIP set (as in CI) a skipped test is a failed one."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("BANDSTAND_NO_SKIP") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
