"""Named indices: one data file each, with formula, bands, range and reference."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from bandstand.compute.expression.parse import CONSTANTS, Names, Unknown, parse
from bandstand.compute.expression.tree import Band, Node, Number, walk
from bandstand.errors import ConfigError, InvalidProgram, suggest
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits

_KEYS = ("name", "title", "formula", "bands", "range", "ramp", "unit", "reference", "url", "note")
_NEEDED = ("name", "title", "formula", "bands", "range", "ramp", "reference")
_NAME = re.compile(r"[A-Za-z]\w*")

EQUIVALENTS: dict[str, tuple[str, ...]] = {
    "nir": ("nir08",),
    "nir08": ("nir",),
    "rededge1": ("rededge071", "rededge"),
    "rededge2": ("rededge075",),
    "rededge3": ("rededge078",),
}
"""What stands in for a common name that a collection lacks: Landsat's near infrared is `nir08`, and STAC's
eo extension renamed the red edges in 2.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One named index."""

    name: str
    """As it is written in an expression, compared without regard to case: `NDVI`."""
    title: str
    formula: str
    """In the language of expressions, with common names of bands."""
    bands: tuple[str, ...]
    """The common names in it."""
    range: tuple[float, float]
    """Where values usually lie: the stretch to begin with."""
    ramp: str
    """Name of the colour map to begin with."""
    unit: str = ""
    reference: str
    """Author, year and where it was published."""
    url: str = ""
    note: str = ""


class Recipes:
    """All named indices that are known."""

    def __init__(self, recipes: Iterable[Recipe]) -> None:
        """Later ones replace earlier ones of the same name."""
        self._recipes = {recipe.name.casefold(): recipe for recipe in recipes}

    @classmethod
    def load(cls, folders: Iterable[Path]) -> "Recipes":
        """Read every `*.yml` of the folders and of those below them that is a recipe.

        Args:
            folders: Later folders win; one that does not exist is empty.

        Raises:
            ConfigError: One line for each fault found.
        """
        found: list[Recipe] = []
        problems: list[str] = []
        for folder in folders:
            for path in sorted(Path(folder).rglob("*.yml")):
                recipe = _read(path, problems)
                if recipe is not None:
                    found.append(recipe)
        if problems:
            raise ConfigError(problems)
        return cls(found)

    def get(self, name: str) -> Recipe | None:
        """The recipe of this name, without regard to case."""
        return self._recipes.get(name.casefold())

    def all(self) -> tuple[Recipe, ...]:
        """Every recipe, by name."""
        return tuple(sorted(self._recipes.values(), key=lambda recipe: recipe.name.casefold()))

    def __iter__(self) -> Iterator[Recipe]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self._recipes)


def resolve_common(name: str, collection: Collection) -> str | None:
    """The collection's band for a common name, or for what stands in for it; None where there is none."""
    for candidate in (name, *EQUIVALENTS.get(name, ())):
        band = collection.resolve(candidate)
        if band is not None:
            return band
        named = [field.name for field in collection.fields if field.common_name == candidate]
        if len(named) == 1:
            return named[0]
    return None


class RecipeNames(Names):
    """The names in a recipe's formula: the common names that it lists, for one collection."""

    def __init__(self, recipe: Recipe, collection: Collection | None) -> None:
        """Without a collection a common name is its own band, as for checking the recipe itself."""
        found = {name: name if collection is None else resolve_common(name, collection) for name in recipe.bands}
        self.bands: dict[str, str] = {name: band for name, band in found.items() if band is not None}
        """Common name -> band."""
        self.missing: tuple[str, ...] = tuple(name for name, band in found.items() if band is None)
        """Common names that the collection lacks."""

    def find(self, name: str, *, quoted: bool) -> Node | Unknown:
        """A band that the recipe lists, or a constant."""
        if name in self.bands:
            return Band(self.bands[name])
        if name in CONSTANTS and not quoted:
            return Number(CONSTANTS[name])
        return Unknown(f'unknown band "{name}"', "A recipe uses the bands that it lists.")

    def title(self, text: str, node: Node) -> str:
        """The text; nobody asks."""
        return node.name if isinstance(node, Band) else text


def _read(path: Path, problems: list[str]) -> Recipe | None:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problems.append(f"{path}:{line}:{column}  error  cannot be read: {getattr(error, 'problem', error)}")
        return None
    if not isinstance(content, dict):
        problems.append(f"{path}:1:1  error  a recipe holds keys and values: {', '.join(_NEEDED)}")
        return None
    before = len(problems)
    unknown = [key for key in content if key not in _KEYS]
    problems.extend(f"{path}:1:1  error  {key}: unknown key.{suggest(str(key), _KEYS)}" for key in unknown)
    problems.extend(f"{path}:1:1  error  {key}: missing" for key in _NEEDED if key not in content)
    if len(problems) > before:
        return None
    return _recipe(path, content, problems)


def _recipe(path: Path, content: dict[str, object], problems: list[str]) -> Recipe | None:
    before = len(problems)
    low_high, bands = content["range"], content["bands"]
    texts = {key: content.get(key, "") for key in _KEYS if key not in {"range", "bands"}}
    for key, value in texts.items():
        if not isinstance(value, str):
            problems.append(f"{path}:1:1  error  {key}: expected a text")
    if not _NAME.fullmatch(str(content["name"])):
        problems.append(f"{path}:1:1  error  name: expected letters, digits and _")
    numbers = low_high if isinstance(low_high, list) else []
    if len(numbers) != 2 or not all(isinstance(n, int | float) for n in numbers) or numbers[0] >= numbers[1]:
        problems.append(f"{path}:1:1  error  range: expected [low, high]")
    if not isinstance(bands, list) or not bands or not all(isinstance(band, str) for band in bands):
        problems.append(f"{path}:1:1  error  bands: expected a list of common names")
    if len(problems) > before or not isinstance(bands, list):
        return None
    plain = {key: " ".join(str(value).split()) for key, value in texts.items()}
    recipe = Recipe(**plain, bands=tuple(bands), range=(float(numbers[0]), float(numbers[1])))
    fault = _check_formula(recipe)
    if fault:
        problems.append(f"{path}:1:1  error  formula: {fault}")
    return None if fault else recipe


def _check_formula(recipe: Recipe) -> str:
    """What is wrong with a formula; empty when nothing is."""
    try:
        outputs = parse(recipe.formula, RecipeNames(recipe, None), Limits())
    except InvalidProgram as error:
        return error.message.splitlines()[0]
    used = {node.name for node in walk(outputs[0].node) if isinstance(node, Band)}
    if len(outputs) > 1:
        return "has more than one output"
    return "" if used == set(recipe.bands) else f"uses {', '.join(sorted(used))}, other than its bands"
