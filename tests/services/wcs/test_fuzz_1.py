"""Whatever is sent as WCS 1.x, by keys or as a document, is answered or refused in the version's own words."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bandstand.errors import BandstandError
from bandstand.model.exchange import Call
from bandstand.services.wcs import SERVICE

NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1",
        "2.5",
        "1e3",
        "1e308",
        "-1e308",
        "1e-320",
        "nan",
        "inf",
        "a",
        "1_0",
        "²",
        "0x10",
        "282000",
        "282100",
        "5465000",
        "5465100",
        "49.3",
        "49.301",
        "0.001",
        "0.002",
        "10",
        "-10",
    ]
) | st.sampled_from(["", "9" * 400])
NAMES = st.sampled_from(
    [
        "EPSG:32631",
        "EPSG:4326",
        "EPSG:3857",
        "EPSG:0",
        "CRS:84",
        "urn:ogc:def:crs:EPSG::4326",
        "bogus",
        "urn:ogc:def:crs:OGC:2:84",
        "urn:ogc:def:crs:OGC::imageCRS",
        "urn:ogc:def:crs:EPSG::32631",
    ]
) | st.just("")
LISTS = st.lists(NUMBERS, max_size=6).map(",".join)
BOXES = st.builds(lambda numbers, name: f"{numbers},{name}" if name else numbers, LISTS, NAMES)
WORDS = st.text(max_size=30) | st.sampled_from(
    [
        "ndvi",
        "s2_l2a",
        "elevation",
        "contents",
        "contents:linear",
        "contents[bands[B04,B08]]",
        "B04;B08",
        "B04,B08",
        "contents[bands[",
        "[[]]",
        ";;",
        "nearest",
        "none",
        "cubic",
        "GeoTIFF",
        "image/tiff",
        "GML",
        "bogus",
        "2022-07-19",
        "2021/2022",
        "/",
        "2021-01-01/",
        "P1D/PRESENT",
        "true",
        "False",
        "All",
        "Contents",
        "1.1.1",
        "/WCS_Capabilities/Service",
        "urn:ogc:def:method:WCS:1.1:2dGridIn2dCrs",
        "B08-B04",
        "1,3",
        "99999999999999999",
    ]
)
KEYS = {
    "1.0.0": (
        [
            "COVERAGE",
            "CRS",
            "RESPONSE_CRS",
            "BBOX",
            "TIME",
            "WIDTH",
            "HEIGHT",
            "RESX",
            "RESY",
            "INTERPOLATION",
            "FORMAT",
            "EXCEPTIONS",
            "BANDS",
            "BAND",
            "SECTION",
            "UPDATESEQUENCE",
            "EXPR",
            "VERSION",
            "REQUEST",
        ]
    ),
    "1.1.1": (
        [
            "IDENTIFIER",
            "IDENTIFIERS",
            "BOUNDINGBOX",
            "TIMESEQUENCE",
            "RANGESUBSET",
            "GRIDBASECRS",
            "GRIDTYPE",
            "GRIDCS",
            "GRIDORIGIN",
            "GRIDOFFSETS",
            "FORMAT",
            "STORE",
            "SECTIONS",
            "ACCEPTFORMATS",
            "UPDATESEQUENCE",
            "EXPR",
        ]
    ),
}
GOOD = {
    "1.0.0": {
        "COVERAGE": "ndvi",
        "CRS": "EPSG:32631",
        "BBOX": "282000,5465000,282100,5465100",
        "WIDTH": "10",
        "HEIGHT": "10",
        "FORMAT": "GeoTIFF",
    },
    "1.1.1": {
        "IDENTIFIER": "ndvi",
        "BOUNDINGBOX": "282005,5465005,282095,5465095,urn:ogc:def:crs:EPSG::32631",
        "GRIDBASECRS": "urn:ogc:def:crs:EPSG::32631",
        "GRIDOFFSETS": "10,-10",
        "FORMAT": "image/tiff",
    },
}
OPERATIONS = st.sampled_from(["GetCoverage"] * 6 + ["DescribeCoverage", "GetCapabilities", "GetMap", ""])
VALUES = WORDS | NUMBERS | NAMES | LISTS | BOXES
SAFE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@pytest.fixture(scope="session")
def small(site_engine):
    """The engine, with a limit that keeps every accepted coverage small."""

    class Small:
        """Passes everything on but the pixels."""

        def __getattr__(self, name):
            return getattr(site_engine, name)

        def run(self, request, *, if_none_match=""):
            if request.grid.width * request.grid.height > 40_000:
                site_engine.plan(request)
                request = request.__class__(
                    layers=request.layers, grid=request.grid.crop(0, 0, 1, 1), output=request.output
                )
            return site_engine.run(request, if_none_match=if_none_match)

    return Small()


def answered_or_refused(call, engine):
    try:
        answer = SERVICE.answer(call, engine)
    except BandstandError as error:
        report = SERVICE.fault(call, error)
        assert report.status == 400, report.body
        root = etree.fromstring(report.body)
        assert etree.QName(root).localname in {"ServiceExceptionReport", "ExceptionReport"}
        return
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    assert answer.length in {None, len(body)}


@pytest.mark.parametrize("version", KEYS)
@SAFE
@given(data=st.data())
def test_keys(small, version, data):
    changes = data.draw(st.dictionaries(st.sampled_from(KEYS[version]), VALUES, max_size=4))
    gone = data.draw(st.sets(st.sampled_from(sorted(GOOD[version])), max_size=1))
    base = {key: value for key, value in GOOD[version].items() if key not in gone}
    pairs = {"SERVICE": "WCS", "VERSION": version, "REQUEST": data.draw(OPERATIONS)} | base | changes
    answered_or_refused(Call(method="GET", path="/wcs", args=tuple(pairs.items()), base_url="http://localhost"), small)


DOCUMENTS = {
    "coverage of 1.0": """<GetCoverage xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml"
