"""Operations pixel by pixel: operands are brought together, field by field and time by time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast as typed

from bandstand.engine.engine import Engine
from bandstand.model.combine import Formula
from bandstand.model.grid import Grid
from bandstand.services.wcs.v20.wcps.effort import Effort
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.formulas import Build
from bandstand.services.wcs.v20.wcps.reduce import Reductions
from bandstand.services.wcs.v20.wcps.syntax import Part
from bandstand.services.wcs.v20.wcps.values import Band, Cover, Ground, Value, lift

_MOST_OPERATIONS = 1000
_HAIR_PX = 1e-3
"""Grids whose corners lie no farther apart are one grid, told by different arithmetic."""


@dataclass(frozen=True, slots=True)
class Inducer:
    """Builds coverages of coverages."""

    engine: Engine
    source: Source
    reductions: Reductions
    effort: Effort

    def induce(self, build: Build, values: Sequence[Value], type_: str, part: Part) -> float | bool | Cover:
        """Apply an operation to numbers and coverages.

        Args:
            build: Makes the formula of the result from those of the operands.
            values: The operands.
            type_: Of the result.
            part: What to point at.

        Returns:
            A number where all operands are numbers, else a coverage or a record.

        Raises:
            QuerySemantics: They do not lie on one grid, have other times or other fields, or are no numbers.
        """
        covers = self._one_ground([self.lifted(value, part) for value in values], part)
        times, pending = self._times(covers, part)
        count = self._fields(covers, part)
        ground = next((cover.ground for cover in covers if cover.ground is not None), None)
        steps = 1 if times is None else len(times)
        self.effort.count(count * steps, part)
        bands = []
        for place in range(count):
            formulas = tuple(build(*(_formula(cover, place, step) for cover in covers)) for step in range(steps))
            for formula in formulas:
                if formula.size > _MOST_OPERATIONS:
                    self.source.refuse(f"more than {_MOST_OPERATIONS} operations a pixel", part.start, part.end)
            bands.append(Band(_name(covers, place), formulas, type_))
        return self.lowered(Cover(tuple(bands), ground, times, pending), type_)

    def lifted(self, value: Value, part: Part) -> Cover:
        """The operand as a coverage.

        Raises:
            QuerySemantics: It is a text, a time or a domain.
        """
        if isinstance(value, float | bool | Cover):
            return lift(value)
        return self.source.refuse("a number or a coverage is needed here", part.start, part.end)

    def lowered(self, cover: Cover, type_: str) -> float | bool | Cover:
        """A single constant as the number it is."""
        if cover.ground is not None or len(cover.bands) != 1 or cover.times is not None:
            return cover
        number = self.engine.process.number(cover.bands[0].steps[0])
        return number if type_ != "bool" or math.isnan(number) else bool(number)

    def _one_ground(self, covers: list[Cover], part: Part) -> list[Cover]:
        grounded = [cover for cover in covers if cover.ground is not None]
        spread = [cover for cover in grounded if not typed("Ground", cover.ground).is_point]
        if spread and len(spread) < len(grounded):
            # The value at a point is a number like any other.
            covers = [self._pointed(cover) for cover in covers]
            grounded = spread
        if not grounded:
            return covers
        first = typed("Ground", grounded[0].ground)
        for other in grounded[1:]:
            second = typed("Ground", other.ground)
            if not same_grid(first.grid, second.grid):
                self.source.refuse(
                    f"the operands lie on different grids: {told(first.grid)} and {told(second.grid)}",
                    part.start, part.end, "Trim, scale or crsTransform one of them to the grid of the other.",
                )  # fmt: skip
        return covers

    def _pointed(self, cover: Cover) -> Cover:
        if cover.ground is None or not cover.ground.is_point or cover.times is not None:
            return cover
        numbers = self.reductions.point_values(cover)[0]
        return Cover(tuple(replace(lift(n).bands[0], name=b.name) for n, b in zip(numbers, cover.bands, strict=True)))

    def _times(self, covers: Sequence[Cover], part: Part) -> tuple[tuple[str, ...] | None, bool]:
        """The time axis of the result, and whether its time is still open."""
        axes = list(dict.fromkeys(cover.times for cover in covers if cover.times is not None))
        if len(axes) > 1:
            self.source.refuse(
                f"the operands have different times: {_told_times(axes[0])} and {_told_times(axes[1])}",
                part.start, part.end,
            )  # fmt: skip
        pending = [cover.pending for cover in covers if cover.ground is not None]
        return (axes[0] if axes else None), bool(pending) and all(pending)

    def _fields(self, covers: Sequence[Cover], part: Part) -> int:
        counts = {len(cover.bands) for cover in covers} - {1}
        if len(counts) > 1:
            listed = " and ".join(str(len(cover.bands)) for cover in covers if len(cover.bands) > 1)
            self.source.refuse(
                f"the operands have {listed} fields", part.start, part.end, "Choose fields with a point: $c.B08."
            )
        return counts.pop() if counts else 1


def _formula(cover: Cover, place: int, step: int) -> Formula:
    band = cover.bands[place if len(cover.bands) > 1 else 0]
    return band.steps[step if len(band.steps) > 1 else 0]


def _name(covers: Sequence[Cover], place: int) -> str:
    """The name that all operands agree on; those of records and coverages with several fields come first."""
    many = [cover for cover in covers if len(cover.bands) > 1] or covers
    names = {cover.bands[place if len(cover.bands) > 1 else 0].name for cover in many} - {""}
    return names.pop() if len(names) == 1 else "value" if names else ""


def same_grid(one: Grid, other: Grid) -> bool:
    """Whether two grids have the same cells."""
    if one.crs != other.crs or one.shape != other.shape:
        return False
    to_pixel = one.transform.inverse
    corners = [(0, 0), (one.width, one.height)]
    return all(
        abs(a - b) <= _HAIR_PX
        for corner in corners
        for a, b in zip(to_pixel(*other.transform(*corner)), corner, strict=True)
    )


def told(grid: Grid) -> str:
    """A grid in words."""
    box = grid.bbox
    return (
        f"{grid.width} x {grid.height} cells from ({box.min_x:.10g}, {box.min_y:.10g}) to "
        f"({box.max_x:.10g}, {box.max_y:.10g}) in {grid.crs.short}"
    )


def _told_times(times: tuple[str, ...]) -> str:
    return times[0] if len(times) == 1 else f"{len(times)} from {times[0]} to {times[-1]}"
