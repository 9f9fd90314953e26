"""Which process serves a configuration: told by a small file in the runtime directory of its user."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """What a running server tells of itself."""

    pid: int
    changes: int
    """Of its configuration, begun since its start."""
    outcome: str
    """Of the last of them; empty while it is under way, or before the first."""


@contextmanager
def marked(config: Path) -> Iterator[Callable[[str], None]]:
    """While inside, this process is the one that serves the configuration.

    Nothing fails where the file cannot be written: the process can be told by its number as well.

    Returns:
        Takes what is told of a change: nothing when it begins, its outcome at its end.
    """
    mark, name = _mark(config), f"{os.getpid()} {_born(os.getpid())}\n"
    changes = 0

    def tell(outcome: str) -> None:
        nonlocal changes
        changes += not outcome
        _write(mark, f"{name}{changes} {' '.join(outcome.split())}\n")

    _write(mark, f"{name}0\n")
    try:
        yield tell
    finally:
        with contextlib.suppress(OSError):
            if mark.read_text(encoding="utf-8").startswith(name):
                mark.unlink()


def _write(mark: Path, text: str) -> None:
    fresh = mark.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        # In one go, and over no link that somebody else has put there.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(mark)


def running(config: Path) -> State | None:
    """The process that serves a configuration; None where there is none, or it has ended without a word."""
    try:
        mark = _mark(config)
        if mark.stat().st_uid != os.getuid():
            return None
        name, change = mark.read_text(encoding="utf-8").splitlines()
        pid, born = name.split()
        changes, _, outcome = change.partition(" ")
        return State(int(pid), int(changes), outcome) if _born(int(pid)) == born != "" else None
    except (OSError, ValueError):
        return None


def _mark(config: Path) -> Path:
    folder = os.environ.get("RUNTIME_DIRECTORY") or os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    digest = hashlib.blake2b(os.fsencode(config.resolve()), digest_size=8).hexdigest()
    return Path(folder) / f"bandstand-{os.getuid()}-{digest}.pid"


def _born(pid: int) -> str:
    """When a process was started, in ticks since the system was: its number may be another's by now (proc(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
