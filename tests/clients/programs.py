"""Clients that are programs of their own: QGIS without a screen, and Chromium."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PROBE = Path(__file__).with_name("qgis_probe.py")
PYTHON = "/usr/bin/python3"
"""The Python that has QGIS's bindings."""
PATIENCE_S = 120
_CHROMIUM = "chromium"
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)


def run_qgis(jobs: Sequence[dict], folder: Path, probe: Path = PROBE) -> list[dict]:
    """What QGIS makes of jobs (see `qgis_probe.py`, or another probe), all in one run of it, in a home of its own."""
    if subprocess.run([PYTHON, "-c", "import qgis.core"], capture_output=True, check=False).returncode:
        pytest.skip("QGIS's Python bindings are not installed (Debian: python3-qgis)")
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(runtime)}
    ran = subprocess.run(
        [PYTHON, str(probe)],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env=environment,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def qgis_version() -> str:
    """Of the bindings that are installed."""
    code = "import qgis.core; print(qgis.core.Qgis.version())"
    return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def running_chromium() -> Iterator[object]:
    """Playwright's handle on a headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = shutil.which(_CHROMIUM)
    if path is None:
        pytest.skip("no chromium on this machine (Debian: apt install chromium)")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(_SWITCHES))
        try:
            yield browser
        finally:
            browser.close()
