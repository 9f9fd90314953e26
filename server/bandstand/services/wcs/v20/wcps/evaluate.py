"""The meaning of expressions: coverages stay formulas until somebody needs a number of them."""

from dataclasses import dataclass, field, replace

from bandstand.engine.engine import Engine
from bandstand.errors import UnknownBand, shorten, suggest
from bandstand.model.ask import Ask
from bandstand.model.combine import Constant, Operand, Pick
from bandstand.services.wcs.coverages import find_field
from bandstand.services.wcs.v20.eo.coverage import portion_ask, portion_grids
from bandstand.services.wcs.v20.eo.portions import Portion, portion_or_layer
from bandstand.services.wcs.v20.wcps.effort import Effort
from bandstand.services.wcs.v20.wcps.errors import Source
from bandstand.services.wcs.v20.wcps.formulas import BINARY, UNARY, cast, choose, extreme
from bandstand.services.wcs.v20.wcps.functions import REDUCERS, TYPES
from bandstand.services.wcs.v20.wcps.induce import Inducer
from bandstand.services.wcs.v20.wcps.introspect import INTROSPECTORS, Introspector, property_of
from bandstand.services.wcs.v20.wcps.kinds import typed_alike
from bandstand.services.wcs.v20.wcps.loops import condensed
from bandstand.services.wcs.v20.wcps.reduce import Reductions
from bandstand.services.wcs.v20.wcps.reshape import Reshaper
from bandstand.services.wcs.v20.wcps.subsets import Subsetter, ground_of
from bandstand.services.wcs.v20.wcps.syntax import (
    Binary,
    Braces,
    Call,
    Cast,
    Choose,
    Condense,
    Expression,
    Number,
    Part,
    Record,
    Star,
    Subset,
    Switch,
    Text,
    Truth,
    Unary,
    Variable,
)
from bandstand.services.wcs.v20.wcps.values import Band, Cover, Domains, Ground, Instant, Interval, Literal, Value


