"""`bandstand ingest`, killed at any moment, and what must hold of the catalogue then and after the next ingest."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from tests.abuse.conftest import children, gone

from bandstand.catalog.packing import pack
from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.main import run

SCENES, BATCH = 120, 50
"""Scenes of the archive, and as many as an ingest writes at once."""
PATIENCE_S = 60
NAME = "c"


@dataclass
class Kills:
    """An archive, its whole catalogue, and how long it takes to make that."""

    folder: Path
    whole: dict[str, str]
    """The scenes of an ingest that nobody disturbed, as they are kept, by id."""
    takes_s: float

    def tried(self, seed: str) -> tuple[str, int]:
        """What is wrong after an ingest was killed, empty when nothing is; and how many scenes it had written."""
        chance = random.Random(seed)
        path = self._configured("killed")
        _forget(path)
        if chance.random() < 0.3:
            # A catalogue that is there already, and made anew.
            shutil.copy(self.folder / "whole-c.sqlite", self.folder / "killed-c.sqlite")
        if wrong := self._killed(path, chance.uniform(0.0, self.takes_s * 1.1), alone=chance.random() < 0.5):
            return wrong, 0
        found, wrong = self._looked(path)
        if wrong:
            return wrong, len(found)
        if code := _ingest(path):
            return f"the next ingest ended with {code}", len(found)
        after, wrong = self._looked(path)
        return wrong or ("" if after == self.whole else "the next ingest did not complete it"), len(found)

    def _configured(self, name: str) -> Path:
        path = self.folder / f"{name}.yml"
        path.write_text(
            f"collections: {{{NAME}: {{source: archive}}}}\nlayers: [{{name: {NAME}, collection: {NAME}}}]\n"
            f"catalog: {{path: {name}-c.sqlite}}\n"
        )
        return path

    @staticmethod
    def _killed(config: Path, moment_s: float, *, alone: bool) -> str:
        """Begin an ingest and kill it, `alone` or with the process that reads for it, a while after it began."""
        command = [
            str(Path(sys.executable).with_name("bandstand")),
            "ingest",
            "-c",
            str(config),
            "-j",
            "1",
            "--replace",
        ]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True
        )  # fmt: skip
        below: list[int] = []
        # It has begun when there is somebody who reads.
        until = time.monotonic() + PATIENCE_S
        while not below and process.poll() is None and time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
            below = children(process.pid)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment_s)
        for pid in [] if alone else below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return "" if all(gone(pid) for pid in below) else "the process that reads for it lives on"

    def _looked(self, config: Path) -> tuple[dict[str, str], str]:
        """The scenes of a catalogue, and what is wrong with it."""
        path = config.with_name(f"{config.stem}-c.sqlite")
        if not path.exists():
            return {}, ""
        with contextlib.closing(sqlite3.connect(path)) as plain:
            state = (
                plain.execute("PRAGMA integrity_check").fetchall()
                + plain.execute("PRAGMA foreign_key_check").fetchall()
            )
        if state != [("ok",)]:
            return {}, f"integrity: {state}"
        return judged(kept(path), self.whole)


def judged(found: dict[str, str], whole: dict[str, str]) -> tuple[dict[str, str], str]:
    """The scenes that were found, and what is wrong with them: each is as it should be, and batches are whole."""
    if strange := [name for name, body in found.items() if whole.get(name) != body]:
        return found, f"{len(strange)} scenes are not as they should be: {strange[:3]}"
    if len(found) % BATCH and len(found) != len(whole):
        return found, f"{len(found)} scenes are no whole batches of {BATCH}"
    return found, ""


def kept(path: Path) -> dict[str, str]:
    """The scenes of a catalogue as they are kept, with their files, by id."""
    catalog = open_catalog(path)
    try:
        return {
            item.id: f"{pack(item)} {[asset.index for asset in item.assets.values()]}" for item in catalog.search(NAME)
        }
    finally:
        catalog.close()


def prepared(folder: Path) -> Kills:
    """Write an archive, and ingest it undisturbed."""
    (folder / "archive").mkdir()
    for number in range(SCENES):
        with rasterio.open(
            folder / "archive" / f"s{number:03}_20220601.tif", "w", driver="GTiff", width=16, height=16, count=2,
            dtype="uint8",
            crs="EPSG:32631", transform=rasterio.Affine(10, 0, 3e5 + 160 * number, 0, -10, 5e6),
        ) as file:  # fmt: skip
            file.write(np.full((2, 16, 16), number + 1, np.uint8))
    kills = Kills(folder, {}, 0.0)
    path = kills._configured("whole")
    begun = time.monotonic()
    if code := _ingest(path):
        raise AssertionError(f"the archive cannot be ingested: {code}")
    kills.takes_s = time.monotonic() - begun
    kills.whole = kept(folder / "whole-c.sqlite")
    return kills


def _ingest(config: Path) -> int:
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        return run(["ingest", "-c", str(config), "-j", "1"])


def _forget(config: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        config.with_name(f"{config.stem}-c.sqlite{ending}").unlink(missing_ok=True)
