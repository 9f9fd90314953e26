"""Capabilities and coverage descriptions of WCS 2.0.1 (OGC 09-110r4, GMLCOV 1.0)."""

from typing import Any

from bandstand.engine.engine import Engine
from bandstand.errors import InvalidParameter, UnknownLayer, shorten, suggest
from bandstand.model.coverage import Domain
from bandstand.model.crs import Crs
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.model.field import Field
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer
from bandstand.services.ows.dimension import MAX_LISTED
from bandstand.services.ows.kvp import listed
from bandstand.services.ows.xml import plain_number, templates, to_ncname
from bandstand.services.wcs.v20.parse import crs_supported
from bandstand.services.wcs.v20.subset import axis_labels

PROFILES = (
    "http://www.opengis.net/spec/WCS/2.0/conf/core",
    "http://www.opengis.net/spec/WCS_protocol-binding_get-kvp/1.0/conf/get-kvp",
    "http://www.opengis.net/spec/WCS_service-extension_crs/1.0/conf/crs",
    "http://www.opengis.net/spec/WCS_service-extension_scaling/1.0/conf/scaling",
    "http://www.opengis.net/spec/WCS_service-extension_interpolation/1.0/conf/interpolation",
    "http://www.opengis.net/spec/WCS_service-extension_range-subsetting/1.0/conf/record-subsetting",
    "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage",
)
SECTIONS = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents")
INTERPOLATIONS = (
    "http://www.opengis.net/def/interpolation/OGC/1/nearest-neighbor",
    "http://www.opengis.net/def/interpolation/OGC/1/linear",
    "http://www.opengis.net/def/interpolation/OGC/1/cubic",
)
_TEMPLATES = templates("bandstand.services.wcs.v20")
_SHORT = (("Cache-Control", "public, max-age=60"),)


def capabilities(call: Call, args: Arguments, engine: Engine) -> Response:
    """The capabilities document; SECTIONS chooses its parts (OGC 06-121r9, 7.3.3)."""
    wanted = _sections(args.get("SECTIONS", default="All"))
    published = [layer for layer in engine.layers if "wcs" in layer.services]
    summaries = [summary for layer in published if (summary := _summary(layer, engine)) is not None]
    crs_uris = dict.fromkeys(uri for summary in summaries for uri in summary["crs"])
    body = _TEMPLATES.get_template("capabilities.xml.j2").render(
        info=engine.service,
        url=f"{call.base_url}/wcs?",
        profiles=PROFILES,
        interpolations=INTERPOLATIONS,
        formats=engine.formats("coverage"),
        crs_uris=list(crs_uris),
        coverages=summaries,
        show=wanted.__contains__,
    )
    return Response(media_type="application/xml", body=body.encode(), headers=_SHORT, etag=f"wcs-{engine.revision()}")


def _sections(text: str) -> set[str]:
    """The parts of the document that are asked for, in the standard's spelling.

    Raises:
        InvalidParameter: There is no such part.
    """
    known = {name.casefold(): name for name in SECTIONS}
    wanted: set[str] = set()
    for part in listed(text):
        if part.casefold() == "all":
            wanted |= set(SECTIONS)
        elif part.casefold() in known:
            wanted.add(known[part.casefold()])
        else:
            raise InvalidParameter(
                f'SECTIONS: there is no "{shorten(part)}".{suggest(part, SECTIONS)} There are: {", ".join(SECTIONS)}.',
                locator="SECTIONS",
            )
    return wanted


def coverages(ids: list[str], engine: Engine) -> Response:
    """Descriptions of these coverages, in this order.

    Raises:
        UnknownLayer: One of the ids is no coverage.
    """
    described = [_description(engine.layer(name, "wcs"), engine) for name in ids]
    body = _TEMPLATES.get_template("descriptions.xml.j2").render(
        coverages=described, native_format=engine.formats("coverage")[0]
    )
    return Response(media_type="application/xml", body=body.encode(), headers=_SHORT, etag="")


def _summary(layer: Layer, engine: Engine) -> dict[str, Any] | None:
    try:
        domain = engine.domain(layer)
    except UnknownLayer:
        # Nothing ingested yet: a coverage without a domain cannot be described.
        return None
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
        "lower": _pair(crs.north_first, native.min_x, native.min_y),
        "upper": _pair(crs.north_first, native.max_x, native.max_y),
    }


def _pair(north_first: bool, x: float, y: float) -> str:
    first, second = (y, x) if north_first else (x, y)
    return f"{plain_number(first)} {plain_number(second)}"


def _description(layer: Layer, engine: Engine) -> dict[str, Any]:
    domain = engine.domain(layer)
    crs, box = domain.grid.crs, domain.grid.bbox
    x_label, y_label = axis_labels(crs)
    labels = (y_label, x_label) if crs.north_first else (x_label, y_label)
    axis = engine.times(layer)
    return {
        "id": layer.name,
        "title": layer.title,
        "srs": crs.uri,
        "labels": " ".join(labels),
        "units": " ".join([_unit(crs)] * 2),
        "lower": _pair(crs.north_first, box.min_x, box.min_y),
        "upper": _pair(crs.north_first, box.max_x, box.max_y),
        # Spelled as the most used server does, since clients look for it there; long series by their ends alone.
        "times": axis.values if len(axis.values) <= MAX_LISTED else (axis.values[0], axis.values[-1]),
        "default_time": axis.default,
        "high": f"{domain.grid.width - 1} {domain.grid.height - 1}",
        **_vectors(domain.grid),
        "fields": [_field(domain, i) for i in range(len(domain.fields))],
    }


def _unit(crs: Crs) -> str:
    """UCUM's word for the unit of both axes; the database's own for units that are rare."""
    name = crs.proj.axis_info[0].unit_name
    known = {"metre": "m", "degree": "deg", "US survey foot": "[ft_us]", "foot": "[ft_i]"}
    return known.get(name, name.replace(" ", "_"))


def _vectors(grid: Grid) -> dict[str, str]:
    """Origin at the centre of the first cell; one offset vector a grid axis, in the order of the CRS."""
    t, swap = grid.transform, grid.crs.north_first
    x, y = t(0.5, 0.5)
    return {"origin": _pair(swap, x, y), "along_i": _pair(swap, t.a, t.d), "along_j": _pair(swap, t.b, t.e)}


def _field(domain: Domain, number: int) -> dict[str, Any]:
    field = domain.fields[number]
    return {
        "name": to_ncname(field.name),
        "title": field.title or field.name,
        "unit": field.unit or "10^0",
        "nodata": _nil(field),
    }


def _nil(field: Field) -> str | None:
    """The nodata of the files that leave: NaN for every float, whatever the archive's files have."""
    if field.dtype.startswith("float"):
        return "NaN"
    return None if field.nodata is None else plain_number(field.nodata)
