"""Datasets and stitched mosaics: coverages that capabilities do not list, found by their identifiers."""

from collections.abc import Iterator
from dataclasses import dataclass

from bandstand.cis.text import to_ncname
from bandstand.engine.engine import Engine
from bandstand.engine.groups import groups
from bandstand.engine.times import NEVER
from bandstand.errors import UnknownLayer, shorten
from bandstand.model.item import Item
from bandstand.model.layer import Layer
from bandstand.model.time import isoformat

DATASET, MOSAIC = "RectifiedDataset", "RectifiedStitchedMosaic"
_SERIES = ".series"
_ESCAPE = "_x"
_GROUP = 2000
"""Scenes of one mosaic, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """A dataset (one scene) or a stitched mosaic (the scenes of one published time) of a layer."""

    id: str
    layer: Layer
    """Gives the range type and the rules."""
    items: tuple[Item, ...]
    """Best first."""
    label: str = ""
    """Published time of a mosaic."""

    @property
    def subtype(self) -> str:
        """`RectifiedDataset` or `RectifiedStitchedMosaic`."""
        return MOSAIC if self.label else DATASET

    @property
    def time(self) -> str:
        """The time to ask the layer for, as text; empty for a scene without a time."""
        if self.label:
            return self.label
        start = self.items[0].time.start
        return f"{isoformat(start)}/{isoformat(start)}" if start is not None else ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The scenes to ask the layer for; empty where the time tells them."""
        return () if self.label else (self.items[0].id,)

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.layer.title}, {self.label or self.items[0].id}"


def series(engine: Engine) -> dict[str, Layer]:
    """The series by identifier, one for each collection with times, and the layer that describes its scenes.

    That is the first coverage without band math that offers every band, else the first one.
    """
    found: dict[str, Layer] = {}
    for layer in engine.layers:
        if "wcs" not in layer.services or not engine.catalog.moments(layer.collection):
            continue
        name = series_id(layer)
        known = found.get(name)
        if known is None or (_partial(known) and not _partial(layer)):
            found[name] = layer
    return found


def series_id(layer: Layer) -> str:
    """Identifier of the series that a layer's scenes belong to."""
    return f"{layer.collection}{_SERIES}"


def _partial(layer: Layer) -> bool:
    return bool(layer.expression or layer.bands)


def dataset(layer: Layer, item: Item) -> Portion:
    """One scene as a coverage."""
    return Portion(id=_identifier(item.id), layer=layer, items=(item,))


def mosaic(layer: Layer, label: str, items: tuple[Item, ...]) -> Portion:
    """The scenes of one published time as a coverage: `s2_l2a.20230614`."""
    return Portion(id=mosaic_id(layer, label), layer=layer, items=items, label=label)


def mosaic_id(layer: Layer, label: str) -> str:
    """Identifier of the mosaic of a published time."""
    return f"{layer.name}.{_compact(label)}"


def mosaic_of(layer: Layer, label: str, engine: Engine) -> Portion:
    """The mosaic of a published time with all its scenes."""
    known = groups(engine.catalog.moments(layer.collection), layer.time.resolution)
    position = known.get(label)
    spans = (NEVER,) if position is None else known.spans([position])
    return mosaic(layer, label, engine.catalog.search(layer.collection, times=spans, limit=_GROUP))


def find_portion(identifier: str, engine: Engine) -> Portion | None:
    """The dataset or stitched mosaic of this identifier."""
    layers = series(engine)
    name = _item_id(identifier)
    for layer in layers.values():
        item = engine.catalog.get(layer.collection, name)
        if item is not None:
            return dataset(layer, item)
    return next(_mosaics(identifier, engine), None)


def _mosaics(identifier: str, engine: Engine) -> Iterator[Portion]:
    for layer in engine.layers:
        prefix = f"{layer.name}."
        if "wcs" not in layer.services or not identifier.startswith(prefix):
            continue
        for label in engine.times(layer).values:
            if _compact(label) == identifier.removeprefix(prefix):
                yield mosaic_of(layer, label, engine)


def portion_or_layer(identifier: str, engine: Engine) -> Portion | Layer:
    """What is delivered and described under an identifier.

    Raises:
        UnknownLayer: Neither a layer nor a portion of one; the locator is what was given (OGC 09-110r4, table 16).
    """
    try:
        return engine.layer(identifier, "wcs")
    except UnknownLayer as error:
        found = find_portion(identifier, engine)
        if found is None:
            raise UnknownLayer(error.message, locator=shorten(identifier)) from error
        return found


def _identifier(name: str) -> str:
    """The id of a scene where it is an NCName, else its bytes spelled in hexadecimal."""
    plain = to_ncname(name) == name and not name.startswith(_ESCAPE)
    return name if plain else _ESCAPE + name.encode().hex()


def _item_id(identifier: str) -> str:
    if not identifier.startswith(_ESCAPE):
        return identifier
    try:
        return bytes.fromhex(identifier.removeprefix(_ESCAPE)).decode()
    except ValueError:
        return identifier


def _compact(label: str) -> str:
    """A published time without the characters that names cannot have."""
    return label.replace("-", "").replace(":", "")
