"""XML requests say what keys say: by the published schemas' spelling and by that of the compliance suite."""

import pytest
from lxml import etree

from bandstand.errors import BandstandError
from bandstand.services.wcs.v20.xmlrequest import keys_of, with_keys

NAMES = (
    'xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" '
    'xmlns:crs="http://www.opengis.net/wcs/crs/1.0" xmlns:rsub="http://www.opengis.net/wcs/range-subsetting/1.0" '
    'xmlns:scal="http://www.opengis.net/WCS_service-extension_scaling/1.0" '
    'xmlns:other="http://www.opengis.net/wcs/scaling/1.0" '
    'xmlns:int="http://www.opengis.net/WCS_service-extension_interpolation/1.0" '
    'xmlns:tiff="http://www.opengis.net/gmlcov/geotiff/1.0" '
    'xmlns:proc="http://www.opengis.net/wcs_service-extension_processing/2.0"'
)
OWS = {"ows": "http://www.opengis.net/ows/2.0"}
AREA = """<wcs:DimensionTrim><wcs:Dimension>E</wcs:Dimension><wcs:TrimLow>282000</wcs:TrimLow>
<wcs:TrimHigh>282100</wcs:TrimHigh></wcs:DimensionTrim>
<wcs:DimensionTrim><wcs:Dimension>N</wcs:Dimension><wcs:TrimLow>5465000</wcs:TrimLow>
<wcs:TrimHigh>5465200</wcs:TrimHigh></wcs:DimensionTrim>"""
KVP_AREA = [("SUBSET", "E(282000,282100)"), ("SUBSET", "N(5465000,5465200)")]


def request(operation, inside, attributes='service="WCS" version="2.0.1"'):
    prefix = "proc" if operation == "ProcessCoverages" else "wcs"
    return f"<{prefix}:{operation} {NAMES} {attributes}>{inside}</{prefix}:{operation}>"


def coverage(inside="", extension="", name="ndvi"):
    more = f"<wcs:Extension>{extension}</wcs:Extension>" if extension else ""
    return request("GetCoverage", f"<wcs:CoverageId> {name} </wcs:CoverageId>{more}{inside}")


def pairs(text):
    return [pair for pair in keys_of(etree.fromstring(text)) if pair[0] not in {"SERVICE", "VERSION", "REQUEST"}]


EXTENSIONS = {
    "<scal:Scaling><scal:ScaleByFactor><scal:scaleFactor>2.0</scal:scaleFactor></scal:ScaleByFactor></scal:Scaling>": (
        "SCALEFACTOR",
        "2.0",
    ),
    "<other:ScaleByFactor><other:scaleFactor> 2.0 </other:scaleFactor></other:ScaleByFactor>": ("SCALEFACTOR", "2.0"),
    "<scal:Scaling><scal:ScaleAxesByFactor><scal:ScaleAxis><scal:axis>i</scal:axis><scal:scaleFactor>3.5"
    "</scal:scaleFactor></scal:ScaleAxis><scal:ScaleAxis><scal:axis>j</scal:axis><scal:scaleFactor>2</scal:scaleFactor>"
    "</scal:ScaleAxis></scal:ScaleAxesByFactor></scal:Scaling>": ("SCALEAXES", "i(3.5),j(2)"),
    "<other:ScaleToSize><other:TargetAxisSize><other:axis>i</other:axis><other:targetSize>7</other:targetSize>"
    "</other:TargetAxisSize></other:ScaleToSize>": ("SCALESIZE", "i(7)"),
    "<other:ScaleToExtent><other:TargetAxisExtent><other:axis>i</other:axis><other:low>10</other:low>"
    "<other:high>20</other:high></other:TargetAxisExtent></other:ScaleToExtent>": ("SCALEEXTENT", "i(10:20)"),
    "<rsub:RangeSubset><rsub:RangeItem><rsub:RangeComponent>B08</rsub:RangeComponent></rsub:RangeItem><rsub:RangeItem>"
    "<rsub:RangeInterval><rsub:startComponent>B02</rsub:startComponent><rsub:endComponent>B04</rsub:endComponent>"
    "</rsub:RangeInterval></rsub:RangeItem></rsub:RangeSubset>": ("RANGESUBSET", "B08,B02:B04"),
    "<rsub:rangeSubset><rsub:rangeItem><rsub:rangeComponent> B08 </rsub:rangeComponent></rsub:rangeItem>"
    "</rsub:rangeSubset>": ("RANGESUBSET", "B08"),
    "<crs:subsettingCrs>EPSG:4326</crs:subsettingCrs>": ("SUBSETTINGCRS", "EPSG:4326"),
    "<crs:outputCrs>\n EPSG:4326 </crs:outputCrs>": ("OUTPUTCRS", "EPSG:4326"),
    "<int:Interpolation><int:globalInterpolation>linear</int:globalInterpolation></int:Interpolation>": (
        "INTERPOLATION",
        "linear",
    ),
    '<int:Interpolation><int:InterpolationAxes><int:InterpolationAxis axis="i" interpolationMethod="linear"/>'
    '<int:InterpolationAxis axis="j" interpolationMethod="cubic"/></int:InterpolationAxes></int:Interpolation>': (
        "INTERPOLATION",
        "i:linear,j:cubic",
    ),
    "<int:Interpolation><int:InterpolationPerAxis><int:axis>i</int:axis><int:interpolationMethod>linear"
    "</int:interpolationMethod></int:InterpolationPerAxis></int:Interpolation>": ("INTERPOLATION", "i:linear"),
    "<tiff:parameters><tiff:compression>LZW</tiff:compression></tiff:parameters>": ("GEOTIFF:COMPRESSION", "LZW"),
    "<EXPR>ndvi=nd(B08,B04)</EXPR>": ("EXPR", "ndvi=nd(B08,B04)"),
}


