"""Every XML document that leaves, by every operation, version and choice of sections, is what its schema says.

The table grows by addresses; which schema a document is held against follows from its root element, and one that has
none is a failure. What capabilities point to is fetched and checked as well.
"""

import email
import itertools
from email.policy import HTTP
from urllib.parse import urlencode, urlsplit

import pytest
from lxml import etree
from tests.fixtures.schemas import Schemas

from bandstand.services.wcs.service import DIALECTS

LAYERS = ("true_color", "false_color", "ndvi", "s2_l2a", "landcover", "elevation")
BOX = "281680,5464780,282320,5465420"
SPOKEN = [version for dialect in DIALECTS for version in dialect.versions]
XLINK = "{http://www.w3.org/1999/xlink}href"

SCHEMAS = {
    "{http://www.opengis.net/wms}WMS_Capabilities": "ogc/wms/1.3.0/capabilities_1_3_0.xsd",
    "WMT_MS_Capabilities": "ogc/wms/1.1.1/WMS_MS_Capabilities.dtd",
    "{http://www.opengis.net/ogc}ServiceExceptionReport 1.3.0": "ogc/wms/1.3.0/exceptions_1_3_0.xsd",
    "{http://www.opengis.net/ogc}ServiceExceptionReport 1.2.0": "ogc/wcs/1.0.0/OGC-exception.xsd",
    "ServiceExceptionReport": "ogc/wms/1.1.1/WMS_exception_1_1_1.dtd",
    "WMS_DescribeLayerResponse": "ogc/wms/1.1.1/WMS_DescribeLayerResponse.dtd",
    "{http://www.opengis.net/sld}DescribeLayerResponse": "slow ogc/sld/1.1.0/DescribeLayer.xsd",
    "{http://www.opengis.net/wmts/1.0}Capabilities": "ogc/wmts/1.0/wmts.xsd",
    "{http://www.opengis.net/ows}ExceptionReport": "ogc/ows/1.0.0/owsExceptionReport.xsd",
    "{http://www.opengis.net/ows/1.1}ExceptionReport": "ogc/ows/1.1.0/owsExceptionReport.xsd",
    "{http://www.opengis.net/ows/2.0}ExceptionReport": "ogc/ows/2.0/owsExceptionReport.xsd",
    "{http://www.opengis.net/wcs}WCS_Capabilities": "ogc/wcs/1.0.0/wcsCapabilities.xsd",
    "{http://www.opengis.net/wcs}Service": "ogc/wcs/1.0.0/wcsCapabilities.xsd",
    "{http://www.opengis.net/wcs}Capability": "ogc/wcs/1.0.0/wcsCapabilities.xsd",
    "{http://www.opengis.net/wcs}ContentMetadata": "ogc/wcs/1.0.0/wcsCapabilities.xsd",
    "{http://www.opengis.net/wcs}CoverageDescription": "ogc/wcs/1.0.0/describeCoverage.xsd",
    "{http://www.opengis.net/wcs/2.0}Capabilities": "WCS 2.0",
    "{http://www.opengis.net/wcs/2.0}CoverageDescriptions": "WCS 2.0",
    "{http://www.opengis.net/gmlcov/1.0}RectifiedGridCoverage": "WCS 2.0",
    "{http://www.opengis.net/gmlcov/1.0}ReferenceableGridCoverage": "WCS 2.0",
    "{http://www.opengis.net/wcs/wcseo/1.0}EOCoverageSetDescription": "slow ogc/wcs/wcseo/1.0/wcsEOAll.xsd",
    "{http://www.opengis.net/wcs/wcseo/1.0}RectifiedDataset": "slow ogc/wcs/wcseo/1.0/wcsEOAll.xsd",
    "{http://www.opengis.net/wcs/wcseo/1.0}RectifiedStitchedMosaic": "slow ogc/wcs/wcseo/1.0/wcsEOAll.xsd",
    "{http://www.isotc211.org/2005/gmd}MD_Metadata": "ogc/iso/19139/20070417/gmd/gmd.xsd",
}
"""By root element, with the version where one name has several schemas; `slow` is what libxml2 cannot compile."""
OF_VERSION = {
    "WCS 1.1.0": {
        "{http://www.opengis.net/wcs/1.1}": "slow ogc/wcs/1.1.0/wcsAll.xsd",
        "{http://www.opengis.net/wcs/1.1/ows}": "slow ogc/wcs/1.1.0/owcsAll.xsd",
    },
    "WCS 1.1.1": {"{http://www.opengis.net/wcs/1.1.1}": "ogc/wcs/1.1.1/wcsAll.xsd"},
    "WCS 1.1.2": {"{http://www.opengis.net/wcs/1.1}": "ogc/wcs/1.1/wcsAll.xsd"},
}
"""By namespace, where versions share one."""
IMPORTS = {
    "http://www.opengis.net/wcs/2.0": "http://schemas.opengis.net/wcs/2.0/wcsAll.xsd",
    "http://www.opengis.net/gmlcov/1.0": "http://schemas.opengis.net/gmlcov/1.0/gmlcovAll.xsd",
    "http://www.opengis.net/wcs/crs/1.0": "http://schemas.opengis.net/wcs/crs/1.0/wcsCrs.xsd",
    "http://www.opengis.net/WCS_service-extension_scaling/1.0": "http://schemas.opengis.net/wcs/scaling/1.0/wcsScal.xsd",
    "http://www.opengis.net/wcs/range-subsetting/1.0": "http://schemas.opengis.net/wcs/range-subsetting/1.0/wcsRsub.xsd",
}


