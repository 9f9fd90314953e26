"""Which compliance suites are run and how, what is excused of them, and the table of their results."""

import subprocess
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "conformance.md"
START, END = "<!-- suites -->", "<!-- /suites -->"


@dataclass(frozen=True)
class Suite:
    """One run of a suite."""

    path: str
    """Of the service under test."""
    title: str
    options: tuple[str, ...] = ()
    """Parameters beyond those of the runner."""
    runner: str = ""
    """Name that the runner knows it by; empty: its name here."""


SUITES = {
    "wms13": Suite("/wms", "WMS 1.3.0: basic, queryable, recommendations, time", ("time=time",)),
    "wms11": Suite("/wms", "WMS 1.1.1: queryable, recommendations", ("getfeatureinfo=true",)),
    "wmts10": Suite("/wmts", "WMTS 1.0.0: KVP"),
    "wmts10-full": Suite("/wmts", "WMTS 1.0.0: KVP and REST, feature info"),
    "wcs20": Suite("/wcs", "WCS 2.0.1: core, KVP, POST, all extensions"),
    "wcs20-eo": Suite(
        "/wcs",
        "WCS 2.0.1: Earth observation profile",
        (
            "profile_eowcs=eowcs",
            *(
                f"{part}=off"
                for part in ("core", *(f"ext_{name}" for name in ("post", "proc", "scal", "int", "rsub", "crs")))
            ),
        ),
        runner="wcs20",
    ),
    "wcs11": Suite("/wcs", "WCS 1.1.1"),
    "wcs10": Suite(
        "/wcs",
        "WCS 1.0.0: KVP and XML",
        # Its form asks the tester for an update sequence below and one above the published one.
        ("VAR_LOW_UPDATESEQUENCE=0", "VAR_HIGH_UPDATESEQUENCE=9999999999999"),
    ),
}


@dataclass(frozen=True)
class Fault:
    """A test that is wrong in the suite itself."""

    suite: str
    test: str
    reason: str
    clause: str
    """Of the standard that proves it."""
    issue: str = ""
    """Where the suite's own maintainers know of it."""
    count: int = 1
    """How often it fails in a run, no more and no less: a suite may call one test for several requests."""


@dataclass(frozen=True)
class Result:
    """What a suite said."""

    suite: str
    passed: int
    skipped: int
    failures: tuple[dict[str, str], ...]
    """`test`, `assertion`, `message`, `request`, `log`."""

    def times(self, test: str) -> int:
        """How often a test failed."""
        return sum(failure["test"] == test for failure in self.failures)


def read_result(name: str, document: dict) -> Result:
    """A runner's JSON report as a result."""
    counts = document["counts"]
    skipped = counts.get("skipped", 0) + counts.get("not tested", 0)
    return Result(name, counts.get("passed", 0), skipped, tuple(document["failures"]))


def excused() -> tuple[Fault, ...]:
    """Every fault of the suites that we know."""
    return tuple(Fault(**entry) for entry in tomllib.loads((HERE / "excused.toml").read_text()).get("fault", []))


def unexcused(result: Result, faults: tuple[Fault, ...]) -> tuple[dict[str, str], ...]:
    """The failures that nothing excuses; all those of a test that fails more often than it is excused."""
    known = {fault.test: fault.count for fault in faults if fault.suite == result.suite}
    return tuple(f for f in result.failures if result.times(f["test"]) > known.get(f["test"], 0))


def table(results: dict[str, Result], faults: tuple[Fault, ...]) -> str:
    """The results as the page shows them."""
    lines = ["| suite | what it runs | passed | failed | skipped | excused |", "|---|---|---|---|---|---|"]
    for name, result in results.items():
        bad = len(unexcused(result, faults))
        let = len(result.failures) - bad
        lines.append(f"| {name} | {SUITES[name].title} | {result.passed} | {bad} | {result.skipped} | {let} |")
    return "\n".join(lines)


def published() -> tuple[str, str]:
    """When the page's results were got, and their table."""
    text = PAGE.read_text(encoding="utf-8")
    when, _, lines = text.partition(START)[2].partition(END)[0].strip().partition("\n\n")
    return when, lines


def publish(lines: str) -> None:
    """Put a table into the page, as of today and this commit."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
    when = f"Last full run: {datetime.now(UTC):%Y-%m-%d}, commit `{commit}`."
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n{when}\n\n{lines}\n{END}{after}", encoding="utf-8")
