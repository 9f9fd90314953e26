"""States of a worker that its figures tell, read when they are asked for."""

import os
import time
from collections.abc import Iterator

from bandstand.observe.figures import Reading
from bandstand.serving.front import Front
from bandstand.serving.lanes import Lanes

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def of_worker(front: Front, lanes: Lanes) -> Iterator[Reading]:
    """Connections and lanes."""
    yield "bandstand_open_connections", (), (float(len(front)),)
    yield "bandstand_connections_total", (), (float(front.accepted),)
    for name, lane in lanes.lanes.items():
        yield "bandstand_threads", (name,), (float(lane.threads),)
        yield "bandstand_running", (name,), (float(lane.running),)
        yield "bandstand_waiting", (name,), (float(len(lane)),)


def of_process() -> Iterator[Reading]:
    """What the system knows of this process (proc(5)); nothing where it has no such files."""
    times = os.times()
    yield "process_cpu_seconds_total", (), (times.user + times.system,)
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - each second
            fields = file.read().rsplit(")", 1)[1].split()
        with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123 - likewise
            booted = next(float(line.split()[1]) for line in file if line.startswith("btime "))
        yield "process_resident_memory_bytes", (), (float(int(fields[21]) * _PAGE_BYTES),)
        yield "process_start_time_seconds", (), (min(time.time(), booted + int(fields[19]) / _TICKS),)
        yield "process_open_fds", (), (float(len(os.listdir("/proc/self/fd"))),)  # noqa: PTH208 - names alone
    except (OSError, StopIteration, IndexError, ValueError):
        return
