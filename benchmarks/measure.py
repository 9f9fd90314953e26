"""One slot: a fresh server, a short warm-up, then the loader, with the server's cost beside it."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.peers.target import CONTENT_TYPES, HOST, Target
from benchmarks.scenes import Archive
from benchmarks.workloads import Position, Workload, positions, warm_up

WARM_UP_ROUNDS = 8
"""Each position of the warm-up is asked this often, so that every process and thread has had its turn."""
TIMEOUT_S = 120


class LoadFailedError(Exception):
    """The loader ended early: the server fell silent or hung up."""


@dataclass
class Cursor:
    """How far a target has walked through a list."""

    place: int = 0
    """Index of the next position."""


def slot(
    target: Target, workload: Workload, archive: Archive, clients: int, seconds: float, cursor: Cursor
) -> dict[str, Any]:
    """Measure a target once; it is started before and stopped after, so its own caches are cold.

    The list goes on where the target's last slot stopped, and ends with the list: no position is asked twice of one
    process (`wrapped` says so), unless the workload is there to repeat.
    """
    listed = positions(workload, archive)
    target.start()
    try:
        _load(target, warm_up(workload, archive), clients=4, repeat=WARM_UP_ROUNDS)
        if workload.may_repeat:
            _load(target, listed, clients=4, repeat=2)
        time.sleep(0.3)
        alive = processes.tree([child.pid for child in target.children])
        processes.reset_peak(alive)
        server, machine, begun = processes.cpu_s(alive), processes.machine_busy_s(), time.monotonic()
        limit = 10**9 if workload.may_repeat else len(listed)
        found = _load(target, listed, clients, seconds=seconds, start=cursor.place, limit=limit)
        server = processes.cpu_s(alive) - server
        machine = processes.machine_busy_s() - machine
        elapsed = time.monotonic() - begun
        held = processes.memory(alive)
    finally:
        target.stop()
    asked = found["requests"]
    cursor.place = (cursor.place + asked) % len(listed)
    return found | {
        "cpu_ms_a_request": 1000 * server / asked,
        "other_cpu_share": max(0.0, machine - server - found["loader_cpu_s"]) / elapsed,
        "loader_cpu_share": found["loader_cpu_s"] / found["seconds"],
        "rss_mb": held.rss_bytes / 1e6,
        "peak_rss_mb": held.peak_bytes / 1e6,
        "processes": held.processes,
        "wrapped": not workload.may_repeat and asked > len(listed),
        "list_ended": not workload.may_repeat and asked == len(listed),
        "list_length": len(listed),
    }


def _load(
    target: Target,
    listed: list[Position],
    clients: int,
    *,
    seconds: float = TIMEOUT_S,
    start: int = 0,
    limit: int | None = None,
    repeat: int = 1,
) -> dict[str, Any]:
    job = {
        "host": HOST,
        "port": target.port,
        "paths": [target.path(position) for position in listed for _ in range(repeat)],
        "clients": clients,
        "seconds": seconds,
        "start": start,
        "limit": limit if limit is not None else len(listed) * repeat,
        "timeout_s": TIMEOUT_S,
        "expected": CONTENT_TYPES[listed[0].format],
    }
    loader = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("loader.py"))],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=seconds + 2 * TIMEOUT_S,
        check=False,
    )
    if loader.returncode:
        last = loader.stderr.strip().splitlines()[-1:]
        raise LoadFailedError(f"{target.name}: the loader failed: {last}; {target.log_tail()[-500:]}")
    return json.loads(loader.stdout)
