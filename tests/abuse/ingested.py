"""Broken STAC documents, ingested as people do, and what must hold then."""

import contextlib
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from lxml import etree
from tests.abuse import documents
from tests.abuse.helper import Helper, Task
from tests.abuse.requests import PARSER

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.main import run
from bandstand.config.load import load_config
from bandstand.engine.build import build_engine
from bandstand.errors import BandstandError
from bandstand.model.item import Item
from bandstand.model.time import isoformat
from bandstand.web.app import Settings, mount_services

BATCH = 160
IN_A_FOLDER = 8
PATIENCE_S = 15
"""For one document alone."""
PROFILES = ("", "sentinel-2-l2a", "categorical", "dem", "rgb", "landsat-c2-l2")
NAME = "c"
ABOUT = (
    "/wms?service=WMS&version=1.3.0&request=GetCapabilities", "/wms?service=WMS&version=1.1.1&request=GetCapabilities",
    "/wmts?service=WMTS&version=1.0.0&request=GetCapabilities",
    "/wcs?service=WCS&version=2.0.1&request=GetCapabilities",
    f"/wcs?service=WCS&version=2.0.1&request=DescribeCoverage&coverageId={NAME}",
    f"/wcs?service=WCS&version=1.1.1&request=DescribeCoverage&identifiers={NAME}",
    f"/wcs?service=WCS&version=1.0.0&request=DescribeCoverage&coverage={NAME}",
    f"/wcs?service=WCS&version=2.0.1&request=DescribeEOCoverageSet&EOId={NAME}",
    f"/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageId={NAME}&scaleSize=i(9),j(9)", "/readyz",
)  # fmt: skip
SAID = ("Traceback", "Warning:", "Exception ignored", "Error:")


@dataclass
class Soil:
    """What documents are made of."""

    sound: list[tuple[documents.Json, Path]]
    others: list[documents.Json]
    port: int

    def grow(self, folder: Path, seed: int, numbers: Sequence[int]) -> list[str]:
        """Write a source with the documents of some numbers, a good one in each folder, and its configuration.

        Returns:
            Ids of the good ones.
        """
        profile = random.Random(f"{seed} {numbers[0] // BATCH}").choice(PROFILES)
        said = f", profile: {profile}" if profile else ""
        folder.mkdir()
        (folder / "config.yml").write_text(
            f"collections: {{{NAME}: {{source: archive{said}}}}}\nlayers: [{{name: {NAME}, collection: {NAME}}}]\n"
            "catalog: {path: c.sqlite}\narchive: {file_timeout_s: 5}\n"
        )
        good, names = [], []
        for start in range(numbers[0] - numbers[0] % IN_A_FOLDER, numbers[-1] + 1, IN_A_FOLDER):
            chance = random.Random(f"{seed} {start} folder")
            home = folder / "archive" / str(start)
            document, files = chance.choice(self._fitting(profile))
            self._furnish(home, files)
            good.append(f"good-{start}")
            # Red is a band of every profile of colours.
            key = "red" if "red" in document["assets"] else next(iter(document["assets"]))
            plain = {**document, "id": good[-1], "assets": {key: document["assets"][key]}}
            (home / chance.choice(("good.json", "~.json", "!.json"))).write_text(json.dumps(plain))
            for number in (n for n in numbers if start <= n < start + IN_A_FOLDER):
                name, text = self._document(seed, number, document, sorted(files.glob("*.tif")))
                (home / name).write_bytes(text)
                names.append(f"{start}/{name}")
        chance = random.Random(f"{seed} {numbers[0]} catalogue")
        text = documents.written(chance, documents.catalogue(chance, names, self.port))
        (folder / "archive" / "catalog.json").write_bytes(text)
        return good

    def _fitting(self, profile: str) -> list[tuple[documents.Json, Path]]:
        """Items of which any asset is a band of the profile; a good one must be taken."""
        owners = {"sentinel-2-l2a": "s2_l2a", "categorical": "landcover", "dem": "dem", "rgb": "s2_l2a"}
        owner = owners.get(profile, "s2_l2a" if profile else "")
        return [pair for pair in self.sound if not owner or pair[0]["collection"] == owner]

    def _document(self, seed: int, number: int, own: documents.Json, files: list[Path]) -> tuple[str, bytes]:
        chance = random.Random(f"{seed} {number}")
        hrefs = [f"./{path.name}" for path in files]
        source = chance.choice(self.others) if self.others and chance.random() < 0.3 else own
        made = documents.item(chance, source, hrefs, f"{source.get('id', 'x')}-{number}")
        broken = documents.mutant(chance, made, self.port)
        if chance.random() < 0.15:
            others = [
                documents.item(chance, own, hrefs, f"member-{number}-{n}") for n in range(chance.choice((0, 1, 3)))
            ]
            broken = documents.mutant(chance, documents.together(chance, [*others, broken]), self.port)
        return chance.choice(documents.NAMES) % number, documents.written(chance, broken)

    @staticmethod
    def _furnish(home: Path, files: Path) -> None:
        """Files of a scene, and what else may lie about."""
        home.mkdir(parents=True)
        for path in files.glob("*.tif"):
            os.link(path, home / path.name)
        os.mkfifo(home / "fifo.tif")
        (home / "loop.tif").symlink_to("loop.tif")
        (home / "folder.tif").mkdir()
        (home / "text.tif").write_text("no raster")


