"""What the archive really holds of each collection: the bands that its scenes have, as the newest of them says."""

import colorsys
import dataclasses
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from bandstand.catalog.base import Catalog
from bandstand.config.profiles import Profile, collection, labels_of
from bandstand.config.schema import Collection as CollectionSection
from bandstand.engine.spread import MOST_CODES, Spread, spreads_in
from bandstand.model.field import Field
from bandstand.model.item import Item
from bandstand.model.layer import Collection
from bandstand.model.style import ClassColour, Rgba
from bandstand.render.ramps import parse_colour

_GOLDEN = 0.618033988749895
_BYTE = range(256)
_MANY = 64
"""Colours of a table that is a picture's and no list of classes."""


class Holdings(Mapping[str, Collection]):
    """The collections by name; a change of the catalogue is seen at the next look-up."""

    def __init__(self, catalog: Catalog, sections: Mapping[str, tuple[CollectionSection, Profile]]) -> None:
        """Take the configured sections with their effective profiles."""
        self._catalog = catalog
        self._sections = dict(sections)
        self._known: dict[str, tuple[int, Collection]] = {}
        self._spreads: dict[str, tuple[int, Mapping[str, tuple[Spread, ...]]]] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Collection:
        """The collection of this name as it is now."""
        section, profile = self._sections[name]
        revision = self._catalog.revision(name)
        kept = self._known.get(name)
        if kept is not None and kept[0] == revision:
            return kept[1]
        described = self._describe(name, section, profile)
        with self._lock:
            self._known[name] = (revision, described)
        return described

    def __iter__(self) -> Iterator[str]:
        """In the order of the configuration."""
        return iter(self._sections)

    def __len__(self) -> int:
        """How many are configured."""
        return len(self._sections)

    def spreads(self, name: str, band: str) -> tuple[Spread, ...]:
        """How the numbers of a band are spread in each scene of the collection that tells; read when first asked."""
        revision = self._catalog.revision(name)
        kept = self._spreads.get(name)
        if kept is None or kept[0] != revision:
            kept = (revision, spreads_in(self._catalog.properties(name, "bandstand:statistics")))
            with self._lock:
                self._spreads[name] = kept
        return kept[1].get(band, ())

    def colours(self, name: str, band: str = "") -> tuple[ClassColour, ...]:
        """The classes of a categorical band with their colours.

        The profile's own come first; else the colour tables of the files, with the labels of their metadata. A class
        looks as in the newest file that has it.

        Args:
            name: Of the collection.
            band: Of the band; empty: the first that has classes.
        """
        _, profile = self._sections[name]
        for known in profile.bands:
            named = [c for c in known.classes if c.colour]
            if named and band in {"", known.name}:
                return tuple(ClassColour(c.value, c.value, parse_colour(c.colour), c.label) for c in named)
        is_told = any(known.categorical for known in profile.bands)
        tabled: dict[float, ClassColour] = {}
        kinds = self._catalog.kinds(name)
        wanted = band or next((known for item in kinds for known in _tables(item)), "")
        for item in kinds:
            # What somebody calls classes has a black background more often than a black class.
            for entry in _colour_table(item, wanted, many=_MANY if is_told else 0):
                tabled.setdefault(entry.low, entry)
        if tabled:
            return tuple(tabled[value] for value in sorted(tabled))
        newest = next((item for item in kinds if band in {"", *item.assets}), None)
        return _distinct(newest, band, self._codes(name, newest, band)) if newest else ()

    def _codes(self, name: str, item: Item, band: str) -> range:
        """The numbers that classes may have which nobody speaks of: those of a byte, or what all scenes hold."""
        first = next((asset for asset, known in item.assets.items() if known.field.categorical), "")
        ends = [end for spread in self.spreads(name, band or first) if len(spread) > 2 for end in spread[1:3]]
        if not ends or max(ends) - min(ends) >= MOST_CODES:
            return _BYTE
        return range(math.floor(min(ends)), math.floor(max(ends)) + 1)

    def _describe(self, name: str, section: CollectionSection, profile: Profile) -> Collection:
        observed: dict[str, Field] = {}
        labels: dict[str, tuple[tuple[int, str], ...]] = {}
        shared: set[str] = set()
        for item in self._catalog.kinds(name):
            shared = shared & set(item.assets) or shared or set(item.assets)
            observed = _woven(observed, {band: asset.field for band, asset in item.assets.items()})
            labels = {**labels_of(item), **labels}
        described = collection(name, section, profile, observed=tuple(observed.values()), labels=labels)
        if not observed:
            return described
        # A band that no scene has cannot be asked for.
        fields = tuple(field for field in described.fields if field.name in observed)
        aliases = tuple(pair for pair in described.aliases if pair[1] in observed)
        return dataclasses.replace(described, fields=fields, aliases=aliases, shared=frozenset(shared))


