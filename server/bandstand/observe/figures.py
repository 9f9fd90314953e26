"""Figures of a process: counters, gauges and histograms, and their page in the text format of Prometheus (0.0.4)."""

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper ends, inclusive; the last bucket has none."""

Reading = tuple[str, tuple[str, ...], tuple[float, ...]]
"""Family, values of its labels, and the number; of a histogram the count of each bucket, then the sum."""


@dataclass(frozen=True, slots=True)
class Family:
    """What one name stands for."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    common: bool = False
    """Whether it is the same in every process, and told once."""


FAMILIES: Mapping[str, Family] = {
    "bandstand_info": Family("gauge", "Always 1.", ("version", "python"), common=True),
    "bandstand_requests_total": Family("counter", "Answers by class of status.", ("service", "operation", "status")),
    "bandstand_request_seconds": Family(
        "histogram", "From the first byte of a request to the last of its answer.", ("service", "operation")
    ),
    "bandstand_wait_seconds": Family("histogram", "Of requests in their lane.", ("lane",)),
    "bandstand_received_bytes_total": Family("counter", "Bodies of requests."),
    "bandstand_sent_bytes_total": Family("counter", "Answers with their heads, as far as they were taken."),
    "bandstand_broken_total": Family("counter", "Answers that did not reach their client whole."),
    "bandstand_refused_total": Family("counter", "Requests that there was no room for.", ("lane",)),
    "bandstand_running": Family("gauge", "Threads of a lane that answer.", ("lane",)),
    "bandstand_threads": Family("gauge", "Threads of a lane.", ("lane",)),
    "bandstand_waiting": Family("gauge", "Requests that wait for a thread.", ("lane",)),
    "bandstand_open_connections": Family("gauge", "Open connections."),
    "bandstand_connections_total": Family("counter", "Connections that were accepted."),
    "bandstand_block_cache_hits_total": Family("counter", "Blocks that were in memory."),
    "bandstand_block_cache_misses_total": Family("counter", "Blocks that were read and decoded."),
    "bandstand_block_cache_bytes": Family("gauge", "Decoded blocks in memory."),
    "bandstand_block_cache_limit_bytes": Family("gauge", "server.block_cache_bytes."),
    "bandstand_memory_bytes": Family("gauge", "Held by requests under way."),
    "bandstand_memory_limit_bytes": Family("gauge", "server.memory_bytes."),
    "bandstand_skipped_scenes_total": Family("counter", "Scenes that an answer was made without, being unreadable."),
    "bandstand_store_errors_total": Family("counter", "Scenes that could not be read, maps and coverages."),
    "bandstand_ready": Family("gauge", "1 where /readyz says so.", common=True),
    "bandstand_catalog_items": Family("gauge", "Scenes in the catalogue.", ("collection",), common=True),
    "bandstand_catalog_changed_timestamp_seconds": Family(
        "gauge", "Last change of the catalogue, seconds since 1970.", common=True
    ),
    "bandstand_unreadable_scenes": Family("gauge", "Newest scenes of collections that cannot be read.", common=True),
    "bandstand_workers": Family("gauge", "Worker processes that serve."),
    "bandstand_worker_restarts_total": Family("counter", "Workers that ended unasked and were replaced."),
    "bandstand_reloads_total": Family("counter", "Readings of a new configuration.", ("result",)),
    "process_cpu_seconds_total": Family("counter", "User and system time."),
    "process_resident_memory_bytes": Family("gauge", "Memory that the process has in RAM."),
    "process_open_fds": Family("gauge", "Open descriptors."),
    "process_start_time_seconds": Family("gauge", "Start of the process, seconds since 1970."),
}
"""Every figure that there is."""


