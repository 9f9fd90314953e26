"""The capabilities of WCS 2.0.1 (OGC 09-110r4, 8.2)."""

from collections.abc import Sequence
from typing import Any

from lxml import etree
from markupsafe import Markup

from bandstand.cis.coverage import NAMESPACES, position
from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, shorten, suggest
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.layer import Layer
from bandstand.services.ows.kept import read_kept
from bandstand.services.ows.kvp import listed
from bandstand.services.ows.versions import compare_sequence, refuse_higher_sequence
from bandstand.services.ows.xml import plain_number, templates
from bandstand.services.wcs.coverages import crs_supported, published
from bandstand.services.wcs.v20.coveragesets import COUNT
from bandstand.services.wcs.v20.descriptions import SHORT
from bandstand.services.wcs.v20.eo.metadata import ends_of, time_period
from bandstand.services.wcs.v20.eo.portions import series

PROFILES = (
    "http://www.opengis.net/spec/WCS/2.0/conf/core",
    "http://www.opengis.net/spec/WCS_protocol-binding_get-kvp/1.0/conf/get-kvp",
    "http://www.opengis.net/spec/WCS_protocol-binding_post-xml/1.0/conf/post-xml",
    "http://www.opengis.net/spec/WCS_protocol-binding_soap/1.0/conf/soap",
    "http://www.opengis.net/spec/WCS_service-extension_crs/1.0/conf/crs",
    "http://www.opengis.net/spec/WCS_service-extension_scaling/1.0/conf/scaling",
    "http://www.opengis.net/spec/WCS_service-extension_interpolation/1.0/conf/interpolation",
    "http://www.opengis.net/spec/WCS_service-extension_range-subsetting/1.0/conf/record-subsetting",
    "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage",
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/multipart",
)
GML_PROFILES = (
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml",
    "http://www.opengis.net/spec/GMLCOV/1.0/conf/gml-coverage",
)
"""Told where GML is what coverages are delivered in: clients and the compliance suite then ask without a format."""
OF_OPERATIONS = {"ProcessCoverages": "http://www.opengis.net/spec/WCS_service-extension_processing/2.0/conf/processing"}
EO_PROFILES = (
    "http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs",
    "http://www.opengis.net/spec/WCS_application-profile_earth-observation/1.0/conf/eowcs_get-kvp",
)
CONTENTS = ("CoverageSummary", "DatasetSeriesSummary")
"""Parts of Contents, which may be asked for by themselves (OGC 10-140r1, requirements 35 and 36)."""
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents")
INTERPOLATIONS = (
    "http://www.opengis.net/def/interpolation/OGC/1/nearest-neighbor",
    "http://www.opengis.net/def/interpolation/OGC/1/linear",
    "http://www.opengis.net/def/interpolation/OGC/1/cubic",
)
_MEDIA_TYPES = ("application/xml", "text/xml")
"""Of this document; the first of ACCEPTFORMATS that is one of them, else the first."""
_TEMPLATES = templates("bandstand.services.wcs.v20")


def capabilities(call: Call, args: Arguments, engine: Engine, operations: Sequence[str]) -> Response:
    """The capabilities document; SECTIONS chooses its parts (OGC 06-121r9, 7.3.3).

    A client whose update sequence is the current one gets no parts (7.3.4).

    Raises:
        InvalidUpdateSequence: UPDATESEQUENCE is above the current one.
        InvalidParameter: There is no such section.
    """
    wanted = _sections(args.get("SECTIONS", default="All"))
    kept = read_kept(call, args, data=True)
    sequence, known = str(engine.sequence()), args.get("UPDATESEQUENCE")
    refuse_higher_sequence(known, sequence)
    if compare_sequence(known, sequence) == 0:
        wanted = set()
    summaries = [_summary(layer, engine) for layer in published(engine, kept)]
    crs_uris = dict.fromkeys(uri for summary in summaries for uri in summary["crs"])
    body = _TEMPLATES.get_template("capabilities.xml.j2").render(
        info=engine.service,
        url=f"{call.base_url}/wcs?{kept.query}",
        sequence=sequence,
        profiles=_profiles(engine, operations),
        operations=operations,
        interpolations=INTERPOLATIONS,
        formats=engine.formats("coverage"),
        crs_uris=list(crs_uris),
        coverages=summaries,
        series=[_series(name, layer, engine) for name, layer in series(engine).items()],
        most=COUNT,
        show=wanted.__contains__,
    )
    accepted = (part.casefold() for part in listed(args.get("ACCEPTFORMATS")))
    media_type = next((part for part in accepted if part in _MEDIA_TYPES), _MEDIA_TYPES[0])
    return Response(media_type=media_type, body=body.encode(), headers=SHORT)


def _profiles(engine: Engine, operations: Sequence[str]) -> tuple[str, ...]:
    """The classes of the standards that this installation conforms to."""
    gml = GML_PROFILES if engine.formats("coverage")[0] == "application/gml+xml" else ()
    return (*PROFILES, *gml, *EO_PROFILES, *(uri for name, uri in OF_OPERATIONS.items() if name in operations))


def _sections(text: str) -> set[str]:
    """The parts of the document that are asked for, in the standard's spelling; Contents with its own parts.

    Raises:
        InvalidParameter: There is no such part.
    """
    known = {name.casefold(): name for name in (*SECTIONS, *CONTENTS)}
    wanted: set[str] = set()
    for part in listed(text):
        if part.casefold() == "all":
            wanted |= {*SECTIONS, *CONTENTS}
        elif part.casefold() in known:
            name = known[part.casefold()]
            wanted |= {"Contents", *CONTENTS} if name == "Contents" else {name}
            wanted |= {"Contents"} if name in CONTENTS else set()
        else:
            raise InvalidParameter(
                f'SECTIONS: there is no "{shorten(part)}".{suggest(part, SECTIONS)} There are: {", ".join(SECTIONS)}.',
                locator="SECTIONS",
            )
    return wanted


def _series(name: str, layer: Layer, engine: Engine) -> dict[str, Any]:
    box = engine.extent(layer).lonlat
    period = etree.Element("period", nsmap={"gml": NAMESPACES["gml"]})
    time_period(period, f"{name}.time", ends_of(layer, engine))
    return {
        "id": name,
        "title": engine.collection(layer.collection).title,
        "wgs84": [plain_number(v) for v in (box.min_x, box.min_y, box.max_x, box.max_y)],
        "period": Markup(etree.tostring(period[0], encoding="unicode")),  # noqa: S704 - made by lxml
    }


def _summary(layer: Layer, engine: Engine) -> dict[str, Any]:
    domain = engine.domain(layer)
    box, native = engine.extent(layer).lonlat, domain.grid.bbox
    crs = domain.grid.crs
    return {
        "id": layer.name,
        "title": layer.title,
        "abstract": layer.abstract,
        "keywords": layer.keywords,
        "wgs84": [plain_number(v) for v in (box.min_x, box.min_y, box.max_x, box.max_y)],
        "crs": [known.uri for known in crs_supported(engine, layer)],
        "native_uri": crs.uri,
        "lower": position(crs, native.min_x, native.min_y),
        "upper": position(crs, native.max_x, native.max_y),
    }
