"""Whether questions can be answered: the catalogue is there and sound, and the newest files can be opened."""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bandstand.catalog.base import Catalog
from bandstand.errors import BandstandError
from bandstand.model.item import Item
from bandstand.read.library import Library

logger = logging.getLogger("bandstand.engine")
_LOOK_S = 1.0
"""A look at files holds for so long."""
_CATALOG_WAIT_S = 1.0
"""The catalogue likewise: the file system under it may hang."""
_WAIT_S = 0.5
"""Storage that takes longer is told of instead of waited for: health has to answer."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A newest scene with a file that cannot be opened, or is another than was ingested."""

    collection: str
    item: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was found."""

    trouble: str = ""
    """What is wrong with the catalogue; empty: nothing."""
    items: dict[str, int] = field(default_factory=dict)
    """Scenes by collection; empty where the catalogue cannot be asked."""
    changed_ms: int = 0
    """`Catalog.changed_ms`; 0 likewise."""
    unreadable: tuple[Unreadable, ...] = ()
    waits: bool = False
    """Whether the storage of the files did not answer in time."""

    @property
    def ready(self) -> bool:
        """Whether to send questions here: not while the catalogue is in trouble, or no collection has its files."""
        filled = {name for name, count in self.items.items() if count}
        is_empty_handed = bool(filled) and filled <= {scene.collection for scene in self.unreadable}
        return not (self.trouble or self.waits or is_empty_handed)


class _Question:
    """One look, and what it found; until then that nothing answers."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.done = threading.Event()
        self.state = State(trouble="The catalogue does not answer.")


class Readiness:
    """Looks at what the published collections need; safe to share between threads."""

    def __init__(self, names: Sequence[str], catalog: Catalog, library: Library) -> None:
        """Take the names of the collections."""
        self._names = tuple(names)
        self._catalog = catalog
        self._library = library
        self._lock = threading.Lock()
        self._newest: dict[str, tuple[int, int, Item | None]] = {}
        """Revision, count and newest scene by collection."""
        self._look: tuple[threading.Thread, list[Unreadable], float] | None = None
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()
        self._question: _Question | None = None
        self._thread: threading.Thread | None = None

    def state(self) -> State:
        """Look now, but at the files at most once a second; takes about a second at most, whatever hangs."""
        with self._lock:
            if self._thread is None:
                # One for all looks: it has its own connection to the catalogue.
                self._thread = threading.Thread(target=self._answer, name="readiness", daemon=True)
                self._thread.start()
            question = self._question
            if question is None or question.done.is_set():
                question = self._question = _Question()
                self._questions.put(question)
        question.done.wait(max(0.0, question.begun + _CATALOG_WAIT_S - time.monotonic()))
        return question.state

    def close(self) -> None:
        """Look no more."""
        self._questions.put(None)

    def _answer(self) -> None:
        while (question := self._questions.get()) is not None:
            try:
                question.state = self._now()
            except Exception:
                logger.exception("readiness")
                question.state = State(trouble="The catalogue cannot be looked at.")
            question.done.set()

    def _now(self) -> State:
        try:
            newest = {name: self._known(name) for name in self._names}
            trouble, changed_ms = self._catalog.trouble(), self._catalog.changed_ms()
        except BandstandError as error:
            return State(trouble=error.message)
        items = {name: count for name, (_, count, _) in newest.items()}
        if trouble:
            return State(trouble=trouble, items=items, changed_ms=changed_ms)
        unreadable = self._files([item for _, _, item in newest.values() if item is not None])
        return State(items=items, changed_ms=changed_ms, unreadable=unreadable or (), waits=unreadable is None)

    def _known(self, name: str) -> tuple[int, int, Item | None]:
        revision = self._catalog.revision(name)
        known = self._newest.get(name)
        if known is None or known[0] != revision:
            kinds = self._catalog.kinds(name)
            known = self._newest[name] = (revision, self._catalog.count(name), kinds[0] if kinds else None)
        return known

    def _files(self, items: Sequence[Item]) -> tuple[Unreadable, ...] | None:
        """What cannot be read of some scenes; None where that does not turn out in time."""
        with self._lock:
            if self._look is None or (not self._look[0].is_alive() and time.monotonic() - self._look[2] > _LOOK_S):
                found: list[Unreadable] = []
                # A storage that hangs holds this thread and no other; there is never a second one.
                thread = threading.Thread(target=self._open, args=(items, found), name="files", daemon=True)
                self._look = (thread, found, time.monotonic())
                thread.start()
            thread, found, begun = self._look
        # Who asks later waits no longer: the lane of health has one thread.
        thread.join(max(0.0, begun + _WAIT_S - time.monotonic()))
        return None if thread.is_alive() else tuple(found)

    def _open(self, items: Sequence[Item], found: list[Unreadable]) -> None:
        for item in items:
            for href, version in {asset.href: asset.version for asset in item.assets.values()}.items():
                try:
                    self._library.probe(href, version)
                except BandstandError as error:
                    found.append(Unreadable(item.collection, item.id, error.message))
                    break
