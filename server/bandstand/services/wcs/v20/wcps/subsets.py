"""Trims and slices: along space they choose cells, along time they choose what is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidAxis, InvalidSubset, InvalidTime, TooLarge, shorten
from bandstand.model.combine import Apply, Fold, Formula, Operand, Pick, climb, operands
from bandstand.model.crs import parse_crs
from bandstand.model.layer import Layer
from bandstand.services.wcs.v20.subset import axis_kind
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.geometry import Cut, cut
from bandstand.services.wcs.v20.wcps.syntax import Axis, Expression, Star, Subset, Text
from bandstand.services.wcs.v20.wcps.values import Cover, Ground, Instant, Interval, Value

Evaluate = Callable[[Expression], Value]
INDEX_CRS = frozenset({"crs:1", "crs1", "http://www.opengis.net/def/crs/ogc/0/index1d", "index1d", "index2d"})
"""Names of the coordinate system that counts cells."""


def is_index(text: str) -> bool:
    """Whether a CRS counts cells."""
    return text.casefold() in INDEX_CRS or text.casefold().rpartition("/")[2] in INDEX_CRS


@dataclass(frozen=True, slots=True)
class Subsetter:
    """Cuts coverages."""

    engine: Engine
    source: Source
    evaluate: Evaluate

    def subset(self, cover: Cover, node: Subset) -> Cover:
        """Trim and slice a coverage.

        Raises:
            QuerySemantics: What stands in the brackets does not fit the axis.
            InvalidAxis: There is no such axis, or it is named twice, or was sliced away.
            InvalidSubset, InvalidTime: Outside the coverage.
        """
        ground = cover.ground
        if ground is None:
            self.source.refuse("only a coverage has axes", node.start, node.end)
        kinds: dict[str, Axis] = {}
        for axis in node.axes:
            kind = axis_kind(axis.name)
            if kind in kinds:
                raise InvalidAxis(f'The axis "{axis.name}" is named twice in one subset.', locator=axis.name)
            if kind in ground.sliced:
                raise InvalidAxis(f'The axis "{axis.name}" was sliced away before.', locator=axis.name)
            kinds[kind] = axis
        if "time" in kinds:
            cover = self._in_time(cover, kinds["time"])
        cuts = [self._cut(kind, axis) for kind, axis in kinds.items() if kind != "time"]
        return replace(cover, ground=cut(ground, cuts)) if cuts else cover

    # Space

    def _cut(self, kind: str, axis: Axis) -> Cut:
        if axis.low is None:
            self.source.refuse(f"the axis {axis.name} needs an interval", axis.start, axis.end)
        index, crs = False, None
        if axis.crs is not None:
            name = self.text(axis.crs)
            index = is_index(name)
            crs = None if index else parse_crs(name, locator=axis.name)
        if axis.high is None:
            value = self.evaluate(axis.low)
            if isinstance(value, Interval):
                return self._cut_to(kind, axis, value)
            position = self.number(value, axis.low)
            return Cut(axis.name, kind, position, position, is_slice=True, crs=crs, index=index)
        low, high = self._bound(axis.low), self._bound(axis.high)
        return Cut(axis.name, kind, low, high, is_slice=False, crs=crs, index=index)

    def _cut_to(self, kind: str, axis: Axis, interval: Interval) -> Cut:
        if interval.kind != kind or isinstance(interval.low, str) or isinstance(interval.high, str):
            self.source.refuse(f"that is no interval of the axis {axis.name}", axis.start, axis.end)
        return Cut(axis.name, kind, interval.low, interval.high, is_slice=False, index=interval.index)

    def _bound(self, node: Expression) -> float | None:
        return None if isinstance(node, Star) else self.number(self.evaluate(node), node)

    def number(self, value: Value, node: Expression) -> float:
        """The value as a coordinate.

        Raises:
            QuerySemantics: It is none.
        """
        if isinstance(value, float) and not isinstance(value, bool) and abs(value) < float("inf"):
            return float(value)
        return self.source.refuse("a coordinate is a number, or *", node.start, node.end)

    def text(self, node: Expression) -> str:
        """A quoted text.

        Raises:
            QuerySemantics: It is none.
        """
        if isinstance(node, Text):
            return node.value
        return self.source.refuse("expected a CRS in quotes", node.start, node.end)

    # Time

    def _in_time(self, cover: Cover, axis: Axis) -> Cover:
        if axis.low is None:
            self.source.refuse(f"the axis {axis.name} needs a time", axis.start, axis.end)
        if cover.times is None and not cover.pending:
            raise InvalidAxis(
                f'The axis "{axis.name}" was sliced away before, or is none: datasets and mosaics have one time.',
                locator=axis.name,
            )
        by_index = axis.crs is not None and is_index(self.text(axis.crs))
        if axis.high is None and not isinstance(axis.low, Star):
            value = self.evaluate(axis.low)
            if isinstance(value, Interval):
                return self._trimmed(cover, value.labels if value.kind == "time" else (), axis)
            return self._sliced(cover, value, axis, by_index=by_index)
        known = self.steps(cover)
        if by_index:
            first, last = self._positions(axis, len(known))
            return self._trimmed(cover, known[first : last + 1], axis)
        text = self.interval(axis.low, axis.high or axis.low)
        return self._trimmed(cover, self.steps(cover, text), axis)

    def _positions(self, axis: Axis, count: int) -> tuple[int, int]:
        bounds = [self._bound(node) for node in (axis.low, axis.high or axis.low) if node is not None]
        low = 0 if bounds[0] is None else int(bounds[0])
        high = count - 1 if bounds[1] is None else int(bounds[1])
        if not 0 <= low <= high < count:
            raise InvalidSubset(f"Steps {low} to {high} do not lie within 0 to {count - 1}.", locator=axis.name)
        return low, high

    def _sliced(self, cover: Cover, value: Value, axis: Axis, *, by_index: bool) -> Cover:
        if isinstance(value, float) and not isinstance(value, bool):
            # Years are written like numbers; steps are small.
            if by_index or (value < 1000 and float(value).is_integer()):
                known = self.steps(cover)
                if not 0 <= value < len(known):
                    raise InvalidSubset(f"There is no step {value:g} among {len(known)}.", locator=axis.name)
                value = known[int(value)]
            else:
                value = f"{value:g}"
        label = value.label if isinstance(value, Instant) else value
        if not isinstance(label, str):
            self.source.refuse('a time is a text, such as ansi("2023-06-14")', axis.start, axis.end)
        if cover.times is None:
            return replace(at_time(cover, label), pending=False)
        found = self.steps(cover, label)
        if len(found) != 1:
            raise InvalidSubset(
                f'"{shorten(label)}" is none of the times {", ".join(cover.times[:12])}.', locator=axis.name
            )
        return step_of(cover, cover.times.index(found[0]))

    def _trimmed(self, cover: Cover, labels: tuple[str, ...], axis: Axis) -> Cover:
        if not labels:
            known = self.steps(cover)
            reach = f" They reach from {known[0]} to {known[-1]}." if known else ""
            raise InvalidSubset(f"No time lies within this interval.{reach}", locator=axis.name)
        limit = self.engine.limits.coverage_max_items
        if len(labels) > limit:
            raise TooLarge(f"{len(labels)} times, the limit is {limit} (limits.coverage_max_items).", locator="time")
        if cover.times is not None:
            steps = [step_of(cover, cover.times.index(label)) for label in labels if label in cover.times]
        else:
            steps = [at_time(cover, label) for label in labels]
        bands = tuple(
            replace(band, steps=tuple(step.bands[i].steps[0] for step in steps)) for i, band in enumerate(cover.bands)
        )
        return replace(cover, bands=bands, times=labels, pending=False)

    def interval(self, low: Expression, high: Expression) -> str:
        """Two ends of time as an ISO 8601 interval; empty for all of it.

        Raises:
            QuerySemantics: They are no times.
        """
        ends = [".." if isinstance(node, Star) else self._time(node) for node in (low, high)]
        return "" if ends == ["..", ".."] else "/".join(ends)

    def _time(self, node: Expression) -> str:
        value = self.evaluate(node)
        if isinstance(value, Instant):
            return value.label
        if isinstance(value, str):
            return value
        return self.source.refuse('a time is a text, such as "2023-06-14"', node.start, node.end)

    def steps(self, cover: Cover, text: str = "") -> tuple[str, ...]:
        """The times of a coverage within an ISO 8601 text, all for an empty one.

        Raises:
            InvalidTime: The text cannot be read, or the coverage is made of several with different times.
        """
        found = {self.engine.process.steps(layer, text) for layer in self.layers(cover)}
        if len(found) > 1:
            raise InvalidTime("The coverages here have different times; choose the time of each.", locator="time")
        labels = found.pop() if found else ()
        return labels if cover.times is None else tuple(label for label in labels if label in cover.times)

    def layers(self, cover: Cover) -> tuple[Layer, ...]:
        """The layers that a coverage is made of."""
        read = [o for band in cover.bands for formula in band.steps for o in operands(formula)]
        return tuple(self.engine.layer(name, "wcs") for name in dict.fromkeys(o.layer for o in read))


def at_time(cover: Cover, label: str) -> Cover:
    """The coverage with the time of whatever has none yet."""

    def change(operand: Operand) -> Operand:
        return operand if operand.ask.time else replace(operand, ask=replace(operand.ask, time=label))

    return with_operands(cover, change)


def step_of(cover: Cover, step: int) -> Cover:
    """One time of a coverage that has several."""
    bands = tuple(replace(band, steps=(band.steps[step if len(band.steps) > 1 else 0],)) for band in cover.bands)
    return replace(cover, bands=bands, times=None)


def with_operands(cover: Cover, change: Callable[[Operand], Operand]) -> Cover:
    """The coverage with other operands in its formulas."""
    done: dict[int, Formula] = {}
    bands = [replace(band, steps=tuple(_rebuilt(f, change, done) for f in band.steps)) for band in cover.bands]
    return replace(cover, bands=tuple(bands))


def _rebuilt(formula: Formula, change: Callable[[Operand], Operand], done: dict[int, Formula]) -> Formula:
    for part in climb(formula):
        if id(part) in done:
            continue
        match part:
            case Pick(operand=operand, name=name):
                done[id(part)] = Pick(change(operand), name)
            case Apply(name=name, arguments=arguments):
                done[id(part)] = Apply(name, tuple(done[id(a)] for a in arguments))
            case Fold(operation=operation, steps=steps):
                done[id(part)] = Fold(operation, tuple(done[id(s)] for s in steps))
            case _:
                done[id(part)] = part
    return done[id(formula)]


def ground_of(cover: Cover, source: Source, start: int, end: int, sliced: Sequence[str] = ()) -> Ground:
    """The grid of a coverage that must have one, with these axes left.

    Raises:
        QuerySemantics: It is a record of constants, or an axis was sliced away.
    """
    if cover.ground is None:
        source.refuse("a coverage is needed here", start, end)
    for kind in sliced:
        if kind in cover.ground.sliced:
            source.refuse(f"the axis {kind} was sliced away before", start, end)
    return cover.ground
