"""What to read, from when, and how overlaps are settled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bandstand.model.time import TimeSpan

Resampling = Literal["nearest", "bilinear", "cubic", "average", "mode"]
Order = Literal["mostRecent", "leastRecent", "leastCC", "nearestTime"]

RESAMPLINGS: tuple[Resampling, ...] = ("nearest", "bilinear", "cubic", "average", "mode")
ORDERS: tuple[Order, ...] = ("mostRecent", "leastRecent", "leastCC", "nearestTime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Scenes and bands of one collection."""

    collection: str
    bands: tuple[str, ...]
    """Names of the collection's bands, in the order the program takes them."""
    times: tuple[TimeSpan, ...]
    """The scene's acquisition must fall into one of these; empty means any time."""
    order: Order = "mostRecent"
    """Which scene lies on top."""
    instant: datetime | None = None
    """The middle of the time asked for, which `nearestTime` counts from."""
    resampling: Resampling = "nearest"
    """How bands reach the grid; categorical bands use `nearest`, or `mode` where that is asked."""
    ids: tuple[str, ...] = ()
    """Only these scenes, in this order, when not empty."""
    max_cloud_cover: float | None = None
    """Scenes above this percentage are left out."""
