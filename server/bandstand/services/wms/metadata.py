"""The metadata record of a layer (ISO 19115:2003 in the XML of ISO/TS 19139), which `MetadataURL` leads to."""

from datetime import UTC, datetime

from bandstand.engine.engine import Engine
from bandstand.engine.whereabouts import united
from bandstand.model.exchange import Response
from bandstand.model.layer import Group, Layer
from bandstand.services.ows.kept import Kept
from bandstand.services.ows.xml import templates

METADATA_FORMAT = "text/xml"
_TEMPLATES = templates("bandstand.services.wms")


def metadata_record(
    layer: Layer | Group, members: tuple[Layer, ...], engine: Engine, base_url: str, kept: Kept
) -> Response:
    """The record: what is shown, where and when, how fine, by whom and under which conditions.

    Args:
        layer: What is described.
        members: The layers of a group; the layer alone where it is none.
        engine: Knows the archive.
        base_url: Public address of the application.
        kept: Goes on into the addresses.
    """
    # Before anything is read, as for capabilities.
    sequence = engine.sequence()
    extents = [engine.extent(member) for member in members]
    axes = [axis for member in members if (axis := engine.times(member)).values]
    systems = {key for extent in extents for key in extent.crs}
    service = engine.service
    collections = tuple(dict.fromkeys(member.collection for member in members))
    licences = [engine.collection(name).license for name in collections]
    conditions = [text for text in dict.fromkeys((*licences, service.access_constraints)) if text and text != "none"]
    body = _TEMPLATES.get_template("metadata_19139.xml.j2").render(
        layer=layer,
        keywords=layer.keywords or collections,
        credit=", ".join(dict.fromkeys(member.attribution for member in members if member.attribution)),
        service=service,
        stamp=f"{datetime.fromtimestamp(sequence // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        lonlat=united([extent.lonlat for extent in extents]),
        resolution_m=min(extent.resolution_m for extent in extents),
        systems=[crs.urn for crs in engine.crs if crs.key in systems],
        # Published times sort as they follow one another, also those of several precisions.
        first=min((min(axis.values) for axis in axes), default=""),
        last=max((axis.last for axis in axes), default=""),
        conditions=conditions,
        links=[
            (f"OGC:{name.upper()}", f"{base_url}/{name}?{kept.query}SERVICE={name.upper()}&REQUEST=GetCapabilities")
            for name in ("wms", "wmts", "wcs")
            if name in members[0].services and (layer is members[0] or name == "wms")
        ],
    )
    return Response(media_type=METADATA_FORMAT, body=body.encode(), headers=(("Cache-Control", "public, max-age=60"),))
