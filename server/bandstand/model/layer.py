"""A published layer: a collection, what is computed from it, and how it may look."""

from dataclasses import dataclass, field
from typing import Literal

from bandstand.model.field import Field
from bandstand.model.grid import BBox
from bandstand.model.selection import Order, Resampling
from bandstand.model.style import Style

TimeResolution = Literal["instant", "solar-day", "day", "month", "year"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """How a layer's scenes are grouped and chosen in time (one resolver for every service)."""

    resolution: TimeResolution = "solar-day"
    default: str = "latest"
    """`latest`, `earliest`, `all` (every scene, by the order), or one ISO 8601 time."""
    missing: Literal["error", "blank", "nearest"] = "error"
    """What a single unknown time gives."""
    tolerance_days: float = 5.0
    """How far `nearest` reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What services publish."""

    name: str
    """Stable, an XML NCName: letters, digits, `_ - .`, not starting with a digit."""
    title: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    folder: str = ""
    """Title of the folder it is shown in; empty for none."""
    groups: tuple[str, ...] = ()
    """Names of the groups it is drawn with, outermost first."""
    collection: str
    expression: str = ""
    """Band math of this layer; empty: its `bands`."""
    bands: tuple[str, ...] = ()
    """Names of the collection's bands that it offers as data; empty: all of them."""
    styles: tuple[Style, ...]
    """At least one; the first is the default."""
    usual: tuple[Style, ...] = ()
    """Where the configuration names no style: one of each kind, of which the default takes what fits the archive."""
    resampling: Resampling = "bilinear"
    """How pictures are resampled when nobody asks; coverages use nearest."""
    order: Order = "mostRecent"
    time: TimeRules = field(default_factory=TimeRules)
    queryable: bool = True
    services: frozenset[str] = frozenset({"wms", "wmts", "wcs", "xyz"})
    attribution: str = ""

    def style(self, name: str) -> Style | None:
        """The style of this name, the default one for an empty name or `default`, None if unknown."""
        if name in {"", "default"}:
            return self.styles[0]
        return next((s for s in self.styles if s.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Layers that a map asks by one name (06-042, 7.2.4.6.3): those that have it among their `groups`."""

    name: str
    title: str
    abstract: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A set of like scenes, as the engine knows it."""

    name: str
    title: str
    profile: str
    """Name of the description of its bands and radiometry: `sentinel-2-l2a`."""
    fields: tuple[Field, ...]
    """Its bands; scale and offset are those of a typical scene, each scene has its own."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(alias, band): common names, other spellings."""
    classes: tuple[tuple[str, tuple[tuple[int, str], ...]], ...] = ()
    """(band, ((value, label), …)) of categorical bands."""
    shared: frozenset[str] = frozenset()
    """Bands that its scenes have in common, at least those of the newest kinds."""
    license: str = ""

    def resolve(self, name: str) -> str | None:
        """The band of this name: exact, then alias, then either without regard to case when unique; also in quotes."""
        names = [f.name for f in self.fields]
        if name in names:
            return name
        for alias, band in self.aliases:
            if alias == name:
                return band
        folded = {n for n in names if n.casefold() == name.casefold()}
        folded |= {band for alias, band in self.aliases if alias.casefold() == name.casefold()}
        if not folded and len(name) > 2 and name[0] == name[-1] == '"':
            return self.resolve(name[1:-1])
        return folded.pop() if len(folded) == 1 else None

    def field(self, band: str) -> Field:
        """The field of one of its bands.

        Raises:
            KeyError: No such band; ask `resolve` first.
        """
        for known in self.fields:
            if known.name == band:
                return known
        raise KeyError(band)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """What every capabilities document says of the service as a whole."""

    title: str = "Bandstand"
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    provider: str = ""
    provider_url: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    fees: str = "none"
    access_constraints: str = "none"
    attribution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where a layer has scenes."""

    lonlat: BBox
    """Longitude and latitude."""
    parts: tuple[BBox, ...] = ()
    """Smaller boxes of longitude and latitude that hold all scenes together."""
    crs: tuple[str, ...] = ()
    """Keys of the CRSs of its scenes, most frequent first."""
    resolution_m: float = 10.0
    """Finest pixel size, metres."""
