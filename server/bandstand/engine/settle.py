"""Wishes to a layer of a request: which program, which style, which times."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bandstand.catalog.base import Catalog
from bandstand.compute.bands import Bands
from bandstand.compute.compile import compile_expression
from bandstand.compute.recipes import Recipe, Recipes
from bandstand.engine.chosen import choose
from bandstand.engine.holdings import Holdings
from bandstand.engine.times import Resolved, resolve
from bandstand.errors import (
    BandstandError,
    InvalidParameter,
    InvalidProgram,
    TooLarge,
    UnknownBand,
    UnknownLayer,
    UnknownStyle,
    shorten,
    suggest,
)
from bandstand.model.ask import MOST_NAMES, Ask
from bandstand.model.layer import Collection, Layer
from bandstand.model.limits import Limits
from bandstand.model.program import Program
from bandstand.model.request import StyledLayer, canonical
from bandstand.model.selection import Selection
from bandstand.model.style import Style
from bandstand.model.time import TimeQuery, parse_time
from bandstand.render.ramps import parse_colormap, parse_colour, parse_edge, parse_range

_YOUNG = timedelta(days=7)
"""Scenes of a day arrive for so long."""
_COLLECTIONS = 64
_SUGGESTED = 500
"""Newest scenes among which one of a similar name is looked for."""
_INDEX_STYLE = Style(name="index", title="Index", kind="ramp", ranges=((-1.0, 1.0),))
_CLASS_STYLE = Style(name="classes", title="Classes", kind="classes")
_RGB_STYLE = Style(name="rgb", title="Three outputs", kind="rgb", ranges=((0.0, 0.3),))


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Knows what names mean."""

    catalog: Catalog
    collections: Holdings
    recipes: Recipes
    limits: Limits
    now: Callable[[], datetime] = _now
    """The clock: young days may still get scenes."""
    formulas: dict[Collection, dict[tuple[tuple[str, ...], str], Recipe]] = field(default_factory=dict, compare=False)
    """The named indices by what they read and compute, for collections asked about so far."""

    def settle(self, layer: Layer, ask: Ask) -> StyledLayer:
        """See `Engine.ask`.

        Raises:
            UnknownLayer: The bands are what the files contain, and there is no file yet; locator `layer`.
        """
        collection = self.collections[layer.collection]
        if not collection.fields:
            raise UnknownLayer(f'Layer "{layer.name}" has no scene yet; ingest some first.', locator="layer")
        style = None if ask.data else self._style(layer, ask)
        program = self._program(layer, collection, ask, layer.style(ask.style) if ask.data and ask.style else style)
        if style is not None:
            style = self._fit(style, program, collection, ask)
        query = parse_time(ask.time) if ask.time else None
        resolved = self._resolved(layer, query, ask)
        selection = Selection(
            collection=layer.collection,
            bands=program.inputs,
            times=resolved.spans,
            order=ask.order or layer.order,
            instant=resolved.instant,
            resampling=ask.resampling or ("nearest" if ask.data else layer.resampling),
            ids=ask.ids,
            max_cloud_cover=ask.max_cloud_cover,
        )
        settled = StyledLayer(
            name=layer.name,
            selection=selection,
            program=program,
            style=style,
            opacity=ask.opacity,
            notes=resolved.notes,
            pinned=query is not None and not _follows_the_newest(query, resolved, self.now()),
            beside=_beside(layer, collection, program, ask),
        )
        return dataclasses.replace(settled, digest=canonical(settled))

    def _resolved(self, layer: Layer, query: TimeQuery | None, ask: Ask) -> Resolved:
        """The times that are meant: any where scenes are named and no time is."""
        if ask.ids:
            self._check_scenes(layer.collection, ask.ids)
            if query is None:
                return Resolved(spans=())
        moments = self.catalog.moments(layer.collection)
        # What is told of a picture is told of the scenes that it shows.
        picture = not ask.data or bool(ask.style)
        return resolve(query, moments, layer.time, nearest=ask.nearest, picture=picture, layer=layer.name)

    def _check_scenes(self, collection: str, ids: tuple[str, ...]) -> None:
        """Refuse scenes that no collection has: one of another collection leaves this layer blank in a map of both."""
        missing = tuple(dict.fromkeys(ids))
        for name in dict.fromkeys((collection, *self.collections)):
            found = {item.id for item in self.catalog.search(name, ids=missing)}
            missing = tuple(scene for scene in missing if scene not in found)
            if not missing:
                return
        unknown = missing[0]
        known = [item.id for item in self.catalog.search(collection, limit=_SUGGESTED)]
        raise InvalidParameter(
            f'There is no scene "{shorten(unknown)}".{suggest(unknown, known)}'
            f"{f' One of {collection} is {known[0]}.' if known else ''}",
            locator="ids",
        )

    def _style(self, layer: Layer, ask: Ask) -> Style:
        style = layer.style(ask.style)
        if style is None:
            names = [known.name for known in layer.styles]
            raise UnknownStyle(
                f'Layer "{layer.name}" has no style "{shorten(ask.style)}".{suggest(ask.style, names)} '
                f"There are: {', '.join(names)}.",
                locator="style",
            )
        if style.kind == "classes" and not style.classes:
            style = dataclasses.replace(style, classes=self.collections.colours(layer.collection))
        return _restyle(style, ask)

    def _program(self, layer: Layer, collection: Collection, ask: Ask, style: Style | None) -> Program:
        if len(ask.bands) > MOST_NAMES:
            raise TooLarge(f"{len(ask.bands)} fields are chosen; choose at most {MOST_NAMES}.", locator="bands")
        text = ask.expr or layer.expression
        if text:
            program = self._compile(text, collection, ask)
            if not ask.expr and len(program.outputs) == 1 and not program.outputs[0].isidentifier():
                # What a layer computes is called as the layer is, not by its formula.
                program = self._compile(f"{to_identifier(layer.name)}={text}", collection, ask)
            return choose(program, ask.bands) if ask.bands else program
        if ask.bands:
            names: Sequence[str] = ask.bands
        elif style is not None and style.channels:
            names = style.channels
        else:
            names = self._unnamed(layer, collection, style)
        # Pictures keep stored numbers: the painter folds scale and offset into its table.
        stored = not ask.data or ask.units == "stored"
        return Bands(tuple(resolve_band(collection, name) for name in names), stored=stored)

    def _unnamed(self, layer: Layer, collection: Collection, style: Style | None) -> tuple[str, ...]:
        """The bands of a layer and a style that name none."""
        names = layer.bands or tuple(field.name for field in collection.fields)
        if style is None or layer.bands or self.collections.profiled(layer.collection) or len(names) in {1, 3}:
            return names
        # Whoever wrote the configuration could not know these bands: a picture shows the first of them.
        return names[:3] if style.kind == "rgb" else names[:1]

    def _compile(self, text: str, collection: Collection, ask: Ask) -> Program:
        return compile_expression(text, collection, self.recipes, limits=self.limits, units=ask.units)

    def _fit(self, style: Style, program: Program, collection: Collection, ask: Ask) -> Style:
        """The style that suits what an expression of the request gives."""
        count = len(program.outputs)
        named = ask.style not in {"", "default"}
        classes = None if named else self._class_style(program, collection, ask)
        if classes is not None:
            return _restyle(classes, ask)
        wanted = {"rgb": 3}.get(style.kind, 1)
        if count == wanted or (style.kind == "rgb" and count == 4):
            index = (
                self._index_style(program, collection, ask) if ask.expr and not named and style.kind != "rgb" else None
            )
            return _restyle(index, ask) if index is not None else style
        chosen_by = "bands" if ask.bands else "expr"
        if named and (ask.expr or ask.bands) and count in {1, 3}:
            raise InvalidProgram(
                f'Style "{style.name}" paints {wanted} of an expression\'s outputs, this one gives {count}. '
                "Leave STYLES empty or choose a fitting one.",
                locator=chosen_by,
            )
        if count == 1:
            return _restyle(self._index_style(program, collection, ask) or _INDEX_STYLE, ask)
        if count == 3:
            # A style without a range leaves the numbers as they are, whichever way they are painted.
            return _restyle(_RGB_STYLE if style.ranges else dataclasses.replace(_RGB_STYLE, ranges=()), ask)
        raise InvalidProgram(f"A picture needs 1 or 3 outputs, got {count}; use WCS for {count}.", locator=chosen_by)

    def _class_style(self, program: Program, collection: Collection, ask: Ask) -> Style | None:
        """The colours of a band of classes that the request chose by its name, as a band or as an expression."""
        if not (ask.expr or ask.bands) or len(program.outputs) != 1 or len(program.inputs) != 1:
            return None
        source = collection.field(program.inputs[0])
        if not program.describe([source])[0].categorical:
            return None
        return dataclasses.replace(_CLASS_STYLE, classes=self.collections.colours(collection.name, source.name))

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


