"""How a layer of a request looks: its style, what suits the outputs, the wishes of the request, and the range."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from bandstand.compute.compile import compile_expression
from bandstand.compute.recipes import Recipe, Recipes
from bandstand.engine.holdings import Holdings
from bandstand.engine.spread import picture_range
from bandstand.errors import BandstandError, InvalidProgram, UnknownStyle, shorten, suggest
from bandstand.model.ask import Ask
from bandstand.model.field import Field
from bandstand.model.layer import Collection, Layer
from bandstand.model.limits import Limits
from bandstand.model.program import Program
from bandstand.model.style import Style
from bandstand.render.ramps import parse_colormap, parse_colour, parse_edge, parse_range
from bandstand.render.stretch import Range, default_range

_COLLECTIONS = 64
_PRIMARIES = ("red", "green", "blue")
_INDEX_STYLE = Style(name="index", title="Index", kind="ramp", ranges=((-1.0, 1.0),))
_CLASS_STYLE = Style(name="classes", title="Classes", kind="classes")
_RGB_STYLE = Style(name="rgb", title="Three outputs", kind="rgb", ranges=((0.0, 0.3),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stylist:
    """Knows which style a request means."""

    collections: Holdings
    recipes: Recipes
    limits: Limits
    formulas: dict[Collection, dict[tuple[tuple[str, ...], str], Recipe]] = field(default_factory=dict, compare=False)
    """The named indices by what they read and compute, for collections asked about so far."""

    def base(self, layer: Layer, collection: Collection, ask: Ask) -> Style:
        """The style that the request names, or the layer's own; the wishes of the request are not in it yet.

        Raises:
            UnknownStyle: The layer lacks it; locator `style`.
        """
        style = layer.style(ask.style)
        if style is None:
            names = [known.name for known in layer.styles]
            raise UnknownStyle(
                f'Layer "{layer.name}" has no style "{shorten(ask.style)}".{suggest(ask.style, names)} '
                f"There are: {', '.join(names)}.",
                locator="style",
            )
        if layer.usual:
            # Its legend speaks of the layer: nobody has said what the archive shows.
            style = dataclasses.replace(_usual(layer, collection, one=bool(ask.colormap)), title=layer.title)
        if style.kind == "classes" and not style.classes:
            band = style.channels[0] if layer.usual and style.channels else ""
            style = dataclasses.replace(style, classes=self.collections.colours(layer.collection, band))
        return style

    def fit(self, style: Style, program: Program, layer: Layer, collection: Collection, ask: Ask) -> Style:
        """The style that suits what is painted, with the wishes of the request and its range.

        Raises:
            InvalidProgram: Nothing paints so many outputs; locator `expr` or `bands`.
            InvalidParameter: Locators `range`, `colormap`, `below`, `above`, `nodata_color`.
        """
        fitting = self._fitting(style, program, layer, collection, ask)
        if fitting is style and self._is_foreign(program, layer, collection, ask):
            # Named by what is painted: the layer's own title and unit speak of something else.
            title = shorten(ask.expr) if ask.expr else ", ".join(program.outputs)
            fitting = dataclasses.replace(fitting, title=title, unit="")
        if ask.colormap and fitting.kind == "rgb":
            # A ramp paints the first of three.
            fitting = dataclasses.replace(fitting, title=program.outputs[0])
        return self._ranged(_restyle(fitting, ask), program, collection, ask)

    def _fitting(self, style: Style, program: Program, layer: Layer, collection: Collection, ask: Ask) -> Style:
        count = len(program.outputs)
        named = ask.style not in {"", "default"} and not layer.usual
        classes = None if named else self._class_style(program, collection, ask)
        if classes is not None:
            return classes
        wanted = {"rgb": 3}.get(style.kind, 1)
        if count == wanted or (style.kind == "rgb" and count == 4):
            index = None if named or style.kind == "rgb" else self._index_style(program, collection, ask)
            return index or style
        chosen_by = "bands" if ask.bands else "expr"
        if named and (ask.expr or ask.bands) and count in {1, 3}:
            raise InvalidProgram(
                f'Style "{style.name}" paints {wanted} of an expression\'s outputs, this one gives {count}. '
                "Leave STYLES empty or choose a fitting one.",
                locator=chosen_by,
            )
        words = shorten(ask.expr) if ask.expr else ", ".join(program.outputs)
        if count == 1:
            index = self._index_style(program, collection, ask)
            return index or dataclasses.replace(self._one(program, collection), title=words)
        if count == 3:
            # A style without a range leaves the numbers as they are, whichever way they are painted.
            return dataclasses.replace(_RGB_STYLE, title=words, ranges=_RGB_STYLE.ranges if style.ranges else ())
        raise InvalidProgram(f"A picture needs 1 or 3 outputs, got {count}; use WCS for {count}.", locator=chosen_by)

    def _one(self, program: Program, collection: Collection) -> Style:
        """A ramp for one output: over the data of a band whose numbers are known, else that of an index."""
        band = program.passed[0]
        known = bool(band) and bool(self.collections.spreads(collection.name, band))
        return dataclasses.replace(_INDEX_STYLE, ranges=()) if known else _INDEX_STYLE

    def _is_foreign(self, program: Program, layer: Layer, collection: Collection, ask: Ask) -> bool:
        """Whether the request chose what is painted, and it is not what the layer paints anyway."""
        if layer.expression and not ask.expr:
            return False
        if layer.expression:
            own = compile_expression(layer.expression, collection, self.recipes, limits=self.limits, units=ask.units)
            return (own.inputs, own.formula) != (program.inputs, getattr(program, "formula", ""))
        return bool(ask.expr or ask.bands)

    def _ranged(self, style: Style, program: Program, collection: Collection, ask: Ask) -> Style:
        """The style with a range for each channel, so that no painter has to guess one from what it is handed."""
        if style.ranges or style.kind == "classes":
            return style
        fields = program.describe([collection.field(band) for band in program.inputs])
        ranges = tuple(
            self._range(given, band, collection, ask) for given, band in zip(fields, program.passed, strict=True)
        )
        return dataclasses.replace(style, ranges=ranges)

    def _range(self, given: Field, band: str, collection: Collection, ask: Ask) -> Range:
        """The range of one output: its band's, 0 to 1 for yes or no and for what is computed."""
        if not band:
            return (0.0, 1.0) if given.dtype == "uint8" else default_range(given, np.dtype(given.dtype))
        known = collection.field(band)
        low, high = picture_range(known, self.collections.spreads(collection.name, band))
        if given.plain and not known.plain and ask.units == "stored":
            low, high = sorted((end - known.offset) / known.scale for end in (low, high))
        return low, high

    def _class_style(self, program: Program, collection: Collection, ask: Ask) -> Style | None:
        """The colours of a band of classes that the request chose by its name, as a band or as an expression."""
        if not (ask.expr or ask.bands) or len(program.outputs) != 1 or len(program.inputs) != 1:
            return None
        source = collection.field(program.inputs[0])
        if not program.describe([source])[0].categorical:
            return None
        classes = self.collections.colours(collection.name, source.name)
        return dataclasses.replace(_CLASS_STYLE, title=shorten(ask.expr) or source.name, classes=classes)

    def _index_style(self, program: Program, collection: Collection, ask: Ask) -> Style | None:
        """The ramp and range of a named index, when the expression is that index, however it is written."""
        if not ask.expr or len(program.outputs) != 1 or ask.units == "stored":
            return None
        recipe = self.recipes.get(ask.expr.strip()) or self._same_index(program, collection)
        if recipe is None:
            return None
        return dataclasses.replace(
            _INDEX_STYLE,
            name=recipe.name.lower(),
            title=recipe.title,
            ranges=(recipe.range,),
            colormap=parse_colormap(recipe.ramp)[0],
            unit=recipe.unit,
        )

    def _same_index(self, program: Program, collection: Collection) -> Recipe | None:
        """The named index that computes the same from the same bands."""
        known = self.formulas.get(collection)
        if known is None:
            if len(self.formulas) >= _COLLECTIONS:
                self.formulas.clear()
            known = self.formulas[collection] = self._formulas(collection)
        return known.get((program.inputs, getattr(program, "formula", "")))

    def _formulas(self, collection: Collection) -> dict[tuple[tuple[str, ...], str], Recipe]:
        found: dict[tuple[tuple[str, ...], str], Recipe] = {}
        for recipe in self.recipes.all():
            try:
                program = compile_expression(recipe.name, collection, self.recipes, limits=self.limits)
            except BandstandError:
                # The collection lacks one of its bands.
                continue
            found.setdefault((program.inputs, program.formula), recipe)
        return found


