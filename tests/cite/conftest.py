"""A running conformance instance, and the results of every compliance suite against it, got once a test run.

The suites are other people's programs: where CITE_SUITES and CITE_CLASSPATH do not name them, none is asked for.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cite.suites import SUITES, Result, read_result
from tests.fixtures.certifying import certifying

collect_ignore = [] if {"CITE_SUITES", "CITE_CLASSPATH"} <= os.environ.keys() else ["test_suites.py"]

SUITE_PATIENCE_S = 300
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Short programs: the second compiler would cost as much again as they take."""


@pytest.fixture(scope="session")
def instance(tmp_path_factory):
    """Base URL of a conformance instance, without a slash at the end."""
    with certifying(tmp_path_factory.mktemp("cite") / "site") as base:
        yield base


@pytest.fixture(scope="session")
def suites_home():
    """Where the engine of the suites and the logs of their runs are kept between test runs."""
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is not installed: the compliance suites need a JDK 17 and Maven")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "bandstand-tests" / "cite"


@pytest.fixture(scope="session")
def results(shared, suites_home, tmp_path_factory, testrun_uid, request) -> dict[str, Result]:
    """Result of each suite by name; parallel workers of one test run share them."""
    suites_home.mkdir(parents=True, exist_ok=True)
    kept = suites_home / f"results-{testrun_uid}.json"
    # One run at a time on a machine: the engine's work folders are not made for two.
    with (suites_home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            base = request.getfixturevalue("instance")
            folder = tmp_path_factory.mktemp("results")
            found = {name: run_suite(name, base, shared, suites_home, folder) for name in SUITES}
            for old in suites_home.glob("results-*.json"):
                old.unlink()
            kept.write_text(json.dumps(found))
        documents = json.loads(kept.read_text())
    return {name: read_result(name, document) for name, document in documents.items()}


def run_suite(name: str, base: str, shared: Path, home: Path, folder: Path) -> dict:
    """Run one suite; its JSON report."""
    suite = SUITES[name]
    report = folder / f"{name}.json"
    # Logs of the last run are enough.
    shutil.rmtree(home / name / "users", ignore_errors=True)
    ended = subprocess.run(
        [
            sys.executable,
            shared / "tools" / "run_cite.py",
            suite.runner or name,
            f"{base}{suite.path}",
            *suite.options,
            "--json",
            report,
        ],
        env=os.environ | {"CITE_HOME": str(home), "SCHEMAS": str(shared / "schemas"), "JAVA_OPTS": JAVA_OPTIONS},
        capture_output=True,
        text=True,
        timeout=SUITE_PATIENCE_S,
        check=False,
    )
    if ended.returncode not in {0, 1} or not report.exists():
        raise AssertionError(f"{name} could not run:\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}")
    return json.loads(report.read_text())
