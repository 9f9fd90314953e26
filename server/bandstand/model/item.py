"""A scene and its rasters, in STAC's words, as the catalogue knows them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from bandstand.model.field import Field
from bandstand.model.grid import BBox, Grid
from bandstand.model.time import TimeSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One band of one scene: a sample plane of a raster file."""

    band: str
    """The collection's name of the band: `B08`."""
    href: str
    """Absolute path or URL of the file."""
    plane: int
    """One-based number of the sample plane within the file."""
    field: Field
    """What the stored numbers mean in this scene (scale and offset changed over the years)."""
    grid: Grid
    """Full resolution grid of the file."""
    version: str
    """Changes whenever the file does (size and modification time, or an ETag)."""
    index: bytes | None = dataclasses.field(default=None, compare=False, repr=False)
    """The file's block index as its reader packed it, opaque to everybody else; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One scene."""

    id: str
    collection: str
    time: TimeSpan
    """Acquisition: an instant, or start and end."""
    bbox: BBox
    """Around all its pixels, longitude and latitude."""
    footprint: str
    """GeoJSON geometry in longitude and latitude, as its provider tells it: perhaps coarser than the files."""
    assets: Mapping[str, Asset] = dataclasses.field(compare=False, repr=False)
    """By band name, in the order of their source: of the planes of a file, of the assets of a document."""
    properties: Mapping[str, object] = dataclasses.field(compare=False, repr=False)
    """STAC properties: cloud cover, platform, processing baseline, …"""
    reach: str = dataclasses.field(default="", compare=False, repr=False)
    """GeoJSON of the boxes that hold all its pixels, longitude and latitude; empty: those around the footprint."""
    revision: int = 0
    """Catalogue's running number of the state of this item; changes whenever the item does."""

    @property
    def cloud_cover(self) -> float | None:
        """Cloud cover in percent, where the scene says so."""
        value = self.properties.get("eo:cloud_cover")
        return float(value) if isinstance(value, int | float) else None