def _beside(layer: Layer, collection: Collection, program: Program, ask: Ask) -> tuple[Program, ...]:
    """The bands of a layer that its style does not draw, where values are asked and nobody chose others."""
    if not (ask.data and ask.style) or ask.expr or ask.bands or layer.expression:
        return ()
    names = layer.bands or tuple(field.name for field in collection.fields)
    bands = dict.fromkeys(resolve_band(collection, name) for name in names)
    stored = ask.units == "stored"
    return tuple(Bands((band,), stored=stored) for band in bands if band not in program.inputs)


def to_identifier(name: str) -> str:
    """The name with `_` for what the language of expressions does not allow in one."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)


def _follows_the_newest(query: TimeQuery, resolved: Resolved, now: datetime) -> bool:
    """Whether a time may mean other scenes tomorrow: words, open ends, nearest times, days that are still young."""
    if resolved.notes or any(m.kind in {"latest", "default"} or m.to_present for m in query.members):
        return True
    ends = [*(span.end for span in resolved.spans), *(member.span.end for member in query.members)]
    return any(end is None or end > now - _YOUNG for end in ends)


def resolve_band(collection: Collection, name: str) -> str:
    """The collection's own name of a band.

    Raises:
        UnknownBand: With suggestions; locator `bands`.
    """
    found = collection.resolve(name)
    if found is None:
        names = [field.name for field in collection.fields]
        aliases = [alias for alias, _ in collection.aliases]
        raise UnknownBand(
            f'Unknown band "{name}".{suggest(name, names + aliases)} Bands of {collection.name}: {" ".join(names)}.',
            locator="bands",
        )
    return found


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
