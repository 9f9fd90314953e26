"""What a server costs: CPU seconds and memory of its process tree, from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Resident bytes, summed over the processes of a tree."""

    rss_bytes: int
    """Now."""
    peak_bytes: int
    """Highest of each process since `reset_peak`, summed."""
    processes: int
    """How many."""


def tree(roots: list[int]) -> list[int]:
    """The process ids of `roots` and all their descendants that are alive."""
    parents: dict[int, int] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                parents[int(entry.name)] = int(fields[1])
    found = [root for root in roots if root in parents]
    for process in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == process and child not in found]
    return found


def _stat(process: int) -> list[str]:
    """Fields of /proc/N/stat from the state on; empty when the process is gone."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_s(processes: list[int]) -> float:
    """User and system seconds of these processes so far."""
    return sum(TICK_S * (int(fields[11]) + int(fields[12])) for fields in map(_stat, processes) if fields)


def machine_busy_s() -> float:
    """Seconds that all cores together have been busy since boot."""
    user, nice, system, _, _, irq, softirq, steal = map(int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9])
    return TICK_S * (user + nice + system + irq + softirq + steal)


def reset_peak(processes: list[int]) -> None:
    """Begin a new high-water mark of memory."""
    for process in processes:
        try:
            (PROC / str(process) / "clear_refs").write_text("5")
        except (FileNotFoundError, ProcessLookupError):
            continue


def memory(processes: list[int]) -> Memory:
    """Resident memory of these processes."""
    resident = peak = alive = 0
    for process in processes:
        try:
            lines = (PROC / str(process) / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        facts = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
        if "VmRSS" in facts:
            alive += 1
            resident += 1024 * int(facts["VmRSS"][0])
            peak += 1024 * int(facts["VmHWM"][0])
    return Memory(resident, peak, alive)