@pytest.mark.parametrize(("text", "pair"), EXTENSIONS.items(), ids=lambda value: value[0] if len(value) == 2 else "")
def test_an_extension_says_what_its_key_says(text, pair):
    assert pairs(coverage(extension=text)) == [("COVERAGEID", "ndvi"), pair]


def test_trims_and_slices_are_subsets():
    text = coverage(
        AREA + "<wcs:DimensionSlice><wcs:Dimension>time</wcs:Dimension><wcs:SlicePoint>2022-07-19</wcs:SlicePoint>"
        "</wcs:DimensionSlice><wcs:format>image/tiff</wcs:format><wcs:mediaType>multipart/related</wcs:mediaType>"
    )
    assert pairs(text)[1:] == [
        *KVP_AREA,
        ("SUBSET", "time(2022-07-19)"),
        ("FORMAT", "image/tiff"),
        ("MEDIATYPE", "multipart/related"),
    ]


@pytest.mark.parametrize(
    ("ends", "subset"),
    [
        ("<wcs:TrimLow>1</wcs:TrimLow>", "E(1,*)"),
        ("<wcs:TrimHigh>2</wcs:TrimHigh>", "E(*,2)"),
        ("", "E(*,*)"),
        ("<wcs:TrimHigh>2</wcs:TrimHigh><wcs:TrimLow>1</wcs:TrimLow>", "E(1,2)"),
    ],
)
def test_a_trim_may_be_open(ends, subset):
    text = f"<wcs:DimensionTrim><wcs:Dimension>E</wcs:Dimension>{ends}</wcs:DimensionTrim>"
    assert pairs(coverage(text))[1:] == [("SUBSET", subset)]


def test_the_crs_of_a_dimension_counts_as_in_keys():
    text = coverage(
        '<wcs:DimensionSlice><wcs:Dimension crs="EPSG:4326">Lat</wcs:Dimension>'
        "<wcs:SlicePoint>49</wcs:SlicePoint></wcs:DimensionSlice>"
    )
    assert pairs(text)[1:] == [("SUBSET", "Lat,EPSG:4326(49)")]


