"""The protocols that malformed requests are made for: their operations, and the code that a standard has for a fault.

A dialect of WCS that the server does not speak yet has no table of requests; the list grows with the server.
"""

from tests.fuzz.grammar import Key, Operation, Protocol

from bandstand.services.wcs.service import DIALECTS

UTM_BOX = "281680,5464780,282320,5465420"
"""In EPSG:32631, where the scenes of the newest date have data."""


def _wms(version: str) -> Protocol:
    new = version == "1.3.0"
    crs, x, y = ("CRS", "I", "J") if new else ("SRS", "X", "Y")
    head = (Key("SERVICE", "service", "WMS", needed=False), Key("VERSION", "version", version, other="9.9.9"))
    place = (
        Key(crs, "crs", "EPSG:32631", other="EPSG:3857"),
        Key("BBOX", "box", UTM_BOX, other="0,0,1,1"),
        Key("WIDTH", "size", "64", other="32"),
        Key("HEIGHT", "size", "64", other="32"),
    )
    ours = (
        Key("TIME", "time", "2022-07-19", needed=False, other="2021-06-14"),
        Key("EXPR", "expression", "(B08-B04)/(B08+B04)", needed=False),
        Key("RANGE", "box", "0,1", needed=False),
        Key("GAMMA", "number", "1", needed=False),
        Key("MAXCC", "share", "100", needed=False),
        Key("RESAMPLING", "word", "nearest", needed=False),
        Key("PRIORITY", "word", "mostRecent", needed=False),
    )
    drawn = (
        Key("REQUEST", "operation", "GetMap", other="GetFeatureInfo"),
        Key("LAYERS", "layer", "s2_l2a", other="ndvi"),
        Key("STYLES", "style", "", needed=False, may_be_empty=True),
        *place,
        Key("FORMAT", "format", "image/png", other="image/jpeg"),
        Key("TRANSPARENT", "switch", "TRUE", needed=False, other="FALSE"),
        Key("BGCOLOR", "colour", "0xFFFFFF", needed=False, other="0x000000"),
        *ours,
    )
    asked = (
        Key("REQUEST", "operation", "GetFeatureInfo", other="GetMap"),
        Key("LAYERS", "layer", "s2_l2a", needed=False, other="ndvi"),
        Key("STYLES", "style", "", needed=False, may_be_empty=True),
        *place,
        Key("QUERY_LAYERS", "layer", "s2_l2a", other="ndvi"),
        Key("INFO_FORMAT", "format", "application/json", needed=False, other="text/plain"),
        Key("FEATURE_COUNT", "count", "1", needed=False, other="2"),
        Key(x, "pixel", "10", other="11"),
        Key(y, "pixel", "10", other="11"),
    )
    legend = (
        Key("REQUEST", "operation", "GetLegendGraphic", other="GetMap"),
        Key("LAYER", "layer", "ndvi", other="s2_l2a"),
        Key("STYLE", "style", "", needed=False),
        Key("FORMAT", "format", "image/png", needed=False, other="image/jpeg"),
        Key("WIDTH", "size", "100", needed=False, other="50"),
    )
    # SRS alone tells 1.1.1, a legend is the same in both: VERSION may be left out there. Styles of one layer: an
    # empty STYLES is the default, so that a second one is the first that says something.
    known_by_srs = frozenset() if new else frozenset({("VERSION", "missing"), ("VERSION", "empty")})
    once = frozenset({("STYLES", "twice"), ("STYLE", "twice")})
    # Without a readable version nor SRS a client is taken for one of 1.3.0, and GetCapabilities takes any version.
    unreadable = frozenset({("VERSION", name) for name in ("type", "overlong", "injection", "garbage", "percent")})
    free = frozenset({("VERSION", "missing"), ("VERSION", "empty")}) | once
    return Protocol(
        name=f"WMS {version}",
        path="/wms",
        form=f"WMS {version}",
        operations=(
            Operation("GetMap", (*head, *drawn), known_by_srs | once),
            Operation("GetFeatureInfo", (*head, *asked), known_by_srs | once),
            Operation("GetLegendGraphic", (*head, *legend), free if new else free | unreadable),
            Operation(
                "GetCapabilities", (Key("SERVICE", "service", "WMS", needed=False),
                                    Key("REQUEST", "operation", "GetCapabilities", other="GetMap"),
                                    Key("VERSION", "version", version, needed=False, other="9.9.9")),
                unreadable,
            ),
        ),
        codes={
            "missing": "",
            "empty": "",
            "twice": "",
            "layer": "LayerNotDefined",
            "style": "StyleNotDefined",
            "crs": "InvalidCRS" if new else "InvalidSRS",
            "format": "InvalidFormat",
            "time": "InvalidDimensionValue",
            "operation": "OperationNotSupported",
            ("pixel", "range"): "InvalidPoint",
            "*": "",
        },
        most=4,
    )  # fmt: skip


