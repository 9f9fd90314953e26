"""GetCoverage of datasets and mosaics (OGC 10-140r1, clause 8.4): which scenes, on which grid, with what metadata."""

from dataclasses import replace

from lxml import etree

from bandstand.cis.coverage import EO_NAMESPACES, add, qualified
from bandstand.engine.engine import Engine
from bandstand.engine.scenes import scenes_domain
from bandstand.errors import InvalidAxis, InvalidSubset
from bandstand.model.ask import Ask
from bandstand.model.crs import Crs
from bandstand.model.grid import Grid
from bandstand.model.request import Output
from bandstand.services.wcs.v20.eo.metadata import datasets, eo_metadata
from bandstand.services.wcs.v20.eo.portions import MOSAIC, Portion
from bandstand.services.wcs.v20.extent import Lattice
from bandstand.services.wcs.v20.subset import Subset

_GML = "application/gml+xml"


def portion_ask(portion: Portion, ask: Ask, subsets: tuple[Subset, ...]) -> Ask:
    """The wishes of a request, narrowed to the scenes of a portion.

    Raises:
        InvalidSubset: A slice (requirement 41).
        InvalidAxis: A time: a portion has its own.
    """
    sliced = next((subset for subset in subsets if subset.is_slice), None)
    if ask.time:
        raise InvalidAxis(f'Coverage "{portion.id}" has no axis of time.', locator="time")
    if sliced is not None:
        raise InvalidSubset(
            f'SUBSET {sliced.axis}: "{portion.id}" is a {portion.subtype} and cannot be sliced; give an interval.',
            locator=sliced.axis,
        )
    return replace(ask, time=portion.time, ids=portion.ids or ask.ids)


def portion_grids(portion: Portion, engine: Engine) -> tuple[Grid, Lattice]:
    """The native grid of a portion, and its cells in every CRS of its scenes."""
    native = scenes_domain(portion.layer, portion.items, engine).grid
    stored = {asset.grid.crs for item in portion.items for asset in item.assets.values()}

    def cells(crs: Crs) -> Grid | None:
        if crs == native.crs:
            return native
        return scenes_domain(portion.layer, portion.items, engine, crs=crs).grid if crs in stored else None

    return native, cells


def with_metadata(output: Output, portion: Portion, grid: Grid, address: str) -> Output:
    """The output with all that a GML coverage of the profile has besides; other formats have no place for it."""
    if output.media_type != _GML and not output.container:
        return output
    metadata = etree.Element(qualified("gmlcov:metadata"), nsmap=EO_NAMESPACES)
    eo_metadata(add(metadata, "gmlcov:Extension"), portion, grid, request=address)
    parts = [metadata, *([datasets(portion, grid)] if portion.subtype == MOSAIC else [])]
    appendix = "".join(etree.tostring(part, encoding="unicode") for part in parts)
    return replace(output, element=qualified(f"wcseo:{portion.subtype}"), appendix=appendix)
