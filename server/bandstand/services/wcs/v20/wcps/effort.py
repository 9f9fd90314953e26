"""How much is evaluated before a pixel is read: a short query with loops may mean very much."""

from dataclasses import dataclass

from bandstand.model.turn import Turn
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.syntax import Part

_MOST_STEPS = 2000
_MOST_PARTS = 100_000


@dataclass(slots=True)
class Effort:
    """What the evaluation of one query may still take."""

    source: Source
    turn: Turn
    """The request's clock."""
    steps_left: int = _MOST_STEPS
    """Of loops over time, all together."""
    parts_left: int = _MOST_PARTS
    """Of the query, each as often as it is evaluated, and formulas of its fields and times."""

    def step(self) -> None:
        """Count a turn of a loop.

        Raises:
            QuerySemantics: Too many.
            DeadlineExceeded: The time is over.
        """
        self.steps_left -= 1
        if self.steps_left < 0:
            self.source.refuse(f"more than {_MOST_STEPS} steps of loops over time", 0, 3)
        self.check()

    def count(self, parts: int, at: Part) -> None:
        """Count so many parts that are evaluated.

        Raises:
            QuerySemantics: Too many.
            DeadlineExceeded: The time is over.
        """
        self.parts_left -= parts
        if self.parts_left < 0:
            self.source.refuse(
                f"the query comes to more than {_MOST_PARTS:,} parts, each counted as often as it is evaluated",
                at.start, at.end, "Take shorter loops over time, or fewer fields.",
            )  # fmt: skip
        self.check()

    def check(self) -> None:
        """Stop when the time is over.

        Raises:
            DeadlineExceeded: It is.
        """
        self.turn.check()
