"""`benchmarks/run`: archive, servers, pictures, slots, report."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import archive, check, machine, measure, report
from benchmarks.peers.bandstand import Bandstand, Before
from benchmarks.peers.mapserver import MapServer, MapServerDefault
from benchmarks.peers.static import Static
from benchmarks.peers.target import CannotRunError, Target, free_port
from benchmarks.peers.titiler import Titiler
from benchmarks.scenes import Archive
from benchmarks.workloads import WORKLOADS, Workload

KINDS: tuple[type[Target], ...] = (MapServer, MapServerDefault, Titiler, Bandstand, Before)
TARGETS = {kind.name: kind for kind in KINDS}
USUAL = "bandstand,mapserver,titiler"
FULL_SCALE, QUICK_SCALE = 1.0, 0.5
CEILING_SECONDS = 1.5


def arguments_of(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bandstand-bench"
    parser = argparse.ArgumentParser(prog="benchmarks/run", description="Measure Bandstand beside other servers.")
    parser.add_argument("--quick", action="store_true", help="tiles of half the side, 1 round, short slots")
    parser.add_argument("--targets", default=USUAL, help=f"comma list of {', '.join(TARGETS)} (default {USUAL})")
    parser.add_argument("--workloads", default=",".join(WORKLOADS), help=f"comma list of {', '.join(WORKLOADS)}")
    parser.add_argument("--clients", default="1,8", help="comma list of numbers of clients")
    parser.add_argument("--rounds", type=int, help="default 3, quick 1")
    parser.add_argument("--seconds", type=float, help="a slot; default 4, quick 1.5; longer for maps and coverages")
    parser.add_argument("--archive", type=Path, default=cache, help="cache folder of archives and peers")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out", help="folder of the results")
    parser.add_argument("--cache-mb", type=int, default=1024, help="block cache of a peer, all processes together")
    parser.add_argument("--bandstand-cache-mb", type=int, default=256, help="block cache of Bandstand, likewise")
    parser.add_argument("--bandstand-workers", type=int, default=1, help="processes of Bandstand")
    parser.add_argument("--bandstand-threads", type=int, default=4, help="threads a process of Bandstand")
    parser.add_argument("--before", type=Path, help="program of the target `before`, another version")
    parser.add_argument("--check-only", action="store_true", help="compare pictures, measure nothing")
    parser.add_argument("--update", type=Path, help="document to put the table into, between its marks")
    found = parser.parse_args(words)
    found.rounds = found.rounds or (1 if found.quick else 3)
    found.seconds = found.seconds or (1.5 if found.quick else 4.0)
    if Before.name in found.targets.split(",") and not found.before:
        parser.error("the target before is a program that --before names")
    for name, known in (("targets", TARGETS), ("workloads", WORKLOADS)):
        unknown = set(getattr(found, name).split(",")) - set(known)
        if unknown:
            parser.error(f"unknown {name}: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return found


def main() -> int:
    """Run the benchmark; 0 when every slot of every target counts, else 1."""
    asked = arguments_of()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that every server is stopped
    scale = QUICK_SCALE if asked.quick else FULL_SCALE
    data = Archive(asked.archive.resolve() / f"archive-{scale:g}", scale)
    archive.ensure(data)
    asked.out.mkdir(parents=True, exist_ok=True)
    Titiler.environment = asked.archive.resolve() / "peer-titiler"
    ceiling = _ceiling(asked, data)
    works = [WORKLOADS[name] for name in asked.workloads.split(",")]
    targets = _prepared(asked, data)
    same = _check_all(targets, works, data)
    if asked.check_only or not targets:
        return 0 if targets and all(same.values()) else 1
    rows_file = asked.out / "rows.jsonl"
    facts = machine.facts() | {"scale": scale, "rounds": asked.rounds, "seconds": asked.seconds, "loader": ceiling}
    (asked.out / "machine.json").write_text(json.dumps(facts, indent=1))
    rows: list[dict[str, Any]] = []
    with rows_file.open("w") as file:
        for row in _slots(asked, targets, works, same, data):
            rows.append(row)
            file.write(json.dumps(row) + "\n")
            file.flush()
    block = report.document(rows, facts)
    (asked.out / "report.md").write_text(block + "\n")
    (asked.out / "ratios.svg").write_text(report.chart(rows))
    print(f"\n{block}\n\nrows: {rows_file}")
    if asked.update:
        asked.update.write_text(report.update(asked.update.read_text(), block))
    slots = len(works) * len(asked.clients.split(",")) * asked.rounds * len(asked.targets.split(","))
    return 0 if len(report.usable(rows)) == slots else 1


def _folder(asked: argparse.Namespace, name: str) -> Path:
    folder = asked.out.resolve() / "servers" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _ceiling(asked: argparse.Namespace, data: Archive) -> dict[str, float]:
    """Requests a second that the loader manages against one static file."""
    target = Static(data, _folder(asked, "static"), free_port(), 0)
    try:
        target.prepare()
        work = replace(WORKLOADS["hot"], name="static")
        rates = {
            str(clients): measure.slot(target, work, data, clients, CEILING_SECONDS, measure.Cursor())["rate"]
            for clients in (1, 8)
        }
    except CannotRunError as error:
        print(f"the loader's ceiling is unknown: {error}")
        return {}
    words = ", ".join(f"{clients} clients {rate:.0f}/s" for clients, rate in rates.items())
    print(f"ceiling of the loader, a static file of 45 kB: {words}")
    return rates


def _prepared(asked: argparse.Namespace, data: Archive) -> list[Target]:
    """Targets that can run; the others are named and left out."""
    found: list[Target] = []
    for name in asked.targets.split(","):
        kind = TARGETS[name]
        memory = asked.bandstand_cache_mb if issubclass(kind, Bandstand) else asked.cache_mb
        target = kind(data, _folder(asked, name), free_port(), memory)
        if isinstance(target, Bandstand):
            target.workers, target.threads = asked.bandstand_workers, asked.bandstand_threads
        if isinstance(target, Before):
            target.program = asked.before
        try:
            target.prepare()
        except CannotRunError as error:
            print(f"LEFT OUT {name}: {error}")
            continue
        facts = target.facts()
        print(f"{name}: {facts['version']}; {facts['arrangement']}; {facts['settings']}")
        found.append(target)
    return found


def _check_all(targets: list[Target], works: list[Workload], data: Archive) -> dict[tuple[str, str], bool]:
    """Whether each target draws each workload as the oracle does; targets that do not start are removed."""
    same: dict[tuple[str, str], bool] = {}
    for target in list(targets):
        try:
            target.start()
        except CannotRunError as error:
            print(f"LEFT OUT {target.name}: {error}")
            targets.remove(target)
            continue
        try:
            for work in works:
                verdict = check.check(target, work, data)
                same[target.name, work.name] = verdict.passed
                print(
                    f"picture {work.name:5} {target.name:18} {'same' if verdict.passed else 'OTHER':6}"
                    f"mean difference {verdict.mean_difference:.4g}, mask {100 * verdict.mask_share:.2f} % "
                    f"{verdict.words}",
                    flush=True,
                )
        finally:
            target.stop()
    return same


def _slots(
    asked: argparse.Namespace,
    targets: list[Target],
    works: list[Workload],
    same: dict[tuple[str, str], bool],
    data: Archive,
) -> Iterator[dict[str, Any]]:
    """Rows, as they are measured: all targets of one workload and client count, then the next."""
    cursors: dict[tuple[str, str], measure.Cursor] = {}
    for number in range(1, asked.rounds + 1):
        for work in works:
            for clients in (int(word) for word in asked.clients.split(",")):
                for target in targets:
                    if not same[target.name, work.name]:
                        continue
                    cursor = cursors.setdefault((target.name, work.name), measure.Cursor())
                    seconds = asked.seconds * work.seconds_factor
                    try:
                        found = measure.slot(target, work, data, clients, seconds, cursor)
                    except (measure.LoadFailedError, CannotRunError) as error:
                        print(f"{number} {work.name:5} {clients} {target.name:18} FAILED: {error}", flush=True)
                        continue
                    named = {"target": target.name, "workload": work.name, "clients": clients, "round": number}
                    row = named | found | {"cache_mb": target.cache_mb, **target.facts()}
                    print(_line(row), flush=True)
                    yield row


def _line(row: dict[str, Any]) -> str:
    """A row as it is printed while the run goes on."""
    return (
        f"{row['round']} {row['workload']:5} {row['clients']} {row['target']:18} p50 {row['p50_ms']:8.2f} ms "
        f"p99 {row['p99_ms']:8.2f} {row['rate']:8.1f}/s cpu {row['cpu_ms_a_request']:7.2f} ms "
        f"peak {row['peak_rss_mb']:5.0f} MB other {row['other_cpu_share']:.2f}"
        f"{'  list ended' if row['list_ended'] else ''}"
        f"{'  ERRORS ' + row['first_error'] if row['errors'] else ''}"
    )


if __name__ == "__main__":
    sys.exit(main())
