"""The process that reads headers for `apart`: `python -m bandstand.read.child SOCKET MEMORY`."""

import pickle
import resource
import sys
from multiprocessing.connection import Connection
from typing import Any

NO_MEMORY = 12
"""Exit code where the limit of memory was met."""
_LARGEST_FILE = 64_000_000
"""That it may write: copies of small texts beside a raster."""


def main() -> None:
    """Answer questions until there are no more."""
    pipe = Connection(int(sys.argv[1]))
    _confine(int(sys.argv[2]))
    # With the limits in force.
    from bandstand.read.library import Library  # noqa: PLC0415

    library = Library(block_bytes=32_000_000, threads=1)
    pipe.send(True)
    while True:
        try:
            question = pipe.recv()
        except EOFError:
            return
        pipe.send_bytes(_answer(library, question))


def _confine(memory_bytes: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, _LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _answer(library: Any, question: tuple[Any, ...]) -> bytes:
    what, *given = question
    try:
        if what == "describe":
            return pickle.dumps(library.describe(*given))
        report, plane, nodata = given
        return pickle.dumps(library.glance(report, plane, nodata=nodata))
    except MemoryError:
        # What is left may not do for the next file.
        sys.exit(NO_MEMORY)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return _raised(error)


def _raised(error: Exception) -> bytes:
    known = type(error).__module__ in {"builtins", "bandstand.errors"}
    return pickle.dumps(error if known else ValueError(f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    main()
