"""Memory that the processes of one server share, where each writes its figures for the others to read."""

import json
import mmap
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.reduction import DupFd
from typing import Any

from bandstand.observe.figures import Figures, Reading, lasts

_HALF = 262_144
_HEAD = struct.Struct("<BB")
"""Which half is the newer one, and whether its process lives."""
_PART = struct.Struct("<II")
"""Length and checksum of what a half holds."""
_SIZE = _HEAD.size + 2 * _HALF
SUPERVISOR = 0
"""The slate of the process that watches."""


class Slates:
    """So many slates; they travel to other processes as a descriptor.

    A slate has two halves, written in turn: one whose writer dies in the middle is still whole in the other. A process
    that follows another on a slate goes on from its counters, so that these never fall.
    """

    def __init__(self, count: int, descriptor: int | None = None) -> None:
        """Make them anew, or find them behind a descriptor."""
        self.count = count
        self._descriptor = os.memfd_create("bandstand-figures") if descriptor is None else descriptor
        if descriptor is None:
            os.ftruncate(self._descriptor, count * _SIZE)
        self._memory = mmap.mmap(self._descriptor, count * _SIZE)

    def __reduce__(self) -> tuple[Callable[..., "Slates"], tuple[int, Any]]:
        return _arrived, (self.count, DupFd(self._descriptor))

    def write(self, number: int, readings: Iterable[Reading]) -> None:
        """Put figures on a slate; by its own process alone."""
        text = json.dumps(list(readings), separators=(",", ":")).encode()
        if len(text) > _HALF - _PART.size:
            return
        base = number * _SIZE
        newer, _ = _HEAD.unpack_from(self._memory, base)
        start = base + _HEAD.size + (1 - newer) * _HALF
        self._memory[start + _PART.size : start + _PART.size + len(text)] = text
        _PART.pack_into(self._memory, start, len(text), zlib.crc32(text))
        _HEAD.pack_into(self._memory, base, 1 - newer, 1)

    def read(self, number: int) -> list[Reading]:
        """What is on a slate; of a process that has ended only what lasts."""
        base = number * _SIZE
        newer, lives = _HEAD.unpack_from(self._memory, base)
        for half in (newer, 1 - newer):
            start = base + _HEAD.size + half * _HALF
            length, checksum = _PART.unpack_from(self._memory, start)
            text = self._memory[start + _PART.size : start + _PART.size + length] if 0 < length < _HALF else b""
            if text and zlib.crc32(text) == checksum:
                found: list[Reading] = [(name, tuple(labels), tuple(v)) for name, labels, v in json.loads(text)]
                return [reading for reading in found if lives or lasts(reading[0])]
        return []

    def retire(self, number: int) -> None:
        """Tell that the process of a slate has ended."""
        newer, _ = _HEAD.unpack_from(self._memory, number * _SIZE)
        _HEAD.pack_into(self._memory, number * _SIZE, newer, 0)

    def others(self, own: int) -> Mapping[str, list[Reading]]:
        """What the other processes have written, by their names."""
        found = {name_of(number): self.read(number) for number in range(self.count) if number != own}
        return {name: readings for name, readings in found.items() if readings}


class Slate:
    """The slate of one worker, as it is handed to it."""

    def __init__(self, slates: Slates, number: int) -> None:
        """Take one that nobody else writes on."""
        self._slates = slates
        self._number = number

    def keep(self, figures: Figures, every_s: float = 1.0) -> Callable[[], None]:
        """Go on from what is there, and write once in a while, in a thread of its own.

        Returns:
            Writes for the last time.
        """
        figures.take_over(self._slates.read(self._number))
        writing, ended = threading.Lock(), threading.Event()

        def write(*, last: bool = False) -> None:
            with writing:
                if last:
                    ended.set()
                if last or not ended.is_set():
                    self._slates.write(self._number, figures.read())

        def go_on() -> None:
            write()
            while not ended.wait(every_s):
                write()

        threading.Thread(target=go_on, name="figures", daemon=True).start()
        return lambda: write(last=True)

    def all(self, figures: Figures) -> Mapping[str, list[Reading]]:
        """The figures of all processes by their names, ours first and as they are now."""
        return {name_of(self._number): figures.read(), **self._slates.others(self._number)}


def name_of(number: int) -> str:
    """The label `worker` of a slate."""
    return "supervisor" if number == SUPERVISOR else str(number)


def _arrived(count: int, descriptor: Any) -> Slates:
    return Slates(count, descriptor.detach())