service="WCS" version="1.0.0"><sourceCoverage>ndvi</sourceCoverage><domainSubset><spatialSubset>
<gml:Envelope srsName="EPSG:32631"><gml:pos>282000 5465000</gml:pos><gml:pos>282100 5465100</gml:pos></gml:Envelope>
<gml:RectifiedGrid dimension="2"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>9 9</gml:high>
</gml:GridEnvelope></gml:limits><gml:offsetVector>10 0</gml:offsetVector><gml:offsetVector>0 -10</gml:offsetVector>
</gml:RectifiedGrid></spatialSubset><temporalSubset><gml:timePosition>2022-05-15</gml:timePosition><timePeriod>
<beginPosition>2022-05-01</beginPosition><endPosition>2022-05-31</endPosition></timePeriod></temporalSubset>
</domainSubset><rangeSubset><axisSubset name="bands"><singleValue>ndvi</singleValue><interval><min>1</min><max>1</max>
</interval></axisSubset></rangeSubset><interpolationMethod>bilinear</interpolationMethod><output><crs>EPSG:3857</crs>
<format>GeoTIFF</format></output></GetCoverage>""",
    "coverage of 1.1": """<GetCoverage xmlns="http://www.opengis.net/wcs/1.1.1"
xmlns:ows="http://www.opengis.net/ows/1.1" service="WCS" version="1.1.1"><ows:Identifier>ndvi</ows:Identifier>
<DomainSubset><ows:BoundingBox crs="urn:ogc:def:crs:EPSG::32631"><ows:LowerCorner>282005 5465005</ows:LowerCorner>
<ows:UpperCorner>282095 5465095</ows:UpperCorner></ows:BoundingBox><TemporalSubset><TimePeriod>
<BeginPosition>2022-05-01</BeginPosition><EndPosition>2022-05-31</EndPosition></TimePeriod></TemporalSubset>
</DomainSubset><RangeSubset><FieldSubset><ows:Identifier>contents</ows:Identifier><InterpolationType>linear
</InterpolationType><AxisSubset><Identifier>bands</Identifier><Key>ndvi</Key></AxisSubset></FieldSubset></RangeSubset>
<Output format="image/tiff" store="false"><GridCRS><GridBaseCRS>urn:ogc:def:crs:EPSG::3857</GridBaseCRS>
<GridOrigin>0 0</GridOrigin><GridOffsets>20 0 0 -20</GridOffsets></GridCRS></Output></GetCoverage>""",
    "capabilities of 1.1": """<GetCapabilities xmlns="http://www.opengis.net/wcs/1.1.1" service="WCS"
xmlns:ows="http://www.opengis.net/ows/1.1"><ows:AcceptVersions><ows:Version>1.1.1</ows:Version></ows:AcceptVersions>
<ows:Sections><ows:Section>All</ows:Section></ows:Sections></GetCapabilities>""",
    "descriptions of 1.0": """<DescribeCoverage xmlns="http://www.opengis.net/wcs" service="WCS" version="1.0.0">
<Coverage>ndvi</Coverage><Coverage>elevation</Coverage></DescribeCoverage>""",
}
"""Each is spoiled in up to three places."""
SPOILT = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
    | WORDS.filter(str.isprintable)
    | NUMBERS
    | NAMES
    | LISTS.map(lambda text: text.replace(",", " "))
)


def spoil(data, root):
    """Change a text or an attribute, drop an element, or have it twice."""
    element = data.draw(st.sampled_from([child for child in root.iter() if child is not root]))
    what = data.draw(st.sampled_from(["text", "attribute", "drop", "twice", "name"]))
    if what == "text":
        element.text = data.draw(SPOILT)
    elif what == "attribute":
        owner = data.draw(st.sampled_from([one for one in root.iter() if one.attrib]))
        owner.set(data.draw(st.sampled_from(sorted(owner.attrib))), data.draw(SPOILT))
    elif what == "drop":
        element.getparent().remove(element)
    elif what == "twice":
        element.getparent().append(copy.deepcopy(element))
    else:
        element.tag = data.draw(st.sampled_from([one.tag for one in root.iter()]))


@pytest.mark.parametrize("name", DOCUMENTS)
@SAFE
@given(data=st.data())
def test_documents(small, name, data):
    root = etree.fromstring(DOCUMENTS[name])
    for _ in range(data.draw(st.integers(1, 3))):
        if len(root):
            spoil(data, root)
    answered_or_refused(Call(method="POST", path="/wcs", body=etree.tostring(root), base_url="http://localhost"), small)
