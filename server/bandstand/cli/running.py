"""Which process serves a configuration: told by a small file in the runtime directory of its user."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def marked(config: Path) -> Iterator[None]:
    """While inside, this process is the one that serves the configuration.

    Nothing fails where the file cannot be written: the process can be told by its number as well.
    """
    mark, text = _mark(config), f"{os.getpid()} {_born(os.getpid())}\n"
    fresh = mark.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        # In one go, and over no link that somebody else has put there.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        fresh.replace(mark)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if mark.read_text(encoding="ascii") == text:
                mark.unlink()


def running(config: Path) -> int | None:
    """The process that serves a configuration; None where there is none, or it has ended without a word."""
    try:
        mark = _mark(config)
        if mark.stat().st_uid != os.getuid():
            return None
        pid, born = mark.read_text(encoding="ascii").split()
        return int(pid) if _born(int(pid)) == born != "" else None
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
