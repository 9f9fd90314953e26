"""Wishes to a layer of a request: which program, which style, which times."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bandstand.catalog.base import Catalog
from bandstand.compute.bands import Bands
from bandstand.compute.compile import compile_expression
from bandstand.compute.recipes import Recipes
from bandstand.engine.chosen import choose
from bandstand.engine.holdings import Holdings
from bandstand.engine.styling import Stylist
from bandstand.engine.times import Resolved, resolve
from bandstand.errors import (
    InvalidParameter,
    TooLarge,
    UnknownBand,
    UnknownLayer,
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

_YOUNG = timedelta(days=7)
"""Scenes of a day arrive for so long."""
_SUGGESTED = 500
"""Newest scenes among which one of a similar name is looked for."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settler:
    """Knows what names mean."""

    catalog: Catalog
    collections: Holdings
    recipes: Recipes
    limits: Limits
    stylist: Stylist
    now: Callable[[], datetime] = _now
    """The clock: young days may still get scenes."""

    def settle(self, layer: Layer, ask: Ask) -> StyledLayer:
        """See `Engine.ask`.

        Raises:
            UnknownLayer: The bands are what the files contain, and there is no file yet; locator `layer`.
        """
        collection = self.collections[layer.collection]
        if not collection.fields:
            raise UnknownLayer(f'Layer "{layer.name}" has no scene yet; ingest some first.', locator="layer")
        # Numbers come without a style, unless they are those of a picture.
        style = None if ask.data and not ask.style else self.stylist.base(layer, collection, ask)
        program = self._program(layer, collection, ask, style)
        style = None if ask.data or style is None else self.stylist.fit(style, program, layer, collection, ask)
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
            older=None if ask.ids else resolved.older,
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
        if style is None:
            return names
        # A picture shows as many bands as its style paints, the first of those there are.
        if style.kind == "rgb":
            return names if len(names) == 4 and layer.bands else names[:3]
        if style.kind == "classes":
            names = tuple(
                sorted(names, key=lambda name: not collection.field(resolve_band(collection, name)).categorical)
            )
        return names[:1]

    def _compile(self, text: str, collection: Collection, ask: Ask) -> Program:
        return compile_expression(text, collection, self.recipes, limits=self.limits, units=ask.units)


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
