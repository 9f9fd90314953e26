"""Tiny coverages for the suites of WCS, which fetch every coverage whole, in every format, dozens of times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bandstand.demo.frame import Sheet

SEED = 20000101
"""Of all invented numbers."""

_SHEET = Sheet("EPSG:32631", 500_000.0, 5_500_000.0, 10.0, 20, 20)
_TIMES = (
    datetime(2023, 6, 4, 10, 46, 31, tzinfo=UTC),
    datetime(2023, 6, 14, 10, 46, 29, tzinfo=UTC),
    datetime(2023, 6, 24, 10, 46, 31, tzinfo=UTC),
)
_LEVELS = {"blue": 600, "green": 900, "red": 800, "nir": 2600}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One scene of a coverage: its bands on one sheet."""

    id: str
    bands: Mapping[str, NDArray[np.generic]]
    """By name, (y, x)."""
    sheet: Sheet = _SHEET
    time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiny:
    """One coverage."""

    name: str
    """Of the coverage and of its collection; an XML name."""
    title: str
    abstract: str
    style: str
    parts: tuple[Part, ...]
    nodata: float = 0
    profile: str = "generic"
    colours: tuple[tuple[int, str, str], ...] = ()
    """(value, label, `#rrggbb`) of classes."""


def tiny_coverages(seed: int = SEED) -> tuple[Tiny, ...]:
    """The coverages in the order of publication: the first is flat in time and has several fields."""
    random = np.random.default_rng(seed)
    classes = ((1, "Water", "#2f6fc0"), (2, "Meadow", "#8cc060"), (3, "Forest", "#2f7d32"), (4, "Built", "#b05040"))
    return (
        Tiny(
            name="cite_reflectance",
            title="Four bands",
            abstract="Invented reflectance x 10000 in four bands, without a time.",
            style="cite_false_color",
            parts=(Part(id="reflectance", bands={band: _hills(random, level) for band, level in _LEVELS.items()}),),
        ),
        Tiny(
            name="cite_classes",
            title="Classes",
            abstract="Invented land cover: four classes in one band.",
            style="landcover",
            profile="categorical",
            parts=(Part(id="classes", bands={"class": _patches(random, len(classes))}),),
            colours=classes,
        ),
        Tiny(
            name="cite_series",
            title="Two bands on three days",
            abstract="Invented reflectance x 10000 in red and near infrared, ten days apart.",
            style="cite_red",
            parts=tuple(
                Part(
                    id=f"series-{time:%Y%m%d}",
                    time=time,
                    bands={band: _hills(random, _LEVELS[band]) for band in ("red", "nir")},
                )
                for time in _TIMES
            ),
        ),
    )


def _hills(random: np.random.Generator, level: int) -> NDArray[np.uint16]:
    """A slope with a wave and a little noise, everywhere above 0."""
    rows, columns = np.mgrid[0 : _SHEET.height, 0 : _SHEET.width]
    wave = np.sin(columns / 3.0 + random.uniform(0, 6)) * np.cos(rows / 4.0)
    values = level + 10 * columns + 7 * rows + 60 * wave + random.integers(0, 9, rows.shape)
    return np.asarray(values, np.uint16)


def _patches(random: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Squares of four by four pixels, each of one class."""
    squares = random.integers(1, count + 1, (_SHEET.height // 4, _SHEET.width // 4))
    return np.asarray(np.kron(squares, np.ones((4, 4))), np.uint8)
