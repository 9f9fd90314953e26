"""The campaign against a running server and its readers: `python -m tests.abuse.campaign --help`.

Each case is made from the seed and its number, so that a fault that is told can be made again. It ends with a table of
what was tried and found; the exit code is 1 where there was a fault.

* requests     KVP, paths, XML, SOAP, queries and raw HTTP, spoiled in several places at once, by several clients. No
               5xx but a 503 with Retry-After, no connection without an answer, nothing after the deadline, no leak,
               well-formed XML, no death of a worker, and memory that does not grow in the second half.
* tiffs        broken files, described and read on all levels: no crash, no hang, no error but ours.
* documents    broken STAC documents, ingested as people do, good ones among them: no crash, no hang, no word but ours,
               no call to a network, a sound catalogue with the good ones, and all that was taken can be described and
               drawn.
* expressions  half of them tokens of the language in any order, compiled and run; half processing queries (WCPS) of a
               grammar, read, planned, and run where small.
* ingests      killed at any moment: a sound catalogue of whole batches, and the next ingest completes it.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.abuse import documents, ingested, kills, queries, requests, tiffs
from tests.abuse.conftest import Victim, children
from tests.abuse.helper import Helper
from tests.fixtures.site import SEED, SIDE_PX, Site, plant

from bandstand.demo.archive import generate_layout
from bandstand.demo.frame import layout_of
from bandstand.engine.build import build_engine
from bandstand.engine.engine import Engine

GROWTH_BYTES = 200_000_000
FULL = {"requests": 100_000, "tiffs": 10_000, "documents": 10_000, "expressions": 10_000, "ingests": 100}
QUICK = {"requests": 600, "tiffs": 150, "documents": 150, "expressions": 200, "ingests": 3}
MOST_TOLD = 40


class Tally:
    """What was tried and what was found."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.faults: list[str] = []
        self._lock = threading.Lock()

    def count(self, part: str, fault: str = "") -> None:
        """Note one case, and tell of progress."""
        with self._lock:
            self.tried[part] += 1
            if fault:
                self.faults.append(fault)
            if sys.stderr.isatty() and self.tried[part] % 50 == 0:
                sys.stderr.write(f"\r{part}: {self.tried[part]}, {len(self.faults)} faults ")


def expressions(tally: Tally, count: int, seed: int, engine: Engine) -> None:
    """Compile and run generated expressions, and answer generated queries."""
    for number in range(count):
        name = f"{seed} {number}"
        text = queries.query(name) if number % 2 else queries.expression(name)
        part = "expressions"
        try:
            if number % 2:
                part = f"queries {queries.told(engine, text)}"
            else:
                queries.attempt(text)
        except Exception as error:  # noqa: BLE001 - whatever comes out is a fault
            tally.count(part, f"expression {number} {text!r}: {type(error).__name__} {error}")
        else:
            tally.count(part)


def files(tally: Tally, count: int, seed: int, folder: Path) -> None:
    """Read broken TIFFs."""
    sound = tiffs.sources(folder)
    path = folder / "mutant.tif"
    reader = Helper(tiffs.begin, tiffs.PATIENCE_S)
    try:
        for number in range(count):
            path.write_bytes(tiffs.mutant(sound, f"{seed} {number}"))
            verdict = reader.tell(str(path))
            fine = verdict in {"read", "refused"}
            tally.count(f"tiffs {verdict}" if fine else "tiffs", "" if fine else f"tiff {number}: {verdict}")
    finally:
        reader.end()


def papers(tally: Tally, count: int, seed: int, folder: Path, archive: Path) -> None:
    """Ingest broken STAC documents; those of real providers too, where the shared data lie."""
    shared = os.environ.get("BANDSTAND_SHARED")
    own, others = documents.sound(archive, Path(shared, "data", "stac") if shared else None)
    with ingested.ear() as (port, called):
        soil = ingested.Soil(own, others, port)
        ingested.campaign(soil, called, folder, seed, count, lambda fault: tally.count("documents", fault))