def _address(*, rest: bool) -> tuple[Key, ...]:
    return (
        Key("Layer", "layer", "s2_l2a", other="ndvi"),
        Key("Style", "style", "true_color" if rest else "", may_be_empty=True, other="false_color"),
        *(() if rest else (Key("Format", "format", "image/png", other="image/jpeg"),)),
        Key("TileMatrixSet", "set", "WebMercatorQuad", other="UTM31"),
        Key("TileMatrix", "matrix", "14", other="13"),
        Key("TileRow", "tile", "5605", other="1"),
        Key("TileCol", "tile", "8192", other="1"),
    )


_OURS = (
    Key("Time", "time", "2022-07-19", needed=False, other="2021-06-14"),
    Key("EXPR", "expression", "(B08-B04)/(B08+B04)", needed=False),
    Key("RANGE", "box", "0,1", needed=False),
    Key("MAXCC", "share", "100", needed=False),
    Key("RESAMPLING", "word", "nearest", needed=False),
)
_WMTS_CODES = {
    "missing": "MissingParameterValue",
    "empty": "MissingParameterValue",
    ("tile", "range"): frozenset({"TileOutOfRange", "InvalidParameterValue"}),
    # The suite takes this one alone; table 27 of the standard has PointIJOutOfRange.
    ("pixel", "range"): "TileOutOfRange",
    "*": "InvalidParameterValue",
}


def _wmts_kvp() -> Protocol:
    head = (Key("Service", "service", "WMTS", needed=False), Key("Version", "version", "1.0.0", needed=False))
    point = (
        Key("I", "pixel", "10", other="11"),
        Key("J", "pixel", "10", other="11"),
        Key("InfoFormat", "format", "application/json", other="text/plain"),
    )
    once = frozenset({("Style", "twice")})
    return Protocol(
        name="WMTS KVP",
        path="/wmts",
        form="OWS 1.1",
        operations=(
            Operation(
                "GetTile",
                (*head, Key("Request", "operation", "GetTile", other="GetCapabilities"), *_address(rest=False), *_OURS),
                once,
            ),
            Operation(
                "GetFeatureInfo",
                (
                    *head,
                    Key("Request", "operation", "GetFeatureInfo", other="GetTile"),
                    *_address(rest=False),
                    *point,
                    *_OURS[:1],
                ),
                once,
            ),
            Operation(
                "GetCapabilities",
                (
                    Key("Service", "service", "WMTS", other="WMS"),
                    Key("Request", "operation", "GetCapabilities", other="GetTile"),
                    Key("Sections", "section", "Contents", other="All"),
                ),
                frozenset({("Sections", "missing")}),
            ),
        ),
        codes=_WMTS_CODES,
        most=4,
    )


def _wmts_rest() -> Protocol:
    tile = "/wmts/1.0.0/{Layer}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.png"
    timed = "/wmts/1.0.0/{Layer}/{Style}/{Time}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.jpg"
    info = "/wmts/1.0.0/{Layer}/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}/{J}/{I}.json"
    point = (Key("I", "pixel", "10"), Key("J", "pixel", "10"))
    address = _address(rest=True)
    return Protocol(
        name="WMTS REST",
        path="",
        template="operations",
        locators=False,
        form="OWS 1.1",
        operations=(
            Operation(f"GetTile {tile}", address),
            Operation(f"GetTile {timed}", (*address, *_OURS[:1])),
            Operation(f"GetFeatureInfo {info}", (*address, *point)),
        ),
        # A slash in a value makes another address of it, and one that nothing has names no parameter.
        codes={
            name if name != "*" else "*": frozenset({code, "NoApplicableCode"} if isinstance(code, str) else
                                                    {*code, "NoApplicableCode"})
            for name, code in _WMTS_CODES.items()
        },
        most=5,
    )  # fmt: skip