def test_lists_of_capabilities_are_joined():
    text = request(
        "GetCapabilities",
        "<ows:AcceptVersions><ows:Version>2.1.0</ows:Version><ows:Version>2.0.1</ows:Version></ows:AcceptVersions>"
        "<ows:Sections><ows:Section>Contents</ows:Section><ows:Section>ServiceMetadata</ows:Section></ows:Sections>"
        "<ows:AcceptFormats><ows:OutputFormat>text/xml</ows:OutputFormat></ows:AcceptFormats>",
        'service="WCS" updateSequence="7"',
    )
    assert dict(keys_of(etree.fromstring(text))) == {
        "REQUEST": "GetCapabilities",
        "SERVICE": "WCS",
        "UPDATESEQUENCE": "7",
        "ACCEPTVERSIONS": "2.1.0,2.0.1",
        "SECTIONS": "Contents,ServiceMetadata",
        "ACCEPTFORMATS": "text/xml",
    }


def test_descriptions_of_many_are_a_list():
    text = request("DescribeCoverage", "<wcs:CoverageId>a</wcs:CoverageId><wcs:CoverageId>b</wcs:CoverageId>")
    assert pairs(text) == [("COVERAGEID", "a,b")]


def test_a_query_is_a_key():
    text = request(
        "ProcessCoverages", "<proc:query>\n for c in (ndvi) return encode(c, &quot;png&quot;)\n</proc:query>"
    )
    assert pairs(text) == [("QUERY", 'for c in (ndvi) return encode(c, "png")')]


def test_a_document_counts_before_the_address_it_was_posted_to():
    assert with_keys((("REQUEST", "GetCoverage"),), (("request", "GetCapabilities"), ("EXPR", "a"))) == (
        ("REQUEST", "GetCoverage"),
        ("EXPR", "a"),
    )


@pytest.mark.parametrize(
    "name", ["GetCoverage", "GetCoverageTrimming", "GetCoverageSlicing", "GetCoverageTrimmingSlicing"]
)
def test_the_examples_of_the_standard_are_read(shared, name):
    folder = shared / "schemas/ogc/wcs/2.0/examples/discreteGridPointCoverage"
    root = etree.parse(str(folder / f"request{name}.xml")).getroot()
    assert ("COVERAGEID", "C0001") in keys_of(root)


@pytest.mark.parametrize(
    "path",
    [
        "crs/1.0/examples/requestGetCoverageSubsettingCRS.xml",
        "range-subsetting/1.0/examples/requestGetCoverageRangeSubsetting.xml",
        "scaling/1.0/examples/scaleAxesByFactor.xml",
        "scaling/1.0/examples/scaleByFactor.xml",
        "scaling/1.0/examples/scaleToExtent.xml",
        "scaling/1.0/examples/scaleToSize.xml",
    ],
)
def test_the_examples_of_the_extensions_are_read(shared, path):
    root = etree.parse(str(shared / "schemas/ogc/wcs" / path)).getroot()
    assert len([key for key, _ in keys_of(root) if key not in {"REQUEST", "SERVICE", "VERSION", "COVERAGEID"}]) >= 1


