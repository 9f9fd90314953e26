"""XML requests of WCS as good documents with marked places, and every way to spoil a place."""

import copy
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree
from tests.fuzz.grammar import SEED
from tests.fuzz.values import wrong_values

MOST = 7


@dataclass(frozen=True, slots=True)
class Place:
    """An element (or one of its attributes) whose text is a value."""

    path: str
    """Of ElementTree, below the root; `.` is the root."""
    kind: str
    needed: bool = True
    attribute: str = ""
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A good request of one version."""

    name: str
    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A bad document and the codes that may come back."""

    why: str
    body: bytes
    codes: frozenset[str]


def spoiled(documents: tuple[Document, ...], codes: Mapping[object, str | frozenset[str]]) -> list[Spoiled]:
    """Every bad document; the same list in every run.

    Args:
        documents: Good ones.
        codes: Expected code by (kind, class), else by class, else by kind, else by `*`.
    """
    found: dict[bytes, Spoiled] = {}
    for document in documents:
        seed = random.Random(f"{SEED} {document.name}")
        for why, kind, way, body in _spoil(document, seed):
            expected = next(codes[key] for key in ((kind, way), way, kind, "*") if key in codes)
            allowed = expected if isinstance(expected, frozenset) else frozenset({expected})
            found.setdefault(body, Spoiled(f"{document.name}: {why}", body, allowed))
    return list(found.values())


def _spoil(document: Document, seed: random.Random) -> Iterator[tuple[str, str, str, bytes]]:
    for place in document.places:
        label = f"{place.path} {place.attribute}".strip()

        def changed(change, place=place) -> bytes:
            root = etree.fromstring(document.text)
            element = root if place.path == "." else root.find(place.path)
            change(copy.copy(element) if element is None else element)
            return etree.tostring(root)

        if place.needed:
            yield f"{label} missing", place.kind, "missing", changed(lambda e, p=place: _remove(e, p))
            yield f"{label} empty", place.kind, "empty", changed(lambda e, p=place: _set(e, p, ""))
        if not place.attribute:
            if place.needed:
                yield f"{label} renamed", "syntax", "syntax", changed(_rename)
            yield f"{label} with elements inside", "syntax", "syntax", changed(_fill)
            if not place.repeats:
                yield f"{label} twice", place.kind, "twice", changed(_double)
        for way, texts in wrong_values(place.kind, seed, MOST).items():
            for text in texts:
                value = unquote(text, errors="replace")
                if _writable(value):
                    yield f"{label} {way}", place.kind, way, changed(lambda e, p=place, v=value: _set(e, p, v))
    yield from _misspelt(document, seed)


def _misspelt(document: Document, seed: random.Random) -> Iterator[tuple[str, str, str, bytes]]:
    """The document behind its first tag, which tells the version: cut off, tags opened anywhere, bytes of no text."""
    body = document.text.encode()
    behind = range(body.index(b">") + 1, len(body) - 2)
    for cut in sorted(seed.sample(behind, 12)):
        yield f"cut at {cut}", "syntax", "ill-formed", body[:cut]
    for at in sorted(seed.sample(behind, 12)):
        yield f"a tag opens at {at}", "syntax", "ill-formed", body[:at] + b"<" + body[at:]
    for at in sorted(seed.sample(behind, 6)):
        yield f"a NUL at {at}", "syntax", "ill-formed", body[:at] + b"\x00" + body[at:]


def _writable(text: str) -> bool:
    try:
        etree.Element("x").text = text
    except ValueError:
        return False
    return bool(text.strip())


def _remove(element: etree._Element, place: Place) -> None:
    if place.attribute:
        del element.attrib[place.attribute]
    else:
        element.getparent().remove(element)


def _set(element: etree._Element, place: Place, text: str) -> None:
    if place.attribute:
        element.set(place.attribute, text)
    else:
        element.text = text


def _rename(element: etree._Element) -> None:
    element.tag = "{urn:nothing}Nothing"


def _fill(element: etree._Element) -> None:
    etree.SubElement(element, "{urn:nothing}Nothing").text = "x"


def _double(element: etree._Element) -> None:
    second = copy.deepcopy(element)
    second.text = "other"
    element.addnext(second)