class Figures:
    """What one process counts; safe to share between threads."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = threading.Lock()
        self._values: dict[tuple[str, tuple[str, ...]], list[float]] = {}
        self._sources: list[Callable[[], Iterable[Reading]]] = []

    def count(self, name: str, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        with self._lock:
            value = self._values.get((name, labels))
            if value is None:
                self._values[name, labels] = [by]
            else:
                value[0] += by

    def time(self, name: str, *labels: str, seconds: float) -> None:
        """Put a time into a histogram."""
        with self._lock:
            value = self._values.get((name, labels))
            if value is None:
                value = self._values[name, labels] = [0.0] * (len(BUCKETS_S) + 2)
            value[bisect_left(BUCKETS_S, seconds)] += 1
            value[-1] += seconds

    def watch(self, source: Callable[[], Iterable[Reading]]) -> None:
        """Ask this source whenever the figures are read; its counters are added to those that were taken over."""
        self._sources.append(source)

    def take_over(self, readings: Iterable[Reading]) -> None:
        """Go on from what a process before this one has counted, so that no counter falls."""
        with self._lock:
            for name, labels, values in readings:
                if lasts(name) and _fits(name, labels, values):
                    self._values[name, labels] = list(values)

    def read(self) -> list[Reading]:
        """All figures as they are now."""
        with self._lock:
            found = {key: tuple(values) for key, values in self._values.items()}
        for source in self._sources:
            for name, labels, values in source():
                before = found.get((name, labels)) if lasts(name) else None
                found[name, labels] = values if before is None else tuple(map(sum, zip(before, values, strict=True)))
        return [(name, labels, values) for (name, labels), values in found.items()]


FIGURES = Figures()
"""Those of this process."""


def lasts(name: str) -> bool:
    """Whether a figure outlives its process: counters and histograms do, states and what is of the process do not."""
    return name in FAMILIES and FAMILIES[name].kind != "gauge" and not name.startswith("process_")


def _fits(name: str, labels: tuple[str, ...], values: tuple[float, ...]) -> bool:
    """Whether a figure is one of ours: another process may be of another version."""
    family = FAMILIES.get(name)
    if family is None or len(labels) != len(family.labels):
        return False
    return len(values) == (len(BUCKETS_S) + 2 if family.kind == "histogram" else 1)


def page(readings: Mapping[str, Iterable[Reading]]) -> str:
    """The figures of some processes as one page, each with the label `worker`.

    Args:
        readings: By name of the process, the one that answers first.
    """
    found: dict[str, list[tuple[str, tuple[str, ...], tuple[float, ...]]]] = {name: [] for name in FAMILIES}
    for number, (worker, own) in enumerate(readings.items()):
        for name, labels, values in own:
            if _fits(name, labels, values) and not (number and FAMILIES[name].common):
                found[name].append(("" if FAMILIES[name].common else worker, labels, values))
    lines = []
    for name, samples in found.items():
        if samples:
            family = FAMILIES[name]
            lines += [f"# HELP {name} {family.help}", f"# TYPE {name} {family.kind}"]
            for worker, labels, values in samples:
                pairs = [*zip(family.labels, labels, strict=True), *([("worker", worker)] if worker else [])]
                lines += _histogram(name, pairs, values) if len(values) > 1 else [_line(name, pairs, *values)]
    return "\n".join([*lines, ""])


def _histogram(name: str, pairs: list[tuple[str, str]], values: tuple[float, ...]) -> list[str]:
    *counts, total = values
    lines, below = [], 0.0
    for end, count in zip((*BUCKETS_S, math.inf), counts, strict=True):
        below += count
        lines.append(_line(f"{name}_bucket", [*pairs, ("le", _number(end))], below))
    return [*lines, _line(f"{name}_sum", pairs, total), _line(f"{name}_count", pairs, below)]


def _line(name: str, pairs: list[tuple[str, str]], value: float) -> str:
    labels = ",".join(f'{key}="{_escaped(text)}"' for key, text in pairs)
    return f"{name}{{{labels}}} {_number(value)}" if labels else f"{name} {_number(value)}"


def _escaped(text: str) -> str:
    # A half character has no bytes; the format is UTF-8.
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