def _usual(layer: Layer, collection: Collection, *, one: bool) -> Style:
    """The style of a layer that names none, with the bands that the archive has for it.

    Args:
        one: A ramp is wanted, which paints one band.
    """
    by_kind = {style.kind: style for style in reversed(layer.usual) if style.unit == ""}
    if layer.expression:
        return by_kind["ramp"]
    fields = {field.name: field for field in collection.fields}
    # A band that the archive lacks is told by whoever compiles the program.
    names = [collection.resolve(name) or name for name in layer.bands] or list(fields)
    primaries = [collection.resolve(name) for name in _PRIMARIES]
    colours = [name for name in primaries if name in names]
    if not one and len(colours) == len(_PRIMARIES):
        return dataclasses.replace(by_kind["rgb"], channels=tuple(filter(None, colours)))
    # What some dates lack would leave them blank.
    shared = names if layer.bands else [name for name in names if name in collection.shared] or names
    is_three = len(names) == len(_PRIMARIES) and shared == names
    if not one and is_three and not any(n in fields and fields[n].categorical for n in names):
        return dataclasses.replace(by_kind["rgb"], channels=tuple(names))
    first = fields.get(shared[0])
    if first is not None and first.categorical:
        return dataclasses.replace(by_kind["classes"], channels=(first.name,))
    unit = first.unit if first is not None else ""
    alike = next((style for style in layer.usual if style.kind == "ramp" and style.unit == unit), by_kind["ramp"])
    return dataclasses.replace(alike, channels=(shared[0],))


def _restyle(style: Style, ask: Ask) -> Style:
    """The style with whatever the request says of colours."""
    changes: dict[str, object] = {}
    if ask.colormap:
        colormap, stops_range = parse_colormap(ask.colormap)
        changes["colormap"] = colormap
        changes["kind"] = "ramp"
        changes["classes"] = ()
        if stops_range is not None:
            changes["ranges"] = (stops_range,)
    if ask.range:
        changes["ranges"] = parse_range(ask.range)
    if ask.gamma is not None:
        changes["gamma"] = ask.gamma
    if ask.below:
        changes["below"] = parse_edge(ask.below, locator="below")
    if ask.above:
        changes["above"] = parse_edge(ask.above, locator="above")
    if ask.nodata_color:
        changes["nodata"] = parse_colour(ask.nodata_color, locator="nodata_color")
    return dataclasses.replace(style, **changes) if changes else style  # type: ignore[arg-type]
