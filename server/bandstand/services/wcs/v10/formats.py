"""Formats by the names of WCS 1.0.0: XML names, no media types; the well-known ones are spelled out (9.2.2.13)."""

from bandstand.engine.engine import Engine
from bandstand.services.ows.xml import to_ncname
from bandstand.services.wcs.coverages import read_format

_NAMES = {
    "image/tiff": "GeoTIFF",
    "application/gml+xml": "GML",
    "application/netcdf": "netCDF",
    "application/prs.coverage+json": "CoverageJSON",
}


def published_formats(engine: Engine) -> dict[str, str]:
    """Names and media types of the formats offered; GeoTIFF first, since clients take what they can open."""
    offered = sorted(engine.formats("coverage"), key=lambda name: name != "image/tiff")
    return {_NAMES.get(name) or to_ncname(name.rpartition("/")[2]): name for name in offered}


def media_type_of(text: str, engine: Engine) -> str:
    """The media type that a FORMAT means, by its name here or anywhere else.

    Raises:
        UnsupportedFormat: It is not offered; locator `FORMAT`.
    """
    for name, media_type in published_formats(engine).items():
        if name.casefold() == text.casefold():
            return media_type
    return read_format(text, engine, "FORMAT")