@dataclass(slots=True)
class Evaluator:
    """Evaluates the expressions of one query."""

    engine: Engine
    source: Source
    reductions: Reductions
    effort: Effort
    names: dict[str, Value] = field(default_factory=dict)
    """Iterators and aliases."""
    _coverages: dict[str, Cover] = field(default_factory=dict)
    """Those of the server by name: combinations name the same ones again and again."""

    @property
    def inducer(self) -> Inducer:
        """Pixel by pixel."""
        return Inducer(self.engine, self.source, self.reductions, self.effort)

    @property
    def subsetter(self) -> Subsetter:
        """Trims and slices."""
        return Subsetter(self.engine, self.source, self.value)

    def value(self, node: Expression) -> Value:
        """What an expression means.

        Raises:
            QuerySemantics: It means nothing.
            BandstandError: A coverage, field, axis or time that does not exist; a limit.
        """
        self.effort.count(1, node)
        match node:
            case Number(value=value, type=type_):
                return Literal(value, type_)
            case Text(value=constant) | Truth(value=constant):
                return constant
            case Star():
                return self.source.refuse("* only stands for the end of an axis", node.start, node.end)
            case Variable() | Binary() | Unary() | Cast():
                return self._operation(node)
            case _:
                return self._compound(node)

    def _operation(self, node: Variable | Binary | Unary | Cast) -> Value:
        match node:
            case Variable():
                return self._variable(node)
            case Binary():
                return self._binary(node)
            case Unary(operator=operator, operand=operand):
                return self._unary(operator, operand, node)
            case Cast(type=type_, operand=operand):
                return self._cast(TYPES[type_], operand, node)

    def _compound(self, node: Choose | Subset | Call | Condense | Switch | Record) -> Value:
        match node:
            case Choose():
                return self._choose(node)
            case Subset(of=of):
                return self.subsetter.subset(self.cover(of), node)
            case Call():
                return self._call(node)
            case Condense():
                return condensed(node, self)
            case Switch():
                return self._switch(node)
            case _:
                return self._record(node)

    def cover(self, node: Expression) -> Cover:
        """What an expression means, which must be a coverage or a record.

        Raises:
            QuerySemantics: It is something else.
        """
        value = self.value(node)
        if not isinstance(value, Cover):
            self.source.refuse("a coverage is needed here", node.start, node.end)
        return value

    def truth(self, node: Expression) -> bool:
        """What an expression means, which must be yes or no; undefined is no.

        Raises:
            QuerySemantics: It is something else.
        """
        value = self.value(node)
        if isinstance(value, bool):
            return value
        if isinstance(value, float):
            return value == value and value != 0.0  # noqa: PLR0124 - NaN is undefined
        hint = "Condense it: some(…), all(…) or avg(…) > 0.5." if isinstance(value, Cover) else ""
        return self.source.refuse("a condition is true or false", node.start, node.end, hint)

    def coverage(self, name: str) -> Cover:
        """A coverage of the server, whole, its time open; a dataset or mosaic, which has its own time.

        Raises:
            UnknownLayer: There is none.
        """
        if name not in self._coverages:
            self._coverages[name] = self._found(name)
        return self._coverages[name]

    def _found(self, name: str) -> Cover:
        found = portion_or_layer(name, self.engine)
        if isinstance(found, Portion):
            layer, ask = found.layer, portion_ask(found, Ask(data=True), ())
            grid, lattice = portion_grids(found, self.engine)
            ground = Ground(layer, grid, id=found.id, lattice=lattice)
        else:
            layer, ask = found, Ask(data=True)
            ground = Ground(layer, self.engine.domain(layer).grid)
        operand = Operand(layer.name, ask)
        fields = self.engine.outputs(layer, Ask(data=True))
        bands = tuple(Band(f.name, (Pick(operand, f.name),)) for f in fields)
        return Cover(bands, ground, pending=not isinstance(found, Portion))

    def step(self) -> None:
        """Count a turn of a loop; see `Effort.step`."""
        self.effort.step()

    # Operators

    def _variable(self, node: Variable) -> Value:
        found = self.names.get(node.name)
        if found is None:
            hint = suggest(node.name, self.names).strip() or f"There are: {', '.join(self.names)}."
            self.source.refuse(f'unknown name "{shorten(node.name, 40)}"', node.start, node.end, hint)
        return found

    def _binary(self, node: Binary) -> Value:
        # Down the left side by hand: a sum may be hundreds of terms long.
        spine = [node]
        while isinstance(spine[-1].left, Binary):
            spine.append(spine[-1].left)
        value = self.value(spine[-1].left)
        for part in reversed(spine):
            value = self._operate(part, value, self.value(part.right))
        return value

    def _operate(self, node: Binary, left: Value, right: Value) -> Value:
        if node.operator in {"=", "!="} and isinstance(left, str | Instant) and isinstance(right, str | Instant):
            return (plain(left) == plain(right)) == (node.operator == "=")
        build, type_ = BINARY[node.operator]
        return self.inducer.induce(build, [left, right], type_, node)

    def _unary(self, operator: str, operand: Expression, node: Unary) -> Value:
        build, type_ = UNARY[operator]
        made = self.inducer.induce(build, [self.value(operand)], type_, node)
        if operator == "-" and isinstance(operand, Number) and operand.type and isinstance(made, float):
            return Literal(made, "int16" if operand.type in {"uint8", "int8"} else "int32")
        return made

    def _cast(self, type_: str, operand: Expression, node: Cast) -> Value:
        made = self.inducer.induce(cast(type_), [self.value(operand)], type_, node)
        return Literal(made, type_) if isinstance(made, float) else made

    def _choose(self, node: Choose) -> Value:
        of = self.value(node.of)
        if isinstance(of, Interval | Domains):
            return property_of(of, node, self.source)
        if not isinstance(of, Cover):
            self.source.refuse("only coverages and records have fields", node.start, node.end)
        known = [band.name for band in of.bands]
        place = known.index(node.name) if node.name in known else None
        if place is None and of.ground is not None:
            place = find_field(node.name, known, of.ground.layer, self.engine)
        if place is None and node.name.isdecimal() and node.name.isascii() and int(node.name[:9]) < len(known):
            place = int(node.name[:9])
        if place is None:
            raise UnknownBand(
                self.source.describe(
                    f'there is no field "{shorten(node.name, 40)}"',
                    node.end - len(node.name),
                    node.end,
                    f"{suggest(node.name, known)} Fields: {', '.join(known)}.".strip(),
                ),
                locator=node.name[:80],
            )
        return self.inducer.lowered(replace(of, bands=(of.bands[place],)), of.bands[place].type)

    def _switch(self, node: Switch) -> Value:
        made = self.value(node.default)
        branches: list[Value] = [made]
        for condition, result in reversed(node.cases):
            held, value = self.value(condition), self.value(result)
            if isinstance(held, bool | float):
                if held == held and held:  # noqa: PLR0124 - undefined is no
                    made, branches = value, [value]
                continue
            branches.append(value)
            made = self.inducer.induce(choose, [held, value, made], "", node)
        return typed_alike(made, branches) if isinstance(made, Cover) and len(branches) > 1 else made

    def _record(self, node: Record) -> Value:
        names = [name for name, _ in node.fields]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            self.source.refuse(f"the field {twice} is named twice", node.start, node.end)
        made: list[Band] = []
        covers = [self.inducer.lifted(self.value(of), of) for _, of in node.fields]
        for (name, of), cover in zip(node.fields, covers, strict=True):
            if len(cover.bands) != 1:
                self.source.refuse(f"the field {name} takes one field, here are {len(cover.bands)}", of.start, of.end)
            made.append(replace(cover.bands[0], name=name))
        # Bring them to one ground and one set of times, as any operation does.
        whole = self.inducer.induce(lambda *formulas: formulas[0], covers, "", node)
        if not isinstance(whole, Cover):
            return Cover(tuple(made))
        settled = [self._on(whole, cover, node) for cover in covers]
        bands = tuple(replace(band, steps=one.bands[0].steps) for band, one in zip(made, settled, strict=True))
        return replace(whole, bands=bands)

    def _on(self, whole: Cover, cover: Cover, node: Part) -> Cover:
        made = self.inducer.induce(lambda one, _: one, [cover, whole], "", node)
        return made if isinstance(made, Cover) else cover

    # Functions

    def _call(self, node: Call) -> Value:
        name = node.name
        if name in INTROSPECTORS:
            return Introspector(self.source, self.subsetter, self.value).call(node)
        if name in {"scale", "extend", "crstransform"}:
            return Reshaper(self.engine, self.source, self.subsetter, self.value).call(node)
        arguments: list[Expression] = []
        for argument in node.arguments:
            if isinstance(argument, Braces):
                self.source.refuse(f"{name}() takes no list", argument.start, argument.end)
            arguments.append(argument)
        if name in REDUCERS and len(arguments) == 1:
            return self._reduce(name, arguments[0])
        values = [self.value(argument) for argument in arguments]
        if name in {"min", "max"}:
            return self.inducer.induce(extreme(name), values, "", node)
        if name == "bit" and not (isinstance(values[1], float) and values[1] in range(53)):
            self.source.refuse("the number of a bit is whole, 0 to 52", arguments[1].start, arguments[1].end)
        build, type_ = BINARY[name] if len(values) == 2 else UNARY[name]
        return self.inducer.induce(build, values, type_, node)

    def _reduce(self, name: str, of: Expression) -> Value:
        cover = self.cover(of)
        ground = ground_of(cover, self.source, of.start, of.end)
        numbers = self.reductions.reduce(name, cover, ground)
        if len(numbers) == 1:
            return numbers[0]
        kind = "bool" if name in {"some", "all"} else ""
        bands = (Band(b.name, (Constant(float(n)),), kind) for b, n in zip(cover.bands, numbers, strict=True))
        return Cover(tuple(bands))


def plain(value: Value) -> Value:
    """A step in time as the text it stands for."""
    return value.label if isinstance(value, Instant) else value