@contextlib.contextmanager
def ear() -> Iterator[tuple[int, Callable[[], bool]]]:
    """A port of the loopback, and whether anybody called there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        def called() -> bool:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield listener.getsockname()[1], called


def begin() -> Task:
    """What ingests and looks, in a process of its own, whose words go nowhere else."""
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return told


def told(question: tuple[str, list[str]]) -> str:
    """What is wrong after the documents of a folder are ingested; empty when all is as it should be."""
    folder, good = Path(question[0]), question[1]
    with (folder / "said").open("wb") as said:
        kept = [os.dup(number) for number in (1, 2)]
        sys.stdout.flush()
        try:
            for number in (1, 2):
                os.dup2(said.fileno(), number)
            wrong = _after(folder, good)
        except Exception as error:  # noqa: BLE001 - whatever comes out is what is looked for
            place = error.__traceback__
            while place and place.tb_next:
                place = place.tb_next
            where = f" at {Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
            wrong = f"{type(error).__name__}{where}: {error}"[:600]
        finally:
            sys.stdout.flush()
            for number, one in zip((1, 2), kept, strict=True):
                os.dup2(one, number)
                os.close(one)
    text = (folder / "said").read_text(encoding="utf-8", errors="replace")
    last = next((line for line in reversed(text.splitlines()) if line and not line[0].isspace()), "")
    return f"{wrong} ({last[:200]})" if wrong else unseemly(text)


def unseemly(text: str) -> str:
    """What nobody should have to read of what was said."""
    lines = [line for line in text.splitlines() if any(word in line for word in SAID)]
    return f"it says {lines[0][:300]!r}" if lines else ""


def _after(folder: Path, good: list[str]) -> str:
    config = str(folder / "config.yml")
    if (code := run(["ingest", "-c", config, "-j", "1"])) not in {0, 3}:
        return f"ingest ended with {code}"
    with contextlib.closing(sqlite3.connect(folder / "c.sqlite")) as plain:
        if (state := plain.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            return f"integrity: {state}"
    if code := run(["catalog", "verify", "-c", config]):
        return f"verify ended with {code}"
    if code := run(["catalog", "ls", "-c", config, "--json"]):
        return f"ls ended with {code}"
    catalog = open_catalog(folder / "c.sqlite")
    try:
        items = catalog.search(NAME)
    finally:
        catalog.close()
    if lost := set(good) - {item.id for item in items}:
        return f"the good ones {sorted(lost)} are lost"
    return _served(folder, items)


def _served(folder: Path, items: Sequence[Item]) -> str:
    """Describe all, and draw every scene."""
    engine = build_engine(load_config(folder / "config.yml", environment={}))
    client = mount_services(engine, Settings()).test_client()
    try:
        for path in ABOUT:
            answer = client.get(path)
            if answer.status_code >= 500 or (answer.status_code != 200 and "GetCoverage&" not in path):
                return f"{path} {answer.status_code} {_reason(answer.text)}"
            if answer.mimetype.endswith("xml"):
                etree.fromstring(answer.get_data(), PARSER)
        for number, item in enumerate(items):
            # Numbers are asked of a few: they take longer than the picture.
            for path in _pictures(item)[: 1 if number % 4 else 2]:
                answer = client.get(path)
                if answer.status_code != 200:
                    return f"{item.id[:80]!r} {path} {answer.status_code} {_reason(answer.text)}"
    except BandstandError as error:
        return f"{type(error).__name__} {error}"
    finally:
        engine.close()
    return ""


def _reason(report: str) -> str:
    return re.sub(r"<[^>]*>|\s+", " ", report).strip()[:300]


def _pictures(item: Item) -> list[str]:
    box = item.bbox
    keys = {
        "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": NAME, "styles": "", "crs": "CRS:84",
        "bbox": f"{box.min_x},{box.min_y},{box.max_x},{box.max_y}", "width": 24, "height": 24, "format": "image/png",
        "transparent": "true", **({"time": isoformat(item.time.start)} if item.time.start else {}),
    }  # fmt: skip
    more = {"request": "GetFeatureInfo", "query_layers": NAME, "info_format": "application/json", "i": 12, "j": 12}
    return [f"/wms?{urlencode(keys)}", f"/wms?{urlencode(keys | more)}"]


def campaign(
    soil: Soil, called: Callable[[], bool], folder: Path, seed: int, count: int, note: Callable[[str], None]
) -> None:
    """Ingest so many documents, and tell of each what is wrong, or nothing."""
    helper = Helper(begin, PATIENCE_S)
    try:
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            for _ in range(len(numbers) - len(faults := list(_faults(helper, soil, called, folder, seed, numbers)))):
                note("")
            for fault in faults:
                note(fault)
    finally:
        helper.end()


def _faults(
    helper: Helper, soil: Soil, called: Callable[[], bool], folder: Path, seed: int, numbers: Sequence[int]
) -> Iterator[str]:
    """The documents of a batch that are at fault, found by halves; those that are so only together as such."""
    whole = _tried(helper, soil, called, folder, seed, numbers)
    if not whole:
        return
    middle = len(numbers) // 2
    halves = (numbers[:middle], numbers[middle:]) if middle else ()
    told = [fault for half in halves for fault in _faults(helper, soil, called, folder, seed, half)]
    which = f"documents {numbers[0]} to {numbers[-1]} together" if middle else f"document {numbers[0]}"
    yield from told or [f"{which}: {whole}"]


def _tried(
    helper: Helper, soil: Soil, called: Callable[[], bool], folder: Path, seed: int, numbers: Sequence[int]
) -> str:
    home = folder / "-".join(dict.fromkeys((str(numbers[0]), str(numbers[-1]))))
    good = soil.grow(home, seed, numbers)
    wrong = helper.tell((str(home), good), PATIENCE_S + len(numbers) / 2)
    if called():
        wrong = wrong or "it called another host"
    if not wrong:
        shutil.rmtree(home)
    return wrong
