"""The general condenser over time: `condense + over $t ansi("a":"b") where … using …` (OGC 08-068r3, 7.1.32)."""

import math
from collections.abc import Callable
from collections.abc import Iterator as Walk
from dataclasses import fields, is_dataclass
from typing import Protocol

from bandstand.errors import BandstandError, InvalidProgram, InvalidSubset
from bandstand.model.combine import Fold, Formula
from bandstand.services.wcs.v20.subset import axis_kind
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.formulas import masked
from bandstand.services.wcs.v20.wcps.induce import Inducer
from bandstand.services.wcs.v20.wcps.subsets import Subsetter
from bandstand.services.wcs.v20.wcps.syntax import Condense, Expression, Iterator, Star, Subset, Variable
from bandstand.services.wcs.v20.wcps.values import Cover, Domains, Instant, Interval, Literal, Value

_CONDENSE: dict[str, Callable[[list[float]], float | bool]] = {
    "+": math.fsum,
    "*": math.prod,
    "min": min,
    "max": max,
    "avg": lambda numbers: math.fsum(numbers) / len(numbers),
    "and": all,
    "or": any,
}


class Evaluator(Protocol):
    """Whoever knows what expressions mean."""

    source: Source
    names: dict[str, Value]

    @property
    def inducer(self) -> Inducer:
        """Pixel by pixel."""
        ...

    @property
    def subsetter(self) -> Subsetter:
        """Trims and slices."""
        ...

    def value(self, node: Expression) -> Value:
        """What an expression means."""
        ...

    def step(self) -> None:
        """Count a turn of a loop."""
        ...


_OPERATIONS = {"+": "+", "*": "*", "min": "min", "max": "max", "avg": "mean", "and": "and", "or": "or"}


def condensed(node: Condense, evaluator: Evaluator) -> Value:
    """Evaluate what is condensed for every step, and condense it.

    Raises:
        QuerySemantics: It loops over something else than time, or over nothing.
        InvalidSubset: No time lies in the interval.
    """
    if len(node.iterators) > 1:
        second = node.iterators[1]
        evaluator.source.refuse("one iterator over time is offered", second.start, second.end)
    (iterator,) = node.iterators
    outside = evaluator.names.get(iterator.variable)
    made: list[Value] = []
    try:
        for step in _steps(iterator, node, evaluator):
            evaluator.step()
            evaluator.names[iterator.variable] = step
            value = _one(node, evaluator)
            if value is not None:
                made.append(value)
    finally:
        evaluator.names.pop(iterator.variable, None)
        if outside is not None:
            evaluator.names[iterator.variable] = outside
    if not made:
        evaluator.source.refuse("the condition holds for no step", node.start, node.end)
    if all(isinstance(value, float | bool) for value in made):
        return _numbers(node.operator, [float(value) for value in made if isinstance(value, float | bool)])
    operation = _OPERATIONS[node.operator]

    def fold(*steps: Formula) -> Formula:
        return Fold(operation, steps)

    result = evaluator.inducer.induce(fold, made, "bool" if operation in {"and", "or"} else "", node)
    return _settled(result) if isinstance(result, Cover) else result


def _settled(cover: Cover) -> Cover:
    """The result has no time of its own to be chosen later."""
    return Cover(cover.bands, cover.ground, cover.times, pending=False)


def _one(node: Condense, evaluator: Evaluator) -> Value | None:
    """What one step gives; None where its condition does not hold."""
    if node.where is None:
        return evaluator.value(node.using)
    held = evaluator.value(node.where)
    if isinstance(held, Cover):
        return evaluator.inducer.induce(masked, [held, evaluator.value(node.using)], "", node)
    if not isinstance(held, bool | float):
        evaluator.source.refuse("a condition is true or false", node.where.start, node.where.end)
    return evaluator.value(node.using) if held and not math.isnan(held) else None


