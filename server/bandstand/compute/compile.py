"""Text to program: reads an expression for a collection, and remembers what it read."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from bandstand.compute.expression.parse import parse
from bandstand.compute.expression.tree import Band, DataMask, walk
from bandstand.compute.naming import CollectionNames
from bandstand.compute.program import Expression
from bandstand.compute.recipes import Recipes
from bandstand.errors import InvalidProgram
from bandstand.model.ask import Units
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits

_MOST = 512
"""Expressions remembered; each holds a few kilobytes and its machines."""


@dataclass(frozen=True, slots=True)
class _Known:
    collection: Collection
    recipes: Recipes
    expression: Expression


class _Memory:
    """What was compiled last; the same `Expression` serves every thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, Units, Limits], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str, Units, Limits], collection: Collection, recipes: Recipes) -> Expression | None:
        with self._lock:
            known = self._known.get(key)
            if known is None or known.recipes is not recipes:
                return None
            self._known.move_to_end(key)
        # A collection of the same name may have been configured anew.
        same = known.collection is collection or known.collection == collection
        return known.expression if same else None

    def put(self, key: tuple[str, str, Units, Limits], known: _Known) -> None:
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)


_MEMORY = _Memory()


def compile_expression(
    text: str, collection: Collection, recipes: Recipes, *, limits: Limits, units: Units = "physical"
) -> Expression:
    """Read an expression for the bands of a collection.

    Args:
        text: In the language of docs/expressions.md.
        collection: Whose bands, aliases and classes the names mean.
        recipes: The named indices.
        limits: Length, operations and depth.
        units: `physical` computes with stored × scale + offset, `stored` with the numbers in the files.

    Returns:
        A program; the same one when the same is asked again.

    Raises:
        InvalidProgram: The text is not of the language, names nothing known, or is above a limit.
    """
    key = (text, collection.name, units, limits)
    expression = _MEMORY.get(key, collection, recipes)
    if expression is None:
        expression = _read(text, collection, recipes, limits, units)
        _MEMORY.put(key, _Known(collection, recipes, expression))
    return expression


def _read(text: str, collection: Collection, recipes: Recipes, limits: Limits, units: Units) -> Expression:
    outputs = parse(text, CollectionNames(collection, recipes), limits)
    nodes = [node for output in outputs for node in walk(output.node)]
    bands = list(dict.fromkeys(node.name for node in nodes if isinstance(node, Band)))
    if not bands and any(isinstance(node, DataMask) for node in nodes):
        bands = [collection.fields[0].name]
    if not bands:
        names = " ".join(field.name for field in collection.fields)
        raise InvalidProgram(f"the expression reads no band. Bands of {collection.name}: {names}")
    expression = Expression(text, outputs, bands, units=units)
    expression.prepare([collection.field(band) for band in bands])
    return expression
