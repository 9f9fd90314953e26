"""Names that are no plain files: a pipe, a device or a socket is not waited for, a link may lead round."""

import os
import stat
from pathlib import Path


def beginning(path: str, count: int) -> tuple[bytes, int]:
    """The first bytes of a plain file, and its size.

    Raises:
        OSError: It is not there, or not readable.
        ValueError: It is no plain file, or the name is no path.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is not a file")
        return os.read(descriptor, count), found.st_size
    finally:
        os.close(descriptor)


def real(path: Path) -> Path:
    """Where a path leads when all links are followed; of links that lead round, as far as that goes.

    Raises:
        ValueError: The name is no path.
    """
    # Path.resolve() raises RuntimeError there.
    return Path(os.path.realpath(path))