W2 = "{http://www.opengis.net/wcs/2.0}"
W1 = "{http://www.opengis.net/wcs/1.1.1}"
W0 = "{http://www.opengis.net/wcs}"
OWS = "{http://www.opengis.net/ows/1.1}"
GML = "{http://www.opengis.net/gml}"
_HEAD = (Place(".", "service", attribute="service"), Place(".", "version", attribute="version"))

WCS20 = (
    Document(
        "GetCoverage 2.0.1",
        '<GetCoverage xmlns="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1"><Extension>'
        '<c:subsettingCrs xmlns:c="http://www.opengis.net/wcs/crs/1.0">http://www.opengis.net/def/crs/EPSG/0/32631'
        '</c:subsettingCrs><c:outputCrs xmlns:c="http://www.opengis.net/wcs/crs/1.0">'
        "http://www.opengis.net/def/crs/EPSG/0/32631</c:outputCrs><s:Scaling "
        'xmlns:s="http://www.opengis.net/WCS_service-extension_scaling/1.0"><s:ScaleByFactor><s:scaleFactor>0.5'
        "</s:scaleFactor></s:ScaleByFactor></s:Scaling></Extension><CoverageId>s2_l2a</CoverageId><DimensionTrim>"
        "<Dimension>E</Dimension><TrimLow>282000</TrimLow><TrimHigh>282200</TrimHigh></DimensionTrim>"
        "<format>image/tiff</format></GetCoverage>",
        (
            *_HEAD,
            Place(f"{W2}CoverageId", "layer"),
            Place(f"{W2}format", "format", needed=False),
            Place(f"{W2}DimensionTrim/{W2}Dimension", "axis"),
            Place(f"{W2}DimensionTrim/{W2}TrimLow", "bound", needed=False),
            Place(f"{W2}DimensionTrim/{W2}TrimHigh", "bound", needed=False),
            Place(f"{W2}Extension/{{http://www.opengis.net/wcs/crs/1.0}}subsettingCrs", "crs", needed=False),
            Place(f"{W2}Extension/{{http://www.opengis.net/wcs/crs/1.0}}outputCrs", "output crs", needed=False),
        ),
    ),
    Document(
        "DescribeCoverage 2.0.1",
        '<DescribeCoverage xmlns="http://www.opengis.net/wcs/2.0" service="WCS" version="2.0.1">'
        "<CoverageId>s2_l2a</CoverageId></DescribeCoverage>",
        (*_HEAD, Place(f"{W2}CoverageId", "layer")),
    ),
)
WCS20_CODES = {
    ("layer", "missing"): frozenset({"emptyCoverageIdList", "MissingParameterValue"}),
    ("layer", "empty"): frozenset({"emptyCoverageIdList", "MissingParameterValue"}),
    ("layer", "twice"): frozenset({"InvalidParameterValue", "NoSuchCoverage", "InvalidEncodingSyntax"}),
    ("axis", "missing"): "InvalidEncodingSyntax",
    ("axis", "empty"): frozenset({"InvalidParameterValue", "InvalidEncodingSyntax"}),
    "missing": "MissingParameterValue",
    "empty": "MissingParameterValue",
    "syntax": "InvalidEncodingSyntax",
    "ill-formed": frozenset({"InvalidEncodingSyntax", "InvalidParameterValue"}),
    "layer": "NoSuchCoverage",
    # What is no name or number at all is no subset either.
    "axis": frozenset({"InvalidAxisLabel", "InvalidSubsetting", "InvalidEncodingSyntax", "InvalidParameterValue"}),
    "bound": frozenset({"InvalidSubsetting", "InvalidEncodingSyntax", "InvalidParameterValue"}),
    ("crs", "twice"): "InvalidParameterValue",
    ("output crs", "twice"): "InvalidParameterValue",
    "crs": "SubsettingCrs-NotSupported",
    "output crs": "OutputCrs-NotSupported",
    "*": "InvalidParameterValue",
}

