"""scale, extend and crsTransform: the grid that pixels are read on (OGC 08-068r3, 7.1.27 to 7.1.30)."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter
from bandstand.model.combine import Operand
from bandstand.model.crs import Crs, parse_crs
from bandstand.model.selection import Resampling
from bandstand.services.ows.vendor import read_resampling
from bandstand.services.wcs.coverages import crs_supported
from bandstand.services.wcs.v20.subset import axis_kind
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.geometry import MOST_PX, extended, scaled, transformed
from bandstand.services.wcs.v20.wcps.subsets import Subsetter, ground_of, is_index, with_operands
from bandstand.services.wcs.v20.wcps.syntax import Axis, Braces, Call, Expression, Part, Star, Text, Variable
from bandstand.services.wcs.v20.wcps.values import Cover, Domains, Ground, Interval, Value

_METHODS = {"near": "nearest", "nearestneighbor": "nearest", "nearestneighbour": "nearest", "quadratic": "cubic"}
Bounds = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Reshaper:
    """Gives coverages other grids."""

    engine: Engine
    source: Source
    subsetter: Subsetter
    evaluate: Callable[[Expression], Value]

    def call(self, node: Call) -> Cover:
        """One of the three functions.

        Raises:
            QuerySemantics: Its arguments do not fit, or the coverage was resampled before.
        """
        of = node.arguments[0]
        if isinstance(of, Braces):
            self.source.refuse("a coverage is needed here", of.start, of.end)
        cover = self.evaluate(of)
        if not isinstance(cover, Cover):
            self.source.refuse("a coverage is needed here", of.start, of.end)
        ground = ground_of(cover, self.source, of.start, of.end, ("x", "y"))
        if ground.resampled:
            self.source.refuse(
                "this coverage was resampled before", node.start, node.end,
                "Ask for the last grid at once: crsTransform takes a resolution and a domain, scale any size.",
            )  # fmt: skip
        made = {"scale": self._scale, "extend": self._extend, "crstransform": self._transform}
        return made[node.name](cover, ground, node)

    # scale

    def _scale(self, cover: Cover, ground: Ground, node: Call) -> Cover:
        wish = node.arguments[1]
        grid = ground.grid
        if isinstance(wish, Braces):
            width, height = self._sizes(wish, grid.width, grid.height)
        else:
            value = self.evaluate(wish)
            if isinstance(value, Domains):
                width, height = self._sizes_of(value, grid.width, grid.height)
            else:
                width, height = (self._factor(value, wish, side) for side in (grid.width, grid.height))
        method = self._method(node.arguments[2:], node)
        return replace(self._resampled(cover, method), ground=scaled(ground, width, height))

    def _sizes(self, wish: Braces, width: int, height: int) -> tuple[int, int]:
        sizes = {"x": width, "y": height}
        for member in wish.members:
            if isinstance(member, Axis):
                kind = self._spatial(member)
                sizes[kind] = self._size(member, sizes[kind])
                continue
            value = self.evaluate(member)
            if isinstance(value, Interval) and value.kind in sizes:
                sizes[value.kind] = self._cells(value, member)
            elif isinstance(value, Domains):
                sizes["x"], sizes["y"] = self._sizes_of(value, sizes["x"], sizes["y"])
            else:
                self.source.refuse("expected an axis with its cells, such as E(0:99)", member.start, member.end)
        return sizes["x"], sizes["y"]

    def _sizes_of(self, value: Domains, width: int, height: int) -> tuple[int, int]:
        sizes = {"x": width, "y": height}
        sizes |= {i.kind: int(float(i.high) - float(i.low)) + 1 for _, i in value.axes if i.index and i.kind in sizes}
        return sizes["x"], sizes["y"]

    def _spatial(self, axis: Axis) -> str:
        kind = axis_kind(axis.name)
        if kind == "time":
            self.source.refuse("the time axis cannot be resampled", axis.start, axis.end)
        return kind

    def _size(self, axis: Axis, now: int) -> int:
        if axis.low is None or (axis.crs is not None and not is_index(self.subsetter.text(axis.crs))):
            self.source.refuse("scale counts cells, such as E(0:99)", axis.start, axis.end)
        if axis.high is None:
            value = self.evaluate(axis.low)
            return self._cells(value, axis) if isinstance(value, Interval) else self._factor(value, axis, now)
        low, high = (self.subsetter.number(self.evaluate(node), node) for node in (axis.low, axis.high))
        if not (low.is_integer() and high.is_integer() and low <= high < low + MOST_PX):
            self.source.refuse("cells are whole numbers from low to high", axis.start, axis.end)
        return int(high - low) + 1

    def _cells(self, interval: Interval, part: Part) -> int:
        if not interval.index:
            self.source.refuse("scale counts cells", part.start, part.end, "Use imageCrsDomain, not domain.")
        return int(float(interval.high) - float(interval.low)) + 1

    def _factor(self, value: Value, part: Part, now: int) -> int:
        if not isinstance(value, float) or not 0 < value * now < MOST_PX:
            self.source.refuse("a factor is a positive number", part.start, part.end)
        return max(1, math.floor(now * value + 1e-9))

    # extend

    def _extend(self, cover: Cover, ground: Ground, node: Call) -> Cover:
        if ground.trimmed:
            self.source.refuse("only a whole coverage can be extended", node.start, node.end, "Trim it afterwards.")
        bounds = self._bounds(node.arguments[1])
        return replace(cover, ground=extended(ground, bounds))

    def _bounds(self, wish: Expression | Braces) -> Bounds:
        if not isinstance(wish, Braces):
            self.source.refuse("expected a list such as {E(low:high), N(low:high)}", wish.start, wish.end)
        bounds: Bounds = {}
        for member in wish.members:
            if not isinstance(member, Axis) or member.low is None or member.high is None or member.crs is not None:
                self.source.refuse("expected an interval such as E(low:high)", member.start, member.end)
            if isinstance(member.low, Star) or isinstance(member.high, Star):
                self.source.refuse("an end is needed here", member.start, member.end)
            low, high = (self.subsetter.number(self.evaluate(end), end) for end in (member.low, member.high))
            if low >= high:
                self.source.refuse("the low end must lie below the high one", member.start, member.end)
            bounds[self._spatial(member)] = low, high
        return bounds

    # crsTransform

    def _transform(self, cover: Cover, ground: Ground, node: Call) -> Cover:
        crs = self._crs(node.arguments[1], ground, node)
        lists = [a for a in node.arguments[2:] if isinstance(a, Braces)]
        if len(lists) != len(node.arguments) - 2:
            self.source.refuse("expected lists in braces after the CRS", node.start, node.end, "Such as {bilinear}.")
        resolution: dict[str, float] = {}
        bounds: Bounds = {}
        methods: list[Expression | Braces] = []
        for wish in lists:
            axes = [m for m in wish.members if isinstance(m, Axis)]
            if axes and all(m.low is None for m in axes):
                resolution |= {self._spatial(m): self._resolution(m) for m in axes}
            elif axes and all(m.high is not None for m in axes):
                bounds |= self._bounds(wish)
            else:
                methods.append(wish)
        made = transformed(ground, crs, self.engine, resolution, bounds)
        return replace(self._resampled(cover, self._method(tuple(methods), node)), ground=made)

    def _crs(self, wish: Expression | Braces, ground: Ground, node: Part) -> Crs:
        if isinstance(wish, Text):
            names = [wish.value]
        elif isinstance(wish, Braces):
            axes = [m for m in wish.members if isinstance(m, Axis) and m.crs is not None and m.low is None]
            names = list(dict.fromkeys(self.subsetter.text(m.crs) for m in axes if m.crs is not None))
            if len(names) != 1 or len(axes) != len(wish.members):
                self.source.refuse("both axes need the same CRS", wish.start, wish.end)
        else:
            self.source.refuse('expected a CRS in quotes, such as "EPSG:3857"', wish.start, wish.end)
        crs = parse_crs(names[0])
        # A scene may be stored in a CRS of its own.
        offered = tuple(dict.fromkeys((ground.grid.crs, *crs_supported(self.engine, ground.layer))))
        if crs not in offered:
            listed = ", ".join(known.short for known in offered[:12])
            self.source.refuse(f"{crs.short} is not offered", node.start, node.end, f"Offered: {listed}.")
        return crs

    def _resolution(self, axis: Axis) -> float:
        value = None if axis.crs is None else self.evaluate(axis.crs)
        if not isinstance(value, float) or not 0 < value < MOST_PX:
            self.source.refuse("a resolution is a positive number", axis.start, axis.end)
        return float(value)

    def _method(self, lists: tuple[Expression | Braces, ...], node: Part) -> Resampling:
        words: list[str] = []
        for wish in lists:
            members = wish.members if isinstance(wish, Braces) else (wish,)
            for member in members:
                # The standard names a method a field: {red(bilinear, full)}.
                named = member.low if isinstance(member, Axis) else member
                if not isinstance(named, Variable | Text):
                    self.source.refuse("expected a method of interpolation", member.start, member.end)
                words.append(named.name if isinstance(named, Variable) else named.value)
        if len({word.casefold() for word in words}) > 1:
            self.source.refuse("one method of interpolation serves all fields", node.start, node.end)
        if not words:
            return "nearest"
        try:
            return read_resampling(_METHODS.get(words[0].casefold(), words[0]), "interpolation")
        except InvalidParameter as error:
            return self.source.refuse(error.message, node.start, node.end)

    @staticmethod
    def _resampled(cover: Cover, method: Resampling) -> Cover:
        def change(operand: Operand) -> Operand:
            return replace(operand, ask=replace(operand.ask, resampling=method))

        return with_operands(cover, change)