def subsets(names):
    """Every choice of some of the names, and all of them by their one word."""
    chosen = (itertools.combinations(names, count) for count in range(1, len(names) + 1))
    return [*map(",".join, itertools.chain.from_iterable(chosen)), "All", ""]


def query(path, **keys):
    return f"{path}?{urlencode(keys)}"


def wms():
    for version in ("1.3.0", "1.1.1"):
        old = version == "1.1.1"
        head = {"SERVICE": "WMS", "VERSION": version}
        yield query("/wms", REQUEST="GetCapabilities", **head)
        yield query("/wms", REQUEST="DescribeLayer", LAYERS="ndvi,s2_l2a", SLD_VERSION="1.1.0", **head)
        drawn = {"LAYERS": "ndvi", "STYLES": "", "BBOX": BOX, "WIDTH": 64, "HEIGHT": 64, "FORMAT": "image/png"}
        drawn |= {"SRS" if old else "CRS": "EPSG:32631", **head}
        wrong = [{"LAYERS": "x"}, {"STYLES": "x"}, {"FORMAT": "x"}, {"BBOX": "x"}, {"WIDTH": "x"}, {"EXPR": "x("}]
        for change in [*wrong, {"TIME": "x"}, {"SRS" if old else "CRS": "x"}, {"WIDTH": "99999"}, {"MAXCC": "x"}]:
            yield query("/wms", REQUEST="GetMap", **(drawn | change))
        yield query("/wms", REQUEST="Nothing", **head)
        asked = drawn | {"QUERY_LAYERS": "ndvi", "X" if old else "I": 10, "Y" if old else "J": 10}
        for change in [{"QUERY_LAYERS": "x"}, {"INFO_FORMAT": "x"}, {"X" if old else "I": 100}]:
            yield query("/wms", REQUEST="GetFeatureInfo", **(asked | change))


def wmts():
    yield "/wmts/1.0.0/WMTSCapabilities.xml"
    names = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents", "Themes")
    for sections in subsets(names)[:-1]:
        yield query("/wmts", SERVICE="WMTS", REQUEST="GetCapabilities", SECTIONS=sections)
    for keys in ({"ACCEPTVERSIONS": "1.0.0"}, {"ACCEPTVERSIONS": "2.0.0"}, {"SECTIONS": "Bogus"}, {"SECTIONS": ""}):
        yield query("/wmts", SERVICE="WMTS", REQUEST="GetCapabilities", **keys)
    for keys in ({"REQUEST": "GetTile"}, {"REQUEST": "GetTile", "LAYER": "x"}, {"REQUEST": "Nothing"}):
        yield query("/wmts", SERVICE="WMTS", VERSION="1.0.0", **keys)
    yield "/wmts/1.0.0/ndvi/ndvi/WebMercatorQuad/14/1/1.png"
    yield "/wmts/1.0.0/nothing/ndvi/WebMercatorQuad/14/5605/8192.png"
    yield "/wmts/1.0.0/nothing/at/all"


