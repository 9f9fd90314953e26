"""Tree to numexpr nodes, with what must hold for each result to be defined.

Undefined travels in two ways. Inside arithmetic it is infinity or NaN, which run through sums, products and most
functions by themselves; whatever could swallow them (a comparison, a divisor, `min`) is preceded by a test, and the
tests are gathered as a guard beside the value. Bands that are not valid are only named here (`needs`); their masks
are joined once, outside the arithmetic, except below `where` and `isvalid`, which choose and ask pixel by pixel.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bandstand.compute.expression.functions import TABLE, Function
from bandstand.compute.expression.library import NUMEXPR, Value
from bandstand.compute.expression.tree import Band, Call, DataMask, Node, Number, Numbers, climb

_LARGEST = 308.2
"""Decimal logarithm of what float64 holds, a little less."""


@dataclass(frozen=True, slots=True)
class Source:
    """A band as the lowering meets it."""

    value: Value
    """Its node, in the units of the expression."""
    mask: str
    """Name of its mask; empty when every pixel is valid."""
    reach: float
    """Decimal logarithm of the largest absolute value."""
    soft: bool
    """Whether it can hold infinity or NaN."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A lowered part of the tree."""

    value: Value
    predicate: bool = False
    """bool, else float64."""
    guard: Value | None = None
    """Where false, the piece is undefined; None: nothing to ask."""
    needs: frozenset[str] = frozenset()
    """Masks that must hold too."""
    soft: bool = False
    """Whether infinity or NaN can stand in `value`, and mean undefined."""
    reach: float = 0.0


class Lowering:
    """Lowers the trees of one program for one kind of raster."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._done: dict[int, Piece] = {}

    def lower(self, node: Node) -> Piece:
        """The piece of a node; equal nodes are lowered once."""
        for part in climb(node):
            if id(part) not in self._done and not isinstance(part, Numbers):
                self._done[id(part)] = self._lower(part)
        return self._done[id(node)]

    def _lower(self, node: Node) -> Piece:
        match node:
            case Number(value=value):
                reach = math.log10(abs(value)) if value and math.isfinite(value) else 0.0
                return Piece(NUMEXPR.number(value), soft=math.isnan(value), reach=reach)
            case Band(name=name):
                source = self._sources[name]
                needs = frozenset({source.mask} if source.mask else ())
                return Piece(source.value, needs=needs, soft=source.soft, reach=source.reach)
            case DataMask():
                masks = sorted({source.mask for source in self._sources.values() if source.mask})
                return Piece(_all([NUMEXPR.mask(name) for name in masks]), predicate=True)
            case Numbers():
                raise TypeError("a list is read by the function it belongs to")
            case Call(name="where", arguments=(condition, then, otherwise)):
                return self._choose(*(self._done[id(a)] for a in (condition, then, otherwise)))
            case Call(name="isvalid" | "isnan" as name, arguments=(asked,)):
                defined = _defined(self._done[id(asked)])
                return Piece(defined if name == "isvalid" else ~defined, predicate=True)
            case Call(name=name, arguments=arguments):
                return self._call(TABLE[name], arguments)

    def _call(self, function: Function, arguments: Sequence[Node]) -> Piece:
        lists = [a.values for a in arguments if isinstance(a, Numbers)]
        pieces = [self._done[id(a)] for a in arguments if not isinstance(a, Numbers)]
        if function.hides_undefined:
            # A dividend passes infinity and NaN on; everything else here may lose them.
            pieces = [p if function.name == "/" and i == 0 else _checked(p) for i, p in enumerate(pieces)]
        take = _truth if function.logical else _number
        value = function.compute(NUMEXPR, *(take(p) for p in pieces), *lists)
        reach = 0.0 if function.predicate else function.reach([p.reach for p in pieces])
        makes = function.makes_undefined
        if function.name == "/" and isinstance(arguments[1], Number) and arguments[1].value:
            makes, reach = False, pieces[0].reach - pieces[1].reach
        soft = not function.predicate and (makes or reach > _LARGEST or any(p.soft for p in pieces))
        needs = frozenset().union(*(p.needs for p in pieces))
        return Piece(value, function.predicate, _both(p.guard for p in pieces), needs, soft, reach)

    @staticmethod
    def _choose(condition: Piece, then: Piece, otherwise: Piece) -> Piece:
        condition = _checked(condition)
        choice = _truth(condition)
        needs = condition.needs | (then.needs & otherwise.needs)
        guard = condition.guard
        left, right = (_guard(branch, needs) for branch in (then, otherwise))
        if left is not None or right is not None:
            yes = _all([])
            chosen = _pick(choice, yes if left is None else left, yes if right is None else right)
            guard = _both((guard, chosen))
        value = NUMEXPR.where(choice, _number(then), _number(otherwise))
        soft, reach = then.soft or otherwise.soft, max(then.reach, otherwise.reach)
        return Piece(value, guard=guard, needs=needs, soft=soft, reach=reach)


def finish(piece: Piece, *, predicate: bool, reach: float) -> tuple[Value, bool]:
    """The node that a machine stores for an output.

    Args:
        piece: The output, lowered.
        predicate: It is stored as uint8, 0 or 1, with 255 for undefined; else as float with NaN.
        reach: Decimal logarithm of what the stored float type holds.

    Returns:
        The node, and whether its result has to be looked through for undefined values.
    """
    if predicate:
        if piece.guard is None:
            return piece.value, False
        return NUMEXPR.where(piece.guard, _number(piece), NUMEXPR.number(255.0)), True
    value = _number(piece)
    if piece.guard is None:
        return value, piece.soft or piece.reach > reach
    return NUMEXPR.where(piece.guard, value, NUMEXPR.number(math.nan)), True


def _pick(choice: Value, yes: Value, no: Value) -> Value:
    # numexpr's where takes no bool.
    return (choice & yes) | (~choice & no)


def _number(piece: Piece) -> Value:
    return NUMEXPR.where(piece.value, NUMEXPR.number(1.0), NUMEXPR.number(0.0)) if piece.predicate else piece.value


def _truth(piece: Piece) -> Value:
    return piece.value if piece.predicate else piece.value != NUMEXPR.number(0.0)


def _checked(piece: Piece) -> Piece:
    """The piece with its infinities and NaNs turned into a guard."""
    if not piece.soft:
        return piece
    guard = _both((piece.guard, NUMEXPR.isfinite(piece.value)))
    return replace(piece, guard=guard, soft=False, reach=min(piece.reach, _LARGEST))


def _guard(piece: Piece, known: frozenset[str]) -> Value | None:
    """Guard and masks (those not known to hold anyway) as one condition; infinities stay in the value."""
    masks = [NUMEXPR.mask(name) for name in sorted(piece.needs - known)]
    return _both((piece.guard, *masks))


def _defined(piece: Piece) -> Value:
    """Where the piece has a value."""
    guard = _guard(_checked(piece), frozenset())
    return _all([]) if guard is None else guard


def _both(guards: Iterable[Value | None]) -> Value | None:
    joined = None
    for guard in guards:
        if guard is not None:
            joined = guard if joined is None else joined & guard
    return joined


def _all(masks: Sequence[Value]) -> Value:
    joined = _both(masks)
    return NUMEXPR.number(0.0) == NUMEXPR.number(0.0) if joined is None else joined