def _wcs20() -> Protocol:
    head = (Key("SERVICE", "service", "WCS"), Key("VERSION", "version", "2.0.1", other="9.9.9"))
    name = Key("COVERAGEID", "layer", "s2_l2a", other="ndvi")
    return Protocol(
        name="WCS 2.0.1 KVP",
        path="/wcs",
        form="OWS 2.0",
        locators=False,
        operations=(
            Operation(
                "GetCoverage",
                (
                    *head,
                    Key("REQUEST", "operation", "GetCoverage", other="DescribeCoverage"),
                    name,
                    Key("SUBSET", "subset", "E(282000,282200)", needed=False, repeats=True),
                    Key("SUBSETTINGCRS", "crs", "http://www.opengis.net/def/crs/EPSG/0/32631", needed=False),
                    Key("OUTPUTCRS", "output crs", "http://www.opengis.net/def/crs/EPSG/0/32631", needed=False),
                    Key("RANGESUBSET", "bands", "B04", needed=False, other="B08"),
                    Key("INTERPOLATION", "word", "nearest", needed=False, other="cubic"),
                    Key("SCALEFACTOR", "factor", "0.5", needed=False, other="0.25"),
                    Key("FORMAT", "format", "image/tiff", needed=False, other="image/jp2"),
                ),
            ),
            Operation(
                "DescribeCoverage",
                (*head, Key("REQUEST", "operation", "DescribeCoverage", other="GetCoverage"), name),
            ),
            Operation(
                "ProcessCoverages",
                (
                    *head,
                    Key("REQUEST", "operation", "ProcessCoverages", other="GetCoverage"),
                    Key(
                        "QUERY", "query", "for $c in (s2_l2a) return avg($c.B04[E(282000:282200), N(5465000:5465200)])"
                    ),
                ),
            ),
            Operation(
                "GetCapabilities",
                (
                    Key("SERVICE", "service", "WCS"),
                    Key("REQUEST", "first operation", "GetCapabilities", other="GetCoverage"),
                    Key("SECTIONS", "section", "Contents", needed=False, other="All"),
                    Key("ACCEPTVERSIONS", "accepted", "2.0.1", needed=False),
                ),
            ),
        ),
        codes={
            ("layer", "empty"): frozenset({"emptyCoverageIdList", "MissingParameterValue"}),
            "missing": "MissingParameterValue",
            "empty": "MissingParameterValue",
            "twice": "InvalidParameterValue",
            "layer": "NoSuchCoverage",
            "operation": "InvalidParameterValue",
            # Without a VERSION two things are wrong with a request that is no GetCapabilities.
            "first operation": frozenset({"InvalidParameterValue", "MissingParameterValue"}),
            "accepted": "VersionNegotiationFailed",
            ("subset", "unknown"): "InvalidAxisLabel",
            ("subset", "range"): "InvalidSubsetting",
            ("subset", "order"): "InvalidSubsetting",
            "subset": frozenset({"InvalidSubsetting", "InvalidAxisLabel", "InvalidParameterValue"}),
            # OGC 08-059r4, table 3.
            ("query", "unknown"): frozenset(
                {"NoSuchCoverage", "NoSuchField", "InvalidAxisLabel", "SemanticError", "SyntaxError"}
            ),
            "query": "SyntaxError",
            "crs": "SubsettingCrs-NotSupported",
            "output crs": "OutputCrs-NotSupported",
            # What stands before a colon is an axis.
            "word": frozenset({"InterpolationMethodNotSupported", "InvalidAxisLabel"}),
            "bands": "NoSuchField",
            "factor": "InvalidScaleFactor",
            "*": "InvalidParameterValue",
        },
        most=6,
    )


