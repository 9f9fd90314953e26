"""Text to program: reads an expression for a collection, and remembers what it read."""

from dataclasses import dataclass

from bandstand.caching.recent import Recent
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

    def is_for(self, collection: Collection, recipes: Recipes) -> bool:
        """Whether it holds still: a collection of the same name may have been configured anew."""
        return self.recipes is recipes and (self.collection is collection or self.collection == collection)


_KNOWN: Recent[tuple[str, str, Units, Limits], _Known] = Recent(_MOST)
"""What was compiled last; the same `Expression` serves every thread."""


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
    known = _KNOWN.get(key)
    if known is None or not known.is_for(collection, recipes):
        known = _KNOWN.put(key, _Known(collection, recipes, _read(text, collection, recipes, limits, units)))
    return known.expression


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