def _numbers(operator: str, numbers: list[float]) -> float | bool:
    defined = [number for number in numbers if not math.isnan(number)]
    if not defined:
        return math.nan
    try:
        found = _CONDENSE[operator](defined)
    except (OverflowError, ValueError):
        # Of sums on their way, and of infinities that cancel out.
        found = math.inf
    if math.isinf(found):
        raise InvalidProgram("a number grows too large; numbers reach to about 1.8e308")
    return found


def _steps(iterator: Iterator, node: Condense, evaluator: Evaluator) -> list[Value]:
    if axis_kind(iterator.axis) != "time":
        evaluator.source.refuse(
            f"loops over {iterator.axis} are not offered, over time alone",
            iterator.start,
            iterator.end,
            "Use avg, sum, min, max, count of the whole coverage.",
        )
    if iterator.high is None and not isinstance(iterator.low, Star):
        return _domain_steps(iterator, evaluator)
    low = None if isinstance(iterator.low, Star) else evaluator.value(iterator.low)
    high = None if isinstance(iterator.high, Star) or iterator.high is None else evaluator.value(iterator.high)
    if isinstance(low, float) and isinstance(high, float):
        return _whole_steps(low, high, iterator, evaluator)
    covers = list(_sliced_by(iterator.variable, node, evaluator))
    if not covers:
        evaluator.source.refuse(
            f"nothing is sliced at {iterator.variable}",
            iterator.start,
            iterator.end,
            f"Such as: using $c[{iterator.axis}({iterator.variable})].",
        )
    subsetter = evaluator.subsetter
    text = subsetter.interval(iterator.low, iterator.high or iterator.low)
    labels = dict.fromkeys(subsetter.steps(covers[0], text))
    for cover in covers[1:]:
        known = set(subsetter.steps(cover, text))
        labels = {label: None for label in labels if label in known}
    if not labels:
        raise InvalidSubset(f"No time lies within {text or 'the coverage'}.", locator=iterator.axis)
    return [Instant(label) for label in labels]


def _domain_steps(iterator: Iterator, evaluator: Evaluator) -> list[Value]:
    value = evaluator.value(iterator.low)
    if isinstance(value, Domains):
        value = next((i for _, i in value.axes if i.kind == "time"), value)
    if not isinstance(value, Interval) or value.kind != "time":
        evaluator.source.refuse(
            "expected an interval of times",
            iterator.low.start,
            iterator.low.end,
            f'Such as {iterator.axis}("2023-01":"2023-12"), or {iterator.axis}(domain($c, {iterator.axis})).',
        )
    if not value.labels:
        raise InvalidSubset("The coverage has no times.", locator=iterator.axis)
    return [Instant(label) for label in value.labels]


def _whole_steps(low: float, high: float, iterator: Iterator, evaluator: Evaluator) -> list[Value]:
    if not (low.is_integer() and high.is_integer() and low <= high < low + 10_000):
        evaluator.source.refuse("steps are whole numbers from low to high", iterator.start, iterator.end)
    return [Literal(float(step), "int32") for step in range(int(low), int(high) + 1)]


def _sliced_by(variable: str, node: Condense, evaluator: Evaluator) -> Walk[Cover]:
    """The coverages that are sliced in time at the loop's variable."""
    for part in _walk(node.where, node.using):
        if not isinstance(part, Subset):
            continue
        for axis in part.axes:
            if isinstance(axis.low, Variable) and axis.low.name == variable and axis.high is None:
                try:
                    value = evaluator.value(part.of)
                except BandstandError:
                    # What is sliced depends on the step itself; another slice may tell the times.
                    continue
                if isinstance(value, Cover):
                    yield value


def _walk(*roots: object) -> Walk[object]:
    """Every part of some trees."""
    waiting = list(roots)
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend(reversed(part))
        elif is_dataclass(part):
            yield part
            waiting.extend(getattr(part, f.name) for f in reversed(fields(part)))
