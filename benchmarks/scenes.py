"""What the archive holds: tiles, dates, swath edges, paths. Pure facts; `archive.py` makes the files."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

EPSG = 32631
SEED = 20240512
FORMAT_VERSION = 1
"""Raised when the content or layout of the archive changes, so that an old cache is not taken for a new one."""
BANDS_10M = ("B02", "B03", "B04", "B08")
BANDS_20M = ("B11",)
DATES = ("2024-05-12", "2024-06-11", "2024-07-16")
CLOUDY_DATE = 1
TILES = ("31UDQ", "31UEQ")
FULL_SIZE_PX, FULL_SHIFT_PX = 10980, 10002
ORIGIN = (399960.0, 5500020.0)
EDGE_SLOPE = 0.22
SECOND_DATE_LEFT_PX, THIRD_DATE_RIGHT_PX = 3000, 17500


@dataclass(frozen=True)
class Scene:
    """One tile on one date."""

    tile: str
    """MGRS name."""
    day: str
    """Date, ISO 8601."""
    folder: Path
    """Where its files lie."""
    size_px: int
    """Width and height at 10 m."""
    left_px: int
    """Column of its left edge in 10 m pixels of the swath."""

    @property
    def name(self) -> str:
        """A name that is fit for a layer: `31UDQ_20240512`."""
        return f"{self.tile}_{self.day.replace('-', '')}"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres of EPSG:32631."""
        west, north = ORIGIN[0] + 10.0 * self.left_px, ORIGIN[1]
        return west, north - 10.0 * self.size_px, west + 10.0 * self.size_px, north

    @property
    def date_index(self) -> int:
        """Number of the date, from 0."""
        return DATES.index(self.day)

    def path(self, band: str) -> Path:
        """The file of a band."""
        return self.folder / f"{band}.tif"


@dataclass(frozen=True)
class Archive:
    """All scenes at one scale: 1 is the real size of a tile, 0.5 half its side."""

    root: Path
    """Folder of this archive."""
    scale: float
    """Side of a tile relative to 10980 pixels."""

    @property
    def size_px(self) -> int:
        """Side of a tile at 10 m, even so that 20 m bands fit."""
        return 2 * round(FULL_SIZE_PX * self.scale / 2)

    @property
    def shift_px(self) -> int:
        """Columns between the left edges of the two tiles."""
        return 2 * round(FULL_SHIFT_PX * self.scale / 2)

    @property
    def width_px(self) -> int:
        """Width of the swath at 10 m."""
        return self.shift_px + self.size_px

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The six scenes, oldest first."""
        return tuple(
            Scene(tile, day, self.root / tile / day, self.size_px, number * self.shift_px)
            for day in DATES
            for number, tile in enumerate(TILES)
        )

    @property
    def full_scenes(self) -> tuple[Scene, ...]:
        """The four scenes without a swath edge."""
        full = {("31UDQ", DATES[0]), ("31UEQ", DATES[0]), ("31UEQ", DATES[1]), ("31UDQ", DATES[2])}
        return tuple(scene for scene in self.scenes if (scene.tile, scene.day) in full)

    def scene(self, name: str) -> Scene:
        """The scene of a name."""
        return next(scene for scene in self.scenes if scene.name == name)

    def valid_columns(self, date_index: int, row: float) -> tuple[float, float]:
        """First and last-plus-one valid column of the swath in a row, in 10 m pixels of the swath."""
        if date_index == 1:
            return max(0.0, SECOND_DATE_LEFT_PX * self.scale - EDGE_SLOPE * row), float(self.width_px)
        if date_index == 2:
            return 0.0, min(float(self.width_px), THIRD_DATE_RIGHT_PX * self.scale - EDGE_SLOPE * row)
        return 0.0, float(self.width_px)

    def is_complete(self) -> bool:
        """Whether the archive was made to its end by this version."""
        mark = self.root / "archive.json"
        return mark.exists() and json.loads(mark.read_text()) == self.facts()

    def facts(self) -> dict[str, object]:
        """What identifies the content."""
        return {"version": FORMAT_VERSION, "seed": SEED, "scale": self.scale, "size_px": self.size_px}


def sensing_time(day: str) -> str:
    """The acquisition time of a date, as in a STAC item."""
    return f"{date.fromisoformat(day).isoformat()}T10:50:31Z"