def ingests(tally: Tally, count: int, seed: int, folder: Path) -> None:
    """Kill ingests."""
    victim = kills.prepared(folder) if count else None
    for number in range(count):
        wrong, written = victim.tried(f"{seed} {number}")
        # What is written is a whole number of batches, so that these are a few lines.
        tally.count(f"ingests, {written} written", wrong and f"ingest {number}: {wrong}")


def served(tally: Tally, count: int, seed: int, server: Victim, deadline_s: float, clients: int) -> None:
    """Send spoiled requests, and look at the server's processes."""
    memory: list[int] = []
    workers = children(server.process.pid)

    def send(number: int) -> None:
        sent = requests.request(f"{seed} {number}")
        wrong = requests.complaint(server.port, sent, deadline_s)
        tally.count(f"requests {sent.kind}", wrong and f"request {number} {wrong}: {sent.text[:300]!r}")
        if number % max(count // 100, 1) == 0:
            memory.append(sum(_resident(pid) for pid in workers))

    with ThreadPoolExecutor(clients) as pool:
        for _ in pool.map(send, range(count)):
            pass
    tally.faults += losses(workers, children(server.process.pid), server.said)
    tally.faults += growth(memory)


def losses(before: list[int], after: list[int], said: list[str]) -> list[str]:
    """The deaths of processes: others than at first, or what the server says of them."""
    if after == before and not any("ended" in line for line in said):
        return []
    return ["a process of the server died: " + "".join(said)[-2000:]]


def growth(memory: list[int]) -> list[str]:
    """Memory that grows on when everything has been seen, from what was used again and again (bytes)."""
    middle, last = memory[len(memory) // 2 :][:10], memory[-10:]
    grown = statistics.median(last) - statistics.median(middle)
    first, end = memory[0] / 1e6, memory[-1] / 1e6
    print(f"memory: {first:.0f} MB at first, {end:.0f} MB at last, {grown / 1e6:+.0f} MB since half")  # noqa: T201
    return [f"memory grew by {grown / 1e6:.0f} MB in the second half"] if grown > GROWTH_BYTES else []


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def run(counts: dict[str, int], seed: int, clients: int, folder: Path) -> Tally:
    """The whole campaign on a sample archive in `folder`."""
    tally = Tally()
    for name in ("tiffs", "documents", "ingests"):
        (folder / name).mkdir()
    archive = folder / "site"
    generate_layout(archive, layout_of(SIDE_PX), seed=SEED)
    files(tally, counts["tiffs"], seed, folder / "tiffs")
    papers(tally, counts["documents"], seed, folder / "documents", archive)
    ingests(tally, counts["ingests"], seed, folder / "ingests")
    site = plant(archive)
    engine = build_engine(site.config)
    try:
        expressions(tally, counts["expressions"], seed, engine)
    finally:
        engine.close()
    if counts["requests"]:
        _on_a_server(tally, counts["requests"], seed, site, clients)
    return tally


def _on_a_server(tally: Tally, count: int, seed: int, site: Site, clients: int) -> None:
    server = Victim(site)
    try:
        served(tally, count, seed, server, site.config.limits.timeout_s, clients)
    finally:
        server.end()


def main() -> int:
    """Read the options, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for part, count in FULL.items():
        parser.add_argument(f"--{part}", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--quick", action="store_true", help="a short form, as the tests run it")
    options = parser.parse_args()
    counts = QUICK if options.quick else {part: getattr(options, part) for part in FULL}
    with tempfile.TemporaryDirectory() as folder:
        tally = run(counts, options.seed, options.clients, Path(folder))
    for part, count in sorted(tally.tried.items()):
        print(f"{part:24}{count:8}")  # noqa: T201
    print(f"{'faults':24}{len(tally.faults):8}", *tally.faults[:MOST_TOLD], sep="\n")  # noqa: T201
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
