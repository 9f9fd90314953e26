"""The metadata record of a layer (ISO 19115:2003 in the XML of ISO/TS 19139), which `MetadataURL` leads to."""

import hashlib
from datetime import UTC, datetime

from bandstand.engine.engine import Engine
from bandstand.model.exchange import Response
from bandstand.model.layer import Layer
from bandstand.services.ows.xml import templates

METADATA_FORMAT = "text/xml"
_TEMPLATES = templates("bandstand.services.wms")


def metadata_record(layer: Layer, engine: Engine, base_url: str) -> Response:
    """The record: what is shown, where and when, how fine, by whom and under which conditions."""
    # Before anything is read, as for capabilities.
    sequence, revision = engine.sequence(), engine.revision()
    extent = engine.extent(layer)
    times = engine.times(layer)
    service = engine.service
    licence = engine.collection(layer.collection).license
    conditions = [text for text in (licence, service.access_constraints) if text and text != "none"]
    body = _TEMPLATES.get_template("metadata_19139.xml.j2").render(
        layer=layer,
        keywords=layer.keywords or (layer.collection,),
        service=service,
        stamp=f"{datetime.fromtimestamp(sequence // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        lonlat=extent.lonlat,
        resolution_m=extent.resolution_m,
        systems=[crs.urn for crs in engine.crs if crs.key in extent.crs],
        first=min(times.values, default=""),
        last=times.last,
        conditions=conditions,
        links=[
            (f"OGC:{name.upper()}", f"{base_url}/{name}?SERVICE={name.upper()}&REQUEST=GetCapabilities")
            for name in ("wms", "wmts", "wcs")
            if name in layer.services
        ],
    )
    tag = hashlib.blake2b(f"record {layer.name} {sequence} {revision} {base_url}".encode(), digest_size=12).hexdigest()
    return Response(
        media_type=METADATA_FORMAT, body=body.encode(), headers=(("Cache-Control", "public, max-age=60"),), etag=tag
    )
