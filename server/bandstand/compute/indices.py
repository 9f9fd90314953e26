"""What the named indices are, told for a collection."""

import re

from bandstand.compute.recipes import Recipe, RecipeNames, Recipes
from bandstand.model.ask import IndexReport
from bandstand.model.layer import Collection


def index_reports(recipes: Recipes, collection: Collection | None) -> tuple[IndexReport, ...]:
    """Every named index, by name.

    Args:
        recipes: The named indices.
        collection: Its own band names replace the common ones in the formula of each index that it has the bands of.
    """
    return tuple(_report(recipe, collection) for recipe in recipes)


def _report(recipe: Recipe, collection: Collection | None) -> IndexReport:
    names = RecipeNames(recipe, collection)
    formula = recipe.formula
    if collection is not None and not names.missing:
        formula = re.sub(r"[A-Za-z_]\w*", lambda word: names.bands.get(word.group(), word.group()), formula)
    return IndexReport(
        name=recipe.name,
        title=recipe.title,
        formula=formula,
        bands=recipe.bands,
        range=recipe.range,
        reference=recipe.reference,
        available=not names.missing,
    )
