"""Formulas to a request: operands are settled like any layer, and the programs compiled."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bandstand.compute.bands import Bands
from bandstand.compute.graph import build_graph, has_fold, one_operand, output_trees
from bandstand.errors import InvalidProgram, TooLarge
from bandstand.model.combine import Operand, Pick, Result, climb, operands
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.model.request import Output, Request, StyledLayer

_MOST_PARTS = 20_000
"""Of all formulas together, each counted once: steps of loops over time are different ones."""

Settle = Callable[[Operand], StyledLayer]
"""The operand as a layer of a request that gives its data."""


@dataclass(frozen=True, slots=True)
class Combiner:
    """Makes requests of formulas."""

    settle: Settle
    collection: Callable[[str], Collection]
    limits: Limits

    def request(self, results: Sequence[Result], grid: Grid, output: Output, source: str) -> Request:
        """The request whose answer has these results as its bands.

        What reads a single operand becomes the request that GetCoverage would make of the same choice of bands or
        the same expression.

        Raises:
            InvalidProgram: There is nothing to read, or a formula cannot be compiled.
            TooLarge: More operands than scenes may be read.
            BandstandError: An operand cannot be settled: no scene at its time.
        """
        read = list(dict.fromkeys(operand for result in results for operand in operands(result.formula)))
        if not read:
            raise InvalidProgram("nothing is read from a coverage", locator="query")
        if len(read) > self.limits.coverage_max_items:
            raise TooLarge(
                f"{len(read)} coverages and times are read, the limit is {self.limits.coverage_max_items} "
                "(limits.coverage_max_items). Ask a shorter time.",
                locator="query",
            )
        self._check(results)
        if len(read) == 1 and not has_fold(results):
            return Request(layers=(self._single(results, read[0], source),), grid=grid, output=output)
        return self._several(results, read, grid, output, source)

    def series(self, steps: Sequence[Sequence[Result]], grid: Grid, output: Output, source: str) -> Request:
        """The request for one coverage at several times, the results of each time in `steps`, oldest first.

        Raises:
            InvalidProgram: The results of a time read more than one coverage at one time.
            TooLarge: More dates than a coverage may have, or too much to compute.
        """
        if len(steps) > self.limits.coverage_max_dates:
            raise TooLarge(
                f"{len(steps)} dates exceed the maximum {self.limits.coverage_max_dates} (limits.coverage_max_dates). "
                "Ask a shorter time.",
                locator="query",
            )
        self._check([result for results in steps for result in results])
        layers = []
        for results in steps:
            read = list(dict.fromkeys(operand for result in results for operand in operands(result.formula)))
            if len(read) != 1 or has_fold(results):
                raise InvalidProgram(
                    "along an axis of time each date is computed of one coverage at one time; condense or slice them",
                    locator="query",
                )
            layers.append(self._single(results, read[0], source))
        return Request(layers=tuple(layers), grid=grid, output=output, axis="time")

    def _check(self, results: Sequence[Result]) -> None:
        """Refuse what would take long to compile: a pixel has at most five times the operations of an expression."""
        most = 5 * self.limits.expression_max_operations
        operations = sum(result.formula.size for result in results)
        parts = len({id(part) for result in results for part in climb(result.formula)}) if operations <= most else 0
        if operations > most or parts > _MOST_PARTS:
            raise TooLarge(
                f"This computes more than {most} operations a pixel, or as many for too many times "
                "(limits.expression_max_operations). Ask for less at once.",
                locator="query",
            )

    def _single(self, results: Sequence[Result], operand: Operand, source: str) -> StyledLayer:
        names = tuple(result.formula.name for result in results if isinstance(result.formula, Pick))
        if names == tuple(result.name for result in results) and not any(result.dtype for result in results):
            return self.settle(replace(operand, ask=replace(operand.ask, bands=names)))
        settled = self.settle(operand)
        fields = self._fields(settled)
        program = one_operand(results, output_trees(settled.program), fields, source)
        selection = replace(settled.selection, bands=program.inputs)
        return replace(settled, selection=selection, program=program, digest="")

    def _several(
        self, results: Sequence[Result], read: Sequence[Operand], grid: Grid, output: Output, source: str
    ) -> Request:
        settled = {operand: self.settle(operand) for operand in read}
        trees = {operand: output_trees(layer.program) for operand, layer in settled.items()}
        fields = {operand: self._fields(layer) for operand, layer in settled.items()}
        graph = build_graph(results, trees, fields, source)
        layers = tuple(
            replace(
                layer,
                selection=replace(layer.selection, bands=bands),
                program=Bands(bands, stored=True),
                digest="",
            )
            for layer, bands in zip(settled.values(), graph.bands, strict=True)
        )
        return Request(layers=layers, grid=grid, output=output, combine=graph)

    def _fields(self, layer: StyledLayer) -> dict[str, Field]:
        collection = self.collection(layer.selection.collection)
        return {field.name: field for field in collection.fields}
