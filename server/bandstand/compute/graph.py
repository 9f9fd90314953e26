"""Formulas over operands to programs: one expression where a single operand is read, else a graph of them.

Everything is computed by the programs of the expression language, so that the same formula gives the same numbers
whichever language it was written in.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bandstand.caching.recent import Recent
from bandstand.compute.bands import Bands
from bandstand.compute.expression.fold import apply
from bandstand.compute.expression.tree import Band, Call, DataMask, Node, Number, Numbers, Output
from bandstand.compute.expression.tree import climb as climb_tree
from bandstand.compute.program import Expression
from bandstand.compute.typed import Typed, storage_of
from bandstand.errors import InvalidProgram
from bandstand.model.combine import Apply, Constant, Fold, Formula, Operand, Pick, Result, climb, operands
from bandstand.model.field import Field
from bandstand.model.program import Program


@dataclass(frozen=True, slots=True)
class Stage:
    """An expression and where its inputs come from."""

    program: Program
    """Its inputs are the names of slots."""


@dataclass(frozen=True, slots=True)
class FoldStage:
    """A fold as it is computed: each step is a stage of one output."""

    operation: str
    steps: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """What stands behind one input of a stage: a band of an operand, or the result of a fold."""

    operand: int = -1
    band: str = ""
    fold: int = -1


@dataclass(frozen=True, slots=True)
class Graph:
    """A computation over several operands on one grid."""

    final: Stage
    folds: tuple[FoldStage, ...]
    """Each may use the folds before it."""
    slots: Mapping[str, Slot]
    """By the names that the stages use."""
    bands: tuple[tuple[str, ...], ...]
    """For each operand the bands of its collection that are read, in the order in which its rasters have them."""
    fields: Mapping[str, Field]
    """Typical fields of all slots."""
    source: str = ""
    """What the user wrote."""
    fingerprint: str = field(init=False)
    """Equal for equal computations, in every process."""

    def __post_init__(self) -> None:
        """Spell the whole once."""
        folds = [(fold.operation, [step.program.fingerprint for step in fold.steps]) for fold in self.folds]
        slots = sorted(self.slots.items(), key=str)
        text = f"graph/1:{self.final.program.fingerprint}:{folds!r}:{slots!r}:{self.bands!r}"
        object.__setattr__(self, "fingerprint", hashlib.blake2b(text.encode(), digest_size=16).hexdigest())

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what comes out."""
        return self.final.program.outputs

    def describe(self) -> tuple[Field, ...]:
        """The fields of what comes out."""
        return self.final.program.describe([self.fields[name] for name in self.final.program.inputs])


_MOST_PREPARED = 256
"""Expressions remembered; each holds a few kilobytes and its machines."""

Trees = Mapping[Operand, Mapping[str, Node]]
"""For each operand, what its outputs are computed from."""


def output_trees(program: Program) -> dict[str, Node]:
    """What the outputs of a layer's program are, as trees over the bands of its collection.

    Raises:
        InvalidProgram: The program is no choice of bands and no expression.
    """
    if isinstance(program, Expression):
        return {output.name: output.node for output in program.trees}
    if isinstance(program, Bands):
        return {name: Band(name) for name in program.names}
    raise InvalidProgram(f'"{program.source}" cannot be part of a larger computation')


def one_operand(
    results: Sequence[Result], trees: Mapping[str, Node], fields: Mapping[str, Field], source: str
) -> Program:
    """The program of results that read a single operand and fold nothing: that of the equal expression.

    Raises:
        InvalidProgram: A constant grows too large, or there are more parts than the machine can hold.
    """
    outputs = tuple(Output(r.name, to_tree(r.formula, lambda pick: trees[pick.name])) for r in results)
    return _program(results, outputs, fields, source)


def has_fold(results: Sequence[Result]) -> bool:
    """Whether a result condenses many formulas."""
    return any(isinstance(part, Fold) for result in results for part in climb(result.formula))


def build_graph(
    results: Sequence[Result], trees: Trees, fields: Mapping[Operand, Mapping[str, Field]], source: str
) -> Graph:
    """The graph of results over several operands, which are numbered in the order of `trees`.

    Raises:
        InvalidProgram: A constant grows too large, or a stage has more parts than the machine can hold.
    """
    return _Builder(trees, fields).build(results, source)


def _program(
    results: Sequence[Result], outputs: tuple[Output, ...], fields: Mapping[str, Field], source: str
) -> Program:
    bands: dict[str, None] = {}
    for output in outputs:
        bands.update({node.name: None for node in climb_tree(output.node) if isinstance(node, Band)})
    if not bands:
        # A constant still needs a grid with scenes on it.
        bands[next(iter(fields))] = None
    storage = storage_of([result.dtype for result in results])
    made = Expression(source, outputs, list(bands), units="physical", storage=storage.computed)
    expression = _prepared(made, tuple(fields[name] for name in bands))
    return Typed(expression, storage.stored) if storage.stored else expression