def wcs20():
    names = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "ServiceMetadata", "Contents")
    head = {"SERVICE": "WCS", "VERSION": "2.0.1"}
    for sections in subsets(names):
        yield query("/wcs", SERVICE="WCS", ACCEPTVERSIONS="2.0.1", REQUEST="GetCapabilities", SECTIONS=sections)
    for name in [*LAYERS, ",".join(LAYERS), "nothing", ""]:
        yield query("/wcs", REQUEST="DescribeCoverage", COVERAGEID=name, **head)
    small = "&".join(f"subset={axis}" for axis in ("E(282000,282100)", "N(5465000,5465100)"))
    for name in ("ndvi", "s2_l2a"):
        gml = query("/wcs", REQUEST="GetCoverage", COVERAGEID=name, FORMAT="application/gml+xml", **head)
        yield f"{gml}&{small}"
        multipart = query("/wcs", REQUEST="GetCoverage", COVERAGEID=name, MEDIATYPE="multipart/related", **head)
        yield f"{multipart}&FORMAT=image/tiff&{small}"
    for eoid in ("s2_l2a.series", "S2A_31UBQ_20220719_0_L2A", "nothing"):
        for sections in ("", "CoverageDescriptions", "DatasetSeriesDescriptions", "All"):
            yield query("/wcs", REQUEST="DescribeEOCoverageSet", EOID=eoid, SECTIONS=sections, **head)
    yield query("/wcs", REQUEST="DescribeCoverage", COVERAGEID="S2A_31UBQ_20220719_0_L2A", **head)
    for change in ({"SUBSET": "Z(1)"}, {"SUBSET": "E(1,2)"}, {"FORMAT": "x"}, {"RANGESUBSET": "x"}, {"OUTPUTCRS": "x"}):
        yield query("/wcs", REQUEST="GetCoverage", COVERAGEID="ndvi", **head, **change)


def wcs11(version):
    names = ("ServiceIdentification", "ServiceProvider", "OperationsMetadata", "Contents")
    head = {"SERVICE": "WCS", "VERSION": version}
    for sections in subsets(names):
        yield query("/wcs", SERVICE="WCS", ACCEPTVERSIONS=version, REQUEST="GetCapabilities", SECTIONS=sections)
    for name in [*LAYERS, ",".join(LAYERS), "nothing", ""]:
        yield query("/wcs", REQUEST="DescribeCoverage", IDENTIFIERS=name, **head)
    box = f"{BOX},urn:ogc:def:crs:EPSG::32631"
    for name in ("ndvi", "s2_l2a", "nothing"):
        yield query("/wcs", REQUEST="GetCoverage", IDENTIFIER=name, BOUNDINGBOX=box, FORMAT="image/tiff", **head)
    yield query("/wcs", REQUEST="GetCoverage", IDENTIFIER="ndvi", BOUNDINGBOX="x", FORMAT="image/tiff", **head)


def wcs10():
    head = {"SERVICE": "WCS", "VERSION": "1.0.0"}
    parts = ("Service", "Capability", "ContentMetadata")
    for section in ("", "/", *(f"/WCS_Capabilities/{part}" for part in parts), "x"):
        yield query("/wcs", REQUEST="GetCapabilities", SECTION=section, **head)
    for name in [*LAYERS, ",".join(LAYERS), "nothing", ""]:
        yield query("/wcs", REQUEST="DescribeCoverage", COVERAGE=name, **head)
    yield query("/wcs", REQUEST="GetCoverage", COVERAGE="ndvi", **head)
    yield query("/wcs", REQUEST="Nothing", **head)


def table():
    """Addresses by protocol."""
    found = {"WMS": wms(), "WMTS": wmts(), "WCS 2.0.1": wcs20()}
    found |= {f"WCS {version}": wcs11(version) for version in SPOKEN if version.startswith("1.1")}
    if "1.0.0" in SPOKEN:
        found["WCS 1.0.0"] = wcs10()
    return {name: list(urls) for name, urls in found.items()}