def _wcs11(version: str) -> Protocol:
    head = (Key("SERVICE", "service", "WCS"), Key("VERSION", "version", version, other="9.9.9"))
    return Protocol(
        name=f"WCS {version} KVP",
        path="/wcs",
        form="OWS 1.1",
        operations=(
            Operation(
                "GetCoverage",
                (
                    *head,
                    Key("REQUEST", "operation", "GetCoverage", other="DescribeCoverage"),
                    Key("IDENTIFIER", "layer", "s2_l2a", other="ndvi"),
                    Key("BOUNDINGBOX", "crs box", f"{UTM_BOX},urn:ogc:def:crs:EPSG::32631", other="0,0,1,1"),
                    Key("FORMAT", "format", "image/tiff", other="image/jp2"),
                    Key("GRIDBASECRS", "crs", "urn:ogc:def:crs:EPSG::32631", needed=False),
                    Key("GRIDOFFSETS", "offsets", "10,-10", needed=False, other="20,-20"),
                    Key("RANGESUBSET", "range subset", "", needed=False),
                    Key("STORE", "switch", "false", needed=False, other="true"),
                ),
                frozenset({("RANGESUBSET", "twice")}),
            ),
            Operation(
                "DescribeCoverage",
                (
                    *head,
                    Key("REQUEST", "operation", "DescribeCoverage", other="GetCoverage"),
                    Key("IDENTIFIERS", "layer", "s2_l2a", other="ndvi"),
                ),
            ),
        ),
        codes={
            "missing": "MissingParameterValue",
            "empty": "MissingParameterValue",
            "operation": "InvalidParameterValue",
            "*": frozenset({"InvalidParameterValue", "UnsupportedCombination"}),
        },
        most=6,
    )


def _wcs10() -> Protocol:
    head = (Key("SERVICE", "service", "WCS"), Key("VERSION", "version", "1.0.0", other="9.9.9"))
    return Protocol(
        name="WCS 1.0.0 KVP",
        path="/wcs",
        form="WCS 1.0.0",
        operations=(
            Operation(
                "GetCoverage",
                (
                    *head,
                    Key("REQUEST", "operation", "GetCoverage", other="DescribeCoverage"),
                    Key("COVERAGE", "layer", "s2_l2a", other="ndvi"),
                    Key("CRS", "crs", "EPSG:32631", other="EPSG:3857"),
                    Key("BBOX", "box", UTM_BOX, other="0,0,1,1"),
                    Key("WIDTH", "side", "64", other="32"),
                    Key("HEIGHT", "side", "64", other="32"),
                    Key("FORMAT", "format", "GeoTIFF", other="PNG"),
                    Key("RESPONSE_CRS", "crs", "EPSG:32631", needed=False, other="EPSG:3857"),
                    Key("INTERPOLATION", "word", "nearest neighbor", needed=False, other="bilinear"),
                    Key("TIME", "time", "2022-07-19", needed=False, other="2021-06-14"),
                ),
                # TIME alone may choose the domain (03-065r6, 9.2.2.6).
                frozenset({("BBOX", "missing"), ("BBOX", "empty")}),
            ),
            Operation(
                "DescribeCoverage",
                (
                    *head,
                    Key("REQUEST", "operation", "DescribeCoverage", other="GetCoverage"),
                    Key("COVERAGE", "layer", "s2_l2a", needed=False, other="ndvi"),
                ),
            ),
        ),
        codes={
            "missing": "MissingParameterValue",
            "empty": "MissingParameterValue",
            ("layer", "twice"): "InvalidParameterValue",
            ("format", "twice"): "InvalidParameterValue",
            "layer": "CoverageNotDefined",
            "format": "InvalidFormat",
            "operation": "InvalidParameterValue",
            "*": "InvalidParameterValue",
        },
        most=5,
    )


def _spoken() -> tuple[Protocol, ...]:
    versions = {version for dialect in DIALECTS for version in dialect.versions}
    found = [_wcs20()]
    if "1.0.0" in versions:
        found.append(_wcs10())
    found += [_wcs11(version) for version in ("1.1.1", "1.1.2") if version in versions]
    return tuple(found)


PROTOCOLS = (_wms("1.3.0"), _wms("1.1.1"), _wmts_kvp(), _wmts_rest(), *_spoken())
