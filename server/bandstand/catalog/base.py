"""The seam of the catalogue: where and when in, scenes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from bandstand.model.grid import BBox
from bandstand.model.item import Item
from bandstand.model.layer import Extent
from bandstand.model.time import Moment, TimeSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What became of the items handed to `upsert`."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    """Equal to what was there: nothing was written, the revision stayed."""

    def __add__(self, other: "Stored") -> "Stored":
        """The sum of two."""
        return Stored(
            new=self.new + other.new,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
        )


class Catalog(Protocol):
    """Knows the scenes of every collection; safe to share between threads.

    Every method raises `CatalogUnavailable` when the store cannot be read or stays locked.
    """

    def search(
        self,
        collection: str,
        *,
        bbox: BBox | None = None,
        times: tuple[TimeSpan, ...] = (),
        ids: tuple[str, ...] = (),
        max_cloud_cover: float | None = None,
        limit: int | None = None,
    ) -> tuple[Item, ...]:
        """The scenes that share an area with a box and start within one of the spans, newest first, then by id.

        Args:
            collection: Its name; an unknown one has no scenes.
            bbox: Longitude and latitude; longitudes beyond ±180 reach over the antimeridian. None: anywhere.
            times: Closed spans; a scene matches by its start, and by its end where a span says so (`Starts`).
                Scenes without a time match always. Empty: any time.
            ids: Only these when not empty.
            max_cloud_cover: Percent, inclusive; scenes that do not say how cloudy they are match.
            limit: At most so many; the newest.
        """
        ...

    def get(self, collection: str, item: str, *, withdrawn: bool = False) -> Item | None:
        """One scene by id; one that is withdrawn only where that is said."""
        ...

    def boxes(
        self, collection: str, *, times: tuple[TimeSpan, ...] = ()
    ) -> tuple[tuple[float, float, float, float], ...]:
        """Where its scenes lie: west, south, east, north of each; two of a scene across the antimeridian.

        Args:
            collection: Its name.
            times: As for `search`.
        """
        ...

    def moments(self, collection: str, bbox: BBox | None = None) -> tuple[Moment, ...]:
        """Start, centre longitude and end of every scene that has a time, oldest first."""
        ...

    def kinds(self, collection: str) -> tuple[Item, ...]:
        """The newest scene of every kind, newest first: together they have each band that any scene has.

        Scenes are of one kind when they have the same bands in the same order, with the same classes.
        """
        ...

    def properties(self, collection: str, key: str) -> tuple[object, ...]:
        """One property of every scene that has it."""
        ...

    def extent(self, collection: str) -> Extent | None:
        """Where it has scenes; None while it has none."""
        ...

    def count(self, collection: str) -> int:
        """How many scenes it has."""
        ...

    @property
    def identity(self) -> str:
        """Differs from that of every other catalogue, also of one that was made anew in its place."""
        ...

    def revision(self, collection: str) -> int:
        """A number that grows with every change of the collection, in whatever process it is made; 0 at first.

        No two states have the same: neither those of another catalogue in its place, nor of a copy that was put back.
        """
        ...

    def trouble(self) -> str:
        """What is wrong with the store now, though answers may still come of what was read before; empty when sound."""
        ...

    def changed_ms(self) -> int:
        """Milliseconds since 1970 of a moment not before the last change of any collection; never goes back."""
        ...

    def upsert(self, items: Iterable[Item]) -> Stored:
        """Write scenes, replacing those of the same collection and id; all of them or none.

        One that is withdrawn stays withdrawn.
        """
        ...

    def foresee(self, item: Item) -> Stored:
        """What `upsert` would make of a scene; nothing is written."""
        ...

    def remove(self, collection: str, ids: Iterable[str]) -> int:
        """Forget scenes, withdrawn ones too; says how many there were."""
        ...

    def withdraw(self, collection: str, ids: Iterable[str]) -> int:
        """Hide scenes until they are restored; says how many were shown before."""
        ...

    def restore(self, collection: str, ids: Iterable[str]) -> int:
        """Show scenes again; says how many were withdrawn before."""
        ...

    def below(self, collection: str, root: str, *, documents: bool = False) -> tuple[str, ...]:
        """Ids of the scenes, withdrawn ones too, that have a file at a path or below it.

        Args:
            collection: Its name.
            root: An absolute path.
            documents: Also the scenes whose document lies there, wherever their files are.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...