ADDRESSES = table()


class Validator:
    """Chooses the schema of a document and says what is wrong with it."""

    def __init__(self, folder):
        self._schemas = Schemas(folder)
        self._special = {}

    def complaint(self, body, protocol=""):
        """What is wrong with a document; empty when nothing is."""
        root = etree.fromstring(body)
        name = self._name(root, protocol)
        if name is None:
            return f"no schema is known for {root.tag}"
        if name.startswith("slow "):
            errors = itertools.islice(
                self._schemas.lax(name.removeprefix("slow ")).iter_errors(etree.ElementTree(root)), 3
            )
            return "; ".join(f"{error.path}: {error.reason}" for error in errors)
        schema = self._whole() if name == "WCS 2.0" else self._schemas(name)
        return "" if schema.validate(root) else str(schema.error_log)[:600]

    def _name(self, root, protocol):
        shared = OF_VERSION.get(protocol, {}).get(root.tag.partition("}")[0] + "}")
        return shared or SCHEMAS.get(root.tag) or SCHEMAS.get(f"{root.tag} {root.get('version')}")

    def _whole(self):
        """WCS 2.0 with its extensions."""
        if "WCS 2.0" not in self._special:
            imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{at}"/>' for name, at in IMPORTS.items())
            wrapper = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'
            self._special["WCS 2.0"] = etree.XMLSchema(etree.fromstring(wrapper, etree.XMLParser(no_network=True)))
        return self._special["WCS 2.0"]


@pytest.fixture(scope="module")
def validator(shared):
    return Validator(shared / "schemas")


def documents(answer):
    """The XML of an answer: its body, or the XML parts of several."""
    if answer.mimetype.startswith("multipart/"):
        head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
        parts = email.message_from_bytes(head + answer.get_data(), policy=HTTP).walk()
        return [part.get_payload(decode=True) for part in parts if "xml" in part.get_content_type()]
    return [answer.get_data()]


@pytest.mark.parametrize("name", ADDRESSES)
def test_every_document_is_valid(client, validator, name):
    wrong = {}
    for url in ADDRESSES[name]:
        answer = client.get(url)
        if answer.status_code not in {200, 400, 404, 501} or "xml" not in answer.content_type:
            wrong[url] = f"{answer.status_code} {answer.content_type} {answer.get_data()[:200]!r}"
            continue
        found = documents(answer)
        complaints = [text for body in found if (text := validator.complaint(body, name))]
        if complaints or not found:
            wrong[url] = complaints or "no XML within"
    assert wrong == {}


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_validator_notices_what_has_no_place(client, validator, name):
    unnoticed = []
    for url in ADDRESSES[name]:
        for body in documents(client.get(url)):
            root = etree.fromstring(body)
            etree.SubElement(root, "Foreign").text = "x"
            if not validator.complaint(etree.tostring(root), name):
                unnoticed.append(url)
    assert unnoticed == []


CAPABILITIES = {
    "WMS 1.3.0": "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0",
    "WMS 1.1.1": "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1",
    "WMTS": "/wmts/1.0.0/WMTSCapabilities.xml",
}


@pytest.mark.parametrize("name", CAPABILITIES)
def test_what_capabilities_point_to_is_there_and_valid(client, validator, name):
    root = etree.fromstring(client.get(CAPABILITIES[name]).get_data())
    wrong, seen = {}, 0
    for resource in root.iter("{*}MetadataURL", "{*}LegendURL", "{*}DataURL", "{*}StyleURL", "{*}ServiceMetadataURL"):
        link = resource.get(XLINK) or resource.find("{*}OnlineResource").get(XLINK)
        declared = resource.get("format") or resource.findtext("{*}Format")
        address = urlsplit(link)
        answer = client.get(f"{address.path}?{address.query}")
        seen += 1
        if answer.status_code != 200 or (declared and answer.mimetype != declared):
            wrong[link] = f"{answer.status_code} {answer.mimetype}, declared {declared}"
        elif "xml" in answer.mimetype and (text := validator.complaint(answer.get_data())):
            wrong[link] = text
    assert seen
    assert wrong == {}