WCS11 = (
    Document(
        "GetCoverage 1.1.1",
        '<GetCoverage xmlns="http://www.opengis.net/wcs/1.1.1" xmlns:ows="http://www.opengis.net/ows/1.1" '
        'service="WCS" version="1.1.1"><ows:Identifier>s2_l2a</ows:Identifier><DomainSubset><ows:BoundingBox '
        'crs="urn:ogc:def:crs:EPSG::32631"><ows:LowerCorner>281680 5464780</ows:LowerCorner><ows:UpperCorner>'
        '282320 5465420</ows:UpperCorner></ows:BoundingBox></DomainSubset><Output format="image/tiff" store="false"/>'
        "</GetCoverage>",
        (
            *_HEAD,
            Place(f"{OWS}Identifier", "layer"),
            Place(f"{W1}DomainSubset/{OWS}BoundingBox", "crs", needed=False, attribute="crs"),
            Place(f"{W1}DomainSubset/{OWS}BoundingBox/{OWS}LowerCorner", "corner"),
            Place(f"{W1}DomainSubset/{OWS}BoundingBox/{OWS}UpperCorner", "corner"),
            Place(f"{W1}Output", "format", attribute="format"),
            Place(f"{W1}Output", "switch", needed=False, attribute="store"),
        ),
    ),
    Document(
        "DescribeCoverage 1.1.1",
        '<DescribeCoverage xmlns="http://www.opengis.net/wcs/1.1.1" service="WCS" version="1.1.1">'
        "<Identifier>s2_l2a</Identifier></DescribeCoverage>",
        (*_HEAD, Place(f"{W1}Identifier", "layer")),
    ),
)
WCS11_CODES = {
    "missing": frozenset({"MissingParameterValue", "InvalidParameterValue"}),
    "empty": frozenset({"MissingParameterValue", "InvalidParameterValue"}),
    "*": frozenset({"InvalidParameterValue", "MissingParameterValue", "UnsupportedCombination"}),
}

WCS10 = (
    Document(
        "GetCoverage 1.0.0",
        '<GetCoverage xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml" service="WCS" '
        'version="1.0.0"><sourceCoverage>s2_l2a</sourceCoverage><domainSubset><spatialSubset><gml:Envelope '
        'srsName="EPSG:32631"><gml:pos>281680 5464780</gml:pos><gml:pos>282320 5465420</gml:pos></gml:Envelope>'
        '<gml:Grid dimension="2"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>63 63</gml:high>'
        "</gml:GridEnvelope></gml:limits><gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName></gml:Grid>"
        "</spatialSubset></domainSubset><output><crs>EPSG:32631</crs><format>GeoTIFF</format></output></GetCoverage>",
        (
            *_HEAD,
            Place(f"{W0}sourceCoverage", "layer"),
            Place(f"{W0}domainSubset/{W0}spatialSubset/{GML}Envelope", "crs", needed=False, attribute="srsName"),
            Place(f"{W0}domainSubset/{W0}spatialSubset/{GML}Envelope/{GML}pos", "corner", repeats=True),
            Place(f"{W0}domainSubset/{W0}spatialSubset/{GML}Grid/{GML}limits/{GML}GridEnvelope/{GML}high", "corner"),
            Place(f"{W0}output/{W0}crs", "crs", needed=False),
            Place(f"{W0}output/{W0}format", "format"),
        ),
    ),
    Document(
        "DescribeCoverage 1.0.0",
        '<DescribeCoverage xmlns="http://www.opengis.net/wcs" service="WCS" version="1.0.0">'
        "<Coverage>s2_l2a</Coverage></DescribeCoverage>",
        (*_HEAD, Place(f"{W0}Coverage", "layer", needed=False)),
    ),
)
WCS10_CODES = {
    "missing": frozenset({"MissingParameterValue", "InvalidParameterValue"}),
    "empty": frozenset({"MissingParameterValue", "InvalidParameterValue"}),
    ("layer", "twice"): frozenset({"CoverageNotDefined", "InvalidParameterValue"}),
    ("format", "twice"): "InvalidParameterValue",
    "syntax": frozenset({"InvalidParameterValue", "MissingParameterValue", "CoverageNotDefined", "InvalidFormat"}),
    "ill-formed": "InvalidParameterValue",
    "layer": "CoverageNotDefined",
    "format": "InvalidFormat",
    "*": frozenset({"InvalidParameterValue", "MissingParameterValue"}),
}