STRANGE = {
    "an element that no request has": request("GetCoverage", "<wcs:Bogus/>"),
    "a trim without an axis": coverage("<wcs:DimensionTrim><wcs:TrimLow>1</wcs:TrimLow></wcs:DimensionTrim>"),
    "a slice without a point": coverage("<wcs:DimensionSlice><wcs:Dimension>E</wcs:Dimension></wcs:DimensionSlice>"),
    "elements in an identifier": request("GetCoverage", "<wcs:CoverageId><wcs:a/></wcs:CoverageId>"),
    "an unknown tree in an extension": coverage(extension="<wcs:a><wcs:b/></wcs:a>"),
    "a range without a component": coverage(
        extension="<rsub:RangeSubset><rsub:RangeItem><rsub:a/></rsub:RangeItem></rsub:RangeSubset>"
    ),
    "an interpolation of nothing known": coverage(extension="<int:Interpolation><int:a/></int:Interpolation>"),
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_a_document_of_another_shape_is_refused(text):
    with pytest.raises(BandstandError) as caught:
        keys_of(etree.fromstring(text))
    assert type(caught.value).__name__ == "InvalidEncodingSyntax"


# Over the wire


@pytest.fixture(scope="session")
def post(client):
    return lambda text, **rest: client.post("/wcs", data=text, content_type="text/xml", **rest)


def test_a_posted_coverage_is_that_of_the_keys(post, ask):
    expected = ask(*KVP_AREA, SERVICE="WCS", VERSION="2.0.1", REQUEST="GetCoverage", COVERAGEID="ndvi")
    answer = post(coverage(AREA))
    assert (answer.status_code, answer.content_type) == (200, "image/tiff")
    assert answer.get_data() == expected.get_data()


def test_posted_extensions_act_as_keys_do(post, ask):
    extension = "".join(list(EXTENSIONS)[i] for i in (3, 6, 9))
    answer = post(coverage(AREA, extension, name="s2_l2a"))
    expected = ask(
        *KVP_AREA,
        SERVICE="WCS",
        VERSION="2.0.1",
        REQUEST="GetCoverage",
        COVERAGEID="s2_l2a",
        SCALESIZE="i(7)",
        RANGESUBSET="B08",
        INTERPOLATION="linear",
    )
    assert answer.status_code == 200
    assert answer.get_data() == expected.get_data()


def test_posted_capabilities_and_descriptions_are_those_of_the_keys(post, ask):
    document = request("GetCapabilities", "", 'service="WCS"')
    assert post(document).get_data() == ask(SERVICE="WCS", REQUEST="GetCapabilities").get_data()
    described = ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="DescribeCoverage", COVERAGEID="ndvi").get_data()
    assert post(request("DescribeCoverage", "<wcs:CoverageId>ndvi</wcs:CoverageId>")).get_data() == described


BAD = {
    "no XML": ("not a document", "InvalidEncodingSyntax", 400),
    "cut off": (coverage(AREA)[:-20], "InvalidEncodingSyntax", 400),
    "a document type": ('<!DOCTYPE a [<!ENTITY e "x">]>' + coverage(AREA), "InvalidEncodingSyntax", 400),
    "an element out of place": (request("GetCoverage", "<wcs:Bogus/>"), "InvalidEncodingSyntax", 400),
    "an unknown operation": (request("GetBogus", ""), "InvalidParameterValue", 400),
    "another service": (request("GetCapabilities", "", 'service="WCS_Bogus"'), "InvalidParameterValue", 400),
    "no service": (request("GetCapabilities", "", ""), "MissingParameterValue", 400),
    "no version": (
        request("DescribeCoverage", "<wcs:CoverageId>ndvi</wcs:CoverageId>", 'service="WCS"'),
        "MissingParameterValue",
        400,
    ),
    "another version": (
        request("DescribeCoverage", "<wcs:CoverageId>ndvi</wcs:CoverageId>", 'service="WCS" version="1.1.1"'),
        "InvalidParameterValue",
        400,
    ),
    "no coverage": (request("DescribeCoverage", ""), "MissingParameterValue", 400),
    "an unknown coverage": (coverage(name="bogus"), "NoSuchCoverage", 404),
    "two coverages": (coverage("<wcs:CoverageId>s2_l2a</wcs:CoverageId>"), "InvalidParameterValue", 400),
    "an axis twice": (coverage(AREA + AREA), "InvalidAxisLabel", 404),
    "a CRS twice": (coverage(extension="<crs:outputCrs>EPSG:4326</crs:outputCrs>" * 2), "InvalidParameterValue", 400),
}


@pytest.mark.parametrize(("text", "code", "status"), BAD.values(), ids=BAD)
def test_what_is_wrong_with_a_document_is_told(post, report_schema, text, code, status):
    answer = post(text)
    root = etree.fromstring(answer.get_data())
    report_schema.assertValid(root)
    assert (root.find("ows:Exception", OWS).get("exceptionCode"), answer.status_code) == (code, status)


def test_the_capabilities_say_where_and_how_to_post(client):
    root = etree.fromstring(client.get("/wcs?service=WCS&request=GetCapabilities").get_data())
    encodings = root.xpath(
        "//ows:OperationsMetadata/ows:Constraint[@name='PostEncoding']//ows:Value/text()", namespaces=OWS
    )
    assert encodings == ["XML", "SOAP"]
    assert len(root.xpath("//ows:Post", namespaces=OWS)) == len(root.xpath("//ows:Operation", namespaces=OWS))