def _woven(known: Mapping[str, Field], more: Mapping[str, Field]) -> dict[str, Field]:
    """The fields of both, those known first; what is new stands behind the band that it follows in its own scene."""
    order = list(known)
    at = 0
    for band in more:
        if band not in known:
            order.insert(at, band)
        at = order.index(band) + 1
    return {band: known.get(band) or more[band] for band in order}


def _tables(item: Item) -> Mapping[str, object]:
    """The colour tables of a scene by band."""
    tables = item.properties.get("bandstand:colormap")
    return tables if isinstance(tables, dict) else {}


def _colour_table(item: Item, wanted: str = "", *, many: int = _MANY) -> tuple[ClassColour, ...]:
    for band, table in _tables(item).items():
        if wanted not in {"", band}:
            continue
        labels = dict(labels_of(item).get(band, ()))
        entries = sorted(_entries(table))
        gaps = _gaps(entries, many)
        found = []
        for value, rgba in entries:
            # TIFF tables are always full; what nobody names and nobody coloured is no class.
            if value in labels or (not labels and rgba[3] > 0 and value not in gaps):
                found.append(ClassColour(float(value), float(value), rgba, labels.get(value, str(value))))
        if found:
            return tuple(found)
    return ()


def _gaps(entries: Sequence[tuple[int, Rgba]], many: int) -> frozenset[int]:
    """The black entries that fill a table up; a table of so many colours with a single black among them means it."""
    black = [value for value, rgba in entries if rgba[:3] == (0, 0, 0)]
    last = max((value for value, rgba in entries if rgba[:3] != (0, 0, 0)), default=-1)
    if len(black) == 1 and black[0] > last:
        # White and black, as of a scanned map: nothing was left to be filled up.
        return frozenset()
    among = [value for value in black if value < last]
    if len(among) == 1 and len(entries) - len(black) >= many:
        black.remove(among[0])
    return frozenset(black)


def _distinct(item: Item, band: str, codes: range) -> tuple[ClassColour, ...]:
    """A colour of its own for every class of a file that brings none."""
    known = labels_of(item)
    labels = known.get(band, ()) if band else next(iter(known.values()), ())
    labels = labels or tuple((value, str(value)) for value in codes)
    nodata = {asset.field.nodata for name, asset in item.assets.items() if band in {"", name}}
    return tuple(
        ClassColour(float(value), float(value), _on_the_wheel(value), label)
        for value, label in labels
        if value not in nodata
    )


@lru_cache(maxsize=4096)
def _on_the_wheel(value: int) -> Rgba:
    """Steps of the golden angle around the wheel of hues."""
    red, green, blue = colorsys.hls_to_rgb(value * _GOLDEN % 1.0, 0.45 + 0.2 * (value % 3) / 2, 0.55)
    return round(255 * red), round(255 * green), round(255 * blue), 255


def _entries(table: object) -> Iterator[tuple[int, Rgba]]:
    """The entries of a table that can be read: it may come from the metadata of somebody else's scene."""
    for text, colour in table.items() if isinstance(table, dict) else ():
        try:
            red, green, blue, alpha = (min(max(int(part), 0), 255) for part in (*colour, 255)[:4])
            yield int(text), (red, green, blue, alpha)
        except (TypeError, ValueError):
            continue