_PREPARED: Recent[tuple[str, str, tuple[Field, ...]], Expression] = Recent(_MOST_PREPARED)
"""One that is asked again has its machines already."""


def _prepared(made: Expression, fields: tuple[Field, ...]) -> Expression:
    key = (made.fingerprint, made.source, fields)
    known = _PREPARED.get(key)
    if known is None:
        made.prepare(fields)
        known = _PREPARED.keep(key, made)
    return known


def to_tree(formula: Formula, leaf: Callable[[Pick], Node], fold: Callable[[Fold], Node] | None = None) -> Node:
    """A formula as a tree of the expression language, constants computed.

    Raises:
        InvalidProgram: A constant leaves the range of numbers.
    """
    done: dict[int, Node] = {}
    for part in climb(formula):
        match part:
            case Constant(value=value):
                done[id(part)] = Number(value)
            case Pick():
                done[id(part)] = leaf(part)
            case Fold():
                if fold is None:
                    raise TypeError("a fold is no part of a single expression")
                done[id(part)] = fold(part)
            case Apply(name=name, arguments=arguments):
                try:
                    done[id(part)] = apply(name, *(done[id(a)] for a in arguments))
                except OverflowError as error:
                    raise InvalidProgram("a number grows too large; numbers reach to about 1.8e308") from error
    return done[id(formula)]


def constant_of(formula: Formula) -> float:
    """What a formula of constants comes to; NaN where it is undefined.

    Raises:
        InvalidProgram: It grows too large for a number.
    """

    def refuse(pick: Pick) -> Node:
        raise TypeError(f"{pick.name} is no constant")

    node = to_tree(formula, refuse)
    if not isinstance(node, Number):
        raise TypeError("constants come to a number")
    return node.value


class _Builder:
    def __init__(self, trees: Trees, fields: Mapping[Operand, Mapping[str, Field]]) -> None:
        self._trees = trees
        self._fields = fields
        self._numbers = {operand: number for number, operand in enumerate(trees)}
        self._slots: dict[str, Slot] = {}
        self._known: dict[str, Field] = {}
        self._folds: list[FoldStage] = []
        self._done: dict[int, Node] = {}
        self._renamed: dict[tuple[int, int], Node] = {}

    def build(self, results: Sequence[Result], source: str) -> Graph:
        final = self._stage(results, source)
        bands: list[dict[str, None]] = [{} for _ in self._trees]
        for slot in self._slots.values():
            if slot.operand >= 0:
                bands[slot.operand][slot.band] = None
        return Graph(final, tuple(self._folds), self._slots, tuple(map(tuple, bands)), self._known, source)

    def _stage(self, results: Sequence[Result], source: str = "") -> Stage:
        outputs = tuple(Output(r.name, to_tree(r.formula, self._leaf, self._fold)) for r in results)
        if not any(isinstance(node, Band) for output in outputs for node in climb_tree(output.node)):
            # A constant step still needs a mask of something to stand on.
            self._leaf(self._any_pick(results))
        return Stage(_program(results, outputs, self._known, source))

    def _any_pick(self, results: Sequence[Result]) -> Pick:
        read = [operand for result in results for operand in operands(result.formula)] or list(self._trees)
        return Pick(read[0], next(iter(self._trees[read[0]])))

    def _leaf(self, pick: Pick) -> Node:
        number = self._numbers[pick.operand]
        return self._slotted(number, pick.operand, self._trees[pick.operand][pick.name])

    def _slotted(self, number: int, operand: Operand, tree: Node) -> Node:
        """The tree with every band renamed to its slot."""
        for node in climb_tree(tree):
            key = (number, id(node))
            if key in self._renamed:
                continue
            match node:
                case Band(name=name):
                    self._renamed[key] = Band(self._slot(f"{number}.{name}", Slot(number, name), operand))
                case Call(name=name, arguments=arguments):
                    self._renamed[key] = Call(name, tuple(self._renamed[number, id(a)] for a in arguments))
                case Number() | DataMask() | Numbers():
                    self._renamed[key] = node
        return self._renamed[number, id(tree)]

    def _slot(self, name: str, slot: Slot, operand: Operand) -> str:
        if name not in self._slots:
            self._slots[name] = slot
            self._known[name] = replace(self._fields[operand][slot.band], name=name)
        return name

    def _fold(self, fold: Fold) -> Node:
        if id(fold) not in self._done:
            steps = tuple(self._stage((Result("step", step, "float64"),)) for step in fold.steps)
            name = f"fold.{len(self._folds)}"
            self._slots[name] = Slot(fold=len(self._folds))
            self._known[name] = Field(name=name, dtype="float64")
            self._folds.append(FoldStage(fold.operation, steps))
            self._done[id(fold)] = Band(name)
        return self._done[id(fold)]
