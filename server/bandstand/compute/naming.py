"""What the names in an expression mean: bands, named indices, masks and constants."""

import re

from bandstand.compute.expression.parse import CONSTANTS, LIST, Names, Unknown, parse
from bandstand.compute.expression.tree import Band, Call, DataMask, Node, Number
from bandstand.compute.recipes import Recipe, RecipeNames, Recipes
from bandstand.errors import shorten, suggest
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits

_BANDLIKE = re.compile(r"[A-Za-z]{1,4}\d+[A-Za-z]?")

_CLASSES: dict[str, tuple[int, ...]] = {
    "nodata": (0,), "saturated": (1,), "topo_shadows": (2,), "shadows": (3,), "vegetation": (4,), "bare": (5,),
    "water": (6,), "unclassified": (7,), "clouds": (8, 9), "cirrus": (10,), "snow": (11,),
}  # fmt: skip
"""Classes of Sentinel-2's scene classification (SCL)."""
_MASKS = (*_CLASSES, "clear")


class AnyNames(Names):
    """Every name is a band: for the grammar of an expression whose bands nobody knows yet."""

    def find(self, name: str, *, quoted: bool) -> Node | Unknown:
        """A constant where it is one, else a band."""
        constant = None if quoted else CONSTANTS.get(name.casefold())
        return Band(name) if constant is None else Number(constant)

    def title(self, text: str, node: Node) -> str:
        """The text."""
        del node
        return text


class CollectionNames(Names):
    """The names of a collection, as a user may write them."""

    def __init__(self, collection: Collection, recipes: Recipes) -> None:
        self._collection = collection
        self._recipes = recipes

    def find(self, name: str, *, quoted: bool) -> Node | Unknown:
        """Bands first, then `dataMask` and constants, then masks and indices."""
        band = self._collection.resolve(name)
        if band is not None:
            return Band(band)
        if quoted:
            return self._unknown(name)
        if name.casefold() == "datamask":
            return DataMask()
        if name in CONSTANTS or name.casefold() in {"nan", "pi", "nodata"}:
            return Number(CONSTANTS[name.casefold()])
        if name.casefold().startswith("mask."):
            return self._mask(name)
        recipe = self._recipes.get(name)
        return self._unknown(name) if recipe is None else self._index(recipe)

    def title(self, text: str, node: Node) -> str:
        """A band's own name, an index's name in lower case, else the text."""
        if isinstance(node, Band):
            return node.name
        recipe = self._recipes.get(text)
        return text if recipe is None or isinstance(node, Number) else recipe.name.lower()

    def _index(self, recipe: Recipe) -> Node | Unknown:
        names = RecipeNames(recipe, self._collection)
        if names.missing:
            lacking = " and ".join(names.missing)
            needs = f"{recipe.name} = {recipe.formula} needs {', '.join(recipe.bands)}."
            message = f"{self._collection.name} has no {lacking} for the index {recipe.name}"
            return Unknown(message, f"{needs} {self._bands()}")
        (output,) = parse(recipe.formula, names, Limits())
        return output.node

    def _mask(self, name: str) -> Node | Unknown:
        wanted = name[5:].casefold()
        band = self._collection.resolve("SCL")
        if band is None or not self._collection.field(band).categorical:
            message = f'unknown name "{shorten(name, 40)}"'
            return Unknown(message, f"Masks need a scene classification SCL, which {self._collection.name} lacks.")
        if wanted not in _MASKS:
            hint = f"{suggest(wanted, _MASKS)} Masks: {' '.join(f'mask.{known}' for known in _MASKS)}".strip()
            return Unknown(f'unknown mask "{shorten(name, 40)}"', hint)
        scene = Band(band)
        if wanted == "clear":
            unclear = [n for key in ("nodata", "saturated", "shadows", "clouds", "cirrus") for n in _CLASSES[key]]
            return Call("not", (_is_one_of(scene, unclear),))
        return _is_one_of(scene, _CLASSES[wanted])

    def _unknown(self, name: str) -> Unknown:
        names = [field.name for field in self._collection.fields]
        aliases = [alias for alias, _ in self._collection.aliases]
        indices = [recipe.name for recipe in self._recipes]
        near = suggest(name, [*names, *aliases, *indices, "dataMask", "nodata"]).strip()
        shown = f'"{shorten(name, 40)}"'
        if near or _BANDLIKE.fullmatch(name):
            return Unknown(f"unknown band {shown}", f"{near} {self._bands()}".strip())
        return Unknown(f"unknown name {shown}", f"Expressions hold {LIST}. {self._bands()}")

    def _bands(self) -> str:
        names = " ".join(field.name for field in self._collection.fields)
        aliases = [alias for alias, _ in self._collection.aliases]
        shown = f" (aliases: {' '.join(aliases[:12])}{' …' if len(aliases) > 12 else ''})" if aliases else ""
        return f"Bands of {self._collection.name}: {names}{shown}"


def _is_one_of(scene: Node, classes: tuple[int, ...] | list[int]) -> Node:
    tests: list[Node] = [Call("==", (scene, Number(float(value)))) for value in classes]
    whole = tests[0]
    for test in tests[1:]:
        whole = Call("or", (whole, test))
    return whole
