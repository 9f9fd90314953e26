"""What is known of a coverage without reading it: domains, CRSs, its name (OGC 08-068r3, 7.1.10)."""

from collections.abc import Callable
from dataclasses import dataclass

from bandstand.model.crs import parse_crs
from bandstand.model.grid import project_bbox
from bandstand.services.wcs.v20.subset import axis_kind
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.geometry import labels
from bandstand.services.wcs.v20.wcps.subsets import Subsetter, ground_of, is_index
from bandstand.services.wcs.v20.wcps.syntax import Braces, Call, Choose, Expression, Text, Variable
from bandstand.services.wcs.v20.wcps.values import Cover, Domains, Ground, Interval, Value

INTROSPECTORS = frozenset(
    {"domain", "imagecrsdomain", "imagecrs", "crsset", "identifier", "nullset", "cellcount"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Introspector:
    """Answers questions about coverages."""

    source: Source
    subsetter: Subsetter
    evaluate: Callable[[Expression], Value]

    def call(self, node: Call) -> Value:
        """One of the functions.

        Raises:
            QuerySemantics: Its argument is no coverage, or has no such axis.
        """
        of = node.arguments[0]
        value = None if isinstance(of, Braces) else self.evaluate(of)
        if not isinstance(value, Cover):
            self.source.refuse("a coverage is needed here", of.start, of.end)
        ground = ground_of(value, self.source, of.start, of.end)
        match node.name:
            case "identifier":
                return ground.id or ground.layer.name
            case "imagecrs":
                return "CRS:1"
            case "crsset":
                return ", ".join(dict.fromkeys((ground.grid.crs.short, "CRS:1")))
            case "nullset":
                return "null"
            case "cellcount":
                return float(ground.grid.width * ground.grid.height * value.count)
            case _:
                return self._domain(value, ground, node)

    def _domain(self, cover: Cover, ground: Ground, node: Call) -> Value:
        index = node.name == "imagecrsdomain"
        if len(node.arguments) == 1:
            return Domains(tuple(self._all(cover, ground, index=index)))
        wanted = node.arguments[1]
        if not isinstance(wanted, Variable | Text):
            self.source.refuse("expected the name of an axis", wanted.start, wanted.end)
        kind = axis_kind(wanted.name if isinstance(wanted, Variable) else wanted.value)
        found = {i.kind: i for _, i in self._all(cover, ground, index=index)}
        if kind not in found:
            self.source.refuse("the axis was sliced away before", wanted.start, wanted.end)
        if len(node.arguments) == 3:
            return self._in(ground, kind, found[kind], node)
        return found[kind]

    def _all(self, cover: Cover, ground: Ground, *, index: bool) -> list[tuple[str, Interval]]:
        grid = ground.grid
        box = grid.bbox
        size_x, size_y = grid.resolution
        spans = {
            "x": Interval("x", 0.0, grid.width - 1.0, index=True)
            if index
            else Interval("x", box.min_x, box.max_x, size_x),
            "y": Interval("y", 0.0, grid.height - 1.0, index=True)
            if index
            else Interval("y", box.min_y, box.max_y, size_y),
        }
        found = [(label, spans[kind]) for kind, label in labels(grid).items() if kind not in ground.sliced]
        if cover.times is not None or cover.pending:
            times = self.subsetter.steps(cover)
            if times:
                ends: tuple[float | str, float | str] = (0.0, len(times) - 1.0) if index else (times[0], times[-1])
                found.append(("time", Interval("time", *ends, index=index, labels=times)))
        return found

    def _in(self, ground: Ground, kind: str, known: Interval, node: Call) -> Interval:
        wanted = node.arguments[2]
        name = wanted.value if isinstance(wanted, Text) else ""
        if not name:
            self.source.refuse("expected a CRS in quotes", wanted.start, wanted.end)
        if kind == "time":
            return known
        if is_index(name):
            side = ground.grid.width if kind == "x" else ground.grid.height
            return Interval(kind, 0.0, side - 1.0, index=True)
        crs = parse_crs(name)
        box = project_bbox(ground.grid.bbox, ground.grid.crs, crs)
        if box is None:
            self.source.refuse(f"the coverage cannot be expressed in {crs.short}", node.start, node.end)
        low, high = (box.min_x, box.max_x) if kind == "x" else (box.min_y, box.max_y)
        cells = ground.grid.width if kind == "x" else ground.grid.height
        return Interval(kind, low, high, (high - low) / cells)


def property_of(value: Interval | Domains, node: Choose, source: Source) -> Value:
    """`lo`, `hi` or `resolution` of an interval.

    Raises:
        QuerySemantics: Something else.
    """
    known = {"lo": "low", "hi": "high", "resolution": "resolution"}
    name = known.get(node.name.casefold())
    if name is None or isinstance(value, Domains):
        source.refuse("an interval of an axis has lo, hi and resolution", node.start, node.end)
    found: float | str = getattr(value, name)
    return found
