"""Coverages of WCS 1.1.x: a manifest and a file, on exactly the grid asked, with the numbers of the files."""

import email
import email.policy
import io
from dataclasses import dataclass

import numpy as np
import pytest
import rasterio
from lxml import etree
from tests.fixtures.reference import centres

URN = "urn:ogc:def:crs:EPSG::"
UTM = f"282005,5465005,282395,5465295,{URN}32631"
"""Centres of 40 x 30 own cells."""
SIMPLE = "urn:ogc:def:method:WCS:1.1:2dSimpleGrid"
XLINK = "{http://www.w3.org/1999/xlink}"


@dataclass(frozen=True)
class Both:
    """The two parts of an answer."""

    manifest: etree._Element
    file: email.message.EmailMessage
    values: np.ma.MaskedArray
    transform: rasterio.Affine
    crs: str
    names: tuple

    @property
    def bounds(self):
        return rasterio.transform.array_bounds(*self.values.shape[1:], self.transform)


def parts(answer):
    """The parts of a multipart answer, read by the standard library."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.get_data(), policy=email.policy.HTTP)
    assert message.get_content_type() == "multipart/related"
    return list(message.iter_parts())


def opened(answer):
    manifest, file = parts(answer)
    with rasterio.open(io.BytesIO(file.get_content())) as coverage:
        return Both(
            etree.fromstring(manifest.get_content().encode()),
            file,
            coverage.read(masked=True),
            coverage.transform,
            coverage.crs.to_string(),
            coverage.descriptions,
        )


@pytest.fixture(scope="session")
def ask11(client):
    def send(**keys):
        pairs = {"service": "WCS", "version": "1.1.2", "request": "GetCoverage", "format": "image/tiff", **keys}
        return client.get("/wcs", query_string=pairs)

    return send


@pytest.fixture(scope="session")
def get11(ask11):
    return lambda **keys: opened(ask11(**keys))


@pytest.mark.parametrize("version", ["1.1.2", "1.1.1", "1.1.0"])
def test_the_manifest_is_valid_and_refers_to_the_file(get11, schema, shared, version):
    both = get11(identifier="ndvi", boundingbox=UTM, version=version)
    path = {"1.1.2": "1.1/wcsAll.xsd", "1.1.1": "1.1.1/wcsAll.xsd", "1.1.0": "1.1.0/owcsAll.xsd"}[version]
    schema(f"ogc/wcs/{path}").assertValid(both.manifest)
    (reference,) = both.manifest.xpath("//*[local-name()='Reference']")
    assert reference.get(f"{XLINK}href") == f"cid:{both.file['Content-ID'].strip('<>')}"
    assert both.file.get_content_type() == "image/tiff"
    assert both.file.get_filename().endswith(".tif")


def test_the_same_request_gives_the_same_bytes_and_their_number(ask11):
    first, second = (ask11(identifier="ndvi", boundingbox=UTM) for _ in range(2))
    assert first.get_data() == second.get_data()
    assert first.content_length == len(first.get_data())


def test_an_answer_that_the_client_has_is_not_sent_again(client, ask11):
    tag = ask11(identifier="ndvi", boundingbox=UTM).headers["ETag"]
    keys = {"service": "WCS", "version": "1.1.2", "request": "GetCoverage", "format": "image/tiff"}
    query = keys | {"identifier": "ndvi", "boundingbox": UTM}
    again = client.get("/wcs", query_string=query, headers={"If-None-Match": tag})
    assert (again.status_code, again.headers["ETag"]) == (304, tag)
    assert client.get("/wcs", query_string=query | {"version": "1.1.1"}).headers["ETag"] != tag


def test_without_a_grid_the_stored_cells_come_untouched(get11, reference):
    both = get11(identifier="s2_l2a", boundingbox=UTM, rangesubset="contents[bands[B08,B04]]")
    assert (both.values.shape, both.names, both.crs) == ((2, 30, 40), ("B08", "B04"), "EPSG:32631")
    assert both.bounds == (282000, 5465000, 282400, 5465300)
    truth = reference.at(["B08", "B04"], *centres(both.transform, 30, 40), both.crs, ["2022-07-19"])
    assert truth.valid.sum() > 500
    for band, name in enumerate(both.names):
        np.testing.assert_array_equal(~both.values.mask[band], truth.valid)
        np.testing.assert_allclose(both.values[band][truth.valid], truth.values[name][truth.valid], rtol=1e-6)


def test_the_whole_domain_is_what_the_first_box_of_the_description_gives(get11, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        expected, transform = file.read(1, masked=True), file.transform
    half = transform.a / 2
    lower = (transform.f + expected.shape[0] * transform.e + half, transform.c + half)
    upper = (transform.f - half, transform.c + expected.shape[1] * transform.a - half)
    box = ",".join(f"{n:.15g}" for n in (*lower, *upper))
    both = get11(identifier="elevation", boundingbox=f"{box},{URN}4326")
    assert both.transform.almost_equals(transform, precision=1e-12)
    np.testing.assert_array_equal(both.values[0].filled(-1), expected.filled(-1))


def test_a_grid_in_a_north_first_crs_is_neither_turned_nor_moved(get11, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        t, whole = file.transform, file.read(1, masked=True)
    left, top, step = t.c + 20 * t.a, t.f + 10 * t.e, t.a
    half = step / 2
    right, bottom = left + 12 * step, top - 8 * step
    box = ",".join(f"{n:.17g}" for n in (bottom + half, left + half, top - half, right - half))
    both = get11(
        identifier="elevation",
        boundingbox=f"{box},{URN}4326",
        gridbasecrs=f"{URN}4326",
        gridtype=SIMPLE,
        gridcs="urn:ogc:def:cs:OGC:0.0:Grid2dSquareCS",
        gridorigin=f"{top - half:.17g},{left + half:.17g}",
        gridoffsets=f"{-step:.17g},{step:.17g}",
    )
    assert both.bounds == pytest.approx((left, bottom, right, top), rel=1e-12)
    np.testing.assert_array_equal(both.values[0].filled(-1), whole[10:18, 20:32].filled(-1))


@pytest.mark.parametrize("name", ["ndvi", "s2_l2a", "landcover", "elevation"])
def test_a_box_wholly_outside_is_a_file_of_nodata(get11, name):
    both = get11(
        identifier=name,
        boundingbox=f"20.5,10.5,22.5,15.5,{URN}4326",
        gridbasecrs=f"{URN}4326",
        gridorigin="22.5,10.5",
        gridoffsets="-1,1",
    )
    assert both.values.shape[1:] == (3, 6)
    assert both.values.mask.all()
    assert both.bounds == (10, 20, 16, 23)


def test_a_probe_where_the_coverage_has_no_data_is_a_file_of_nodata(get11):
    both = get11(
        identifier="ndvi",
        boundingbox=f"280385,5464165,280435,5464185,{URN}32631",
        gridbasecrs=f"{URN}32631",
        gridtype=SIMPLE,
        gridorigin="280385,5464185",
        gridoffsets="10,-10",
    )
    assert both.values.shape == (1, 3, 6)
    assert both.values.mask.all()
    assert both.bounds == (280380, 5464160, 280440, 5464190)


def test_what_lies_over_the_border_is_nodata_and_the_rest_is_not_moved(get11, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        t, whole = file.transform, file.read(1, masked=True)
    half = t.a / 2
    lower = (t.f - 10 * t.a + half, t.c - 5 * t.a + half)
    upper = (t.f + 3 * t.a - half, t.c + 7 * t.a - half)
    box = ",".join(repr(n) for n in (*lower, *upper))
    both = get11(identifier="elevation", boundingbox=f"{box},{URN}4326")
    assert both.values.shape == (1, 13, 12)
    assert both.values.mask[0, :3].all()
    assert both.values.mask[0, :, :5].all()
    np.testing.assert_array_equal(both.values[0, 3:, 5:].filled(-1), whole[:10, :7].filled(-1))


def test_the_time_chooses_the_scene(get11, reference):
    both = get11(identifier="s2_l2a", boundingbox=UTM, timesequence="2021-06-14", rangesubset="contents[bands[B04]]")
    truth = reference.at(["B04"], *centres(both.transform, 30, 40), both.crs, ["2021-06-14"])
    assert truth.valid.any()
    np.testing.assert_allclose(both.values[0][truth.valid], truth.values["B04"][truth.valid], rtol=1e-6)


@pytest.mark.parametrize("text", ["2021-06-14/2022-12-31", "2021-06-14,2022-07-19", "2021-06-14/2022-12-31/P1D"])
def test_periods_and_lists_of_times_are_answered(get11, text):
    assert not get11(identifier="ndvi", boundingbox=UTM, timesequence=text).values.mask.all()


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({"rangesubset": "contents"}, 10),
        ({"rangesubset": "contents[bands[B08,B02]]"}, ("B08", "B02")),
        ({"rangesubset": "contents:linear[Band[nir]]"}, ("B08",)),
        ({"rangesubset": "contents[bands[2,1]]"}, ("B02", "B01")),
        ({"rangesubset": "B08;B04"}, ("B08", "B04")),
        ({"expr": "v=B08-B04;w=B08+B04", "rangesubset": "contents[bands[w]]"}, ("w",)),
        ({"bands": "B03"}, ("B03",)),
    ],
    ids=str,
)
def test_bands_come_in_the_order_asked(get11, keys, names):
    found = get11(identifier="s2_l2a", boundingbox=f"282005,5465005,282025,5465025,{URN}32631", **keys).names
    assert (len(found) if isinstance(names, int) else found) == names


def test_the_interpolation_of_the_field_takes_effect(get11):
    grid = {"gridbasecrs": f"{URN}3857", "gridoffsets": "7,-7", "boundingbox": UTM}
    plain, smooth = (
        get11(identifier="ndvi", rangesubset=f"contents:{method}", **grid).values for method in ("nearest", "linear")
    )
    both = ~plain.mask & ~smooth.mask
    assert both.sum() > 500
    assert (plain[both] != smooth[both]).mean() > 0.5


def test_every_format_is_wrapped_alike(ask11):
    for media_type in ("image/tiff", "application/gml+xml", "application/netcdf"):
        _, file = parts(ask11(identifier="ndvi", boundingbox=UTM, format=media_type))
        assert file.get_content_type() == media_type


def test_store_may_be_false(get11):
    assert get11(identifier="ndvi", boundingbox=UTM, store="False").names == ("ndvi",)


DOCUMENT = """<GetCoverage xmlns="{wcs}" xmlns:ows="http://www.opengis.net/ows/1.1"
    xmlns:gml="http://www.opengis.net/gml" service="WCS" version="{version}">
  <ows:Identifier>s2_l2a</ows:Identifier>
  <DomainSubset>
    <ows:BoundingBox crs="urn:ogc:def:crs:EPSG::32631">
      <ows:LowerCorner>282005 5465005</ows:LowerCorner><ows:UpperCorner>282395 5465295</ows:UpperCorner>
    </ows:BoundingBox>
    <TemporalSubset>{time}</TemporalSubset>
  </DomainSubset>
  <RangeSubset>
    <FieldSubset>
      <ows:Identifier>contents</ows:Identifier>
      <InterpolationType>linear</InterpolationType>
      <AxisSubset><Identifier>bands</Identifier><Key>B08</Key><Key>B04</Key></AxisSubset>
    </FieldSubset>
  </RangeSubset>
  <Output format="image/tiff" store="false">
    <GridCRS>
      <GridBaseCRS>urn:ogc:def:crs:EPSG::3857</GridBaseCRS>
      <GridType>urn:ogc:def:method:WCS:1.1:2dGridIn2dCrs</GridType>
      <GridOrigin>0 0</GridOrigin>
      <GridOffsets>20 0 0 -20</GridOffsets>
      <GridCS>urn:ogc:def:cs:OGC:0.0:Grid2dSquareCS</GridCS>
    </GridCRS>
  </Output>
</GetCoverage>"""
TIMES = {
    "2022-05-15": "<gml:timePosition>2022-05-15</gml:timePosition>",
    "2022-05-01/2022-05-31": (
        "<TimePeriod><BeginPosition>2022-05-01</BeginPosition><EndPosition>2022-05-31</EndPosition></TimePeriod>"
    ),
}
WCS = {"1.1.2": "http://www.opengis.net/wcs/1.1", "1.1.1": "http://www.opengis.net/wcs/1.1.1"}


@pytest.mark.parametrize("version", WCS)
@pytest.mark.parametrize("time", TIMES)
def test_a_document_is_answered_like_its_keys(client, ask11, schema, version, time):
    document = DOCUMENT.format(wcs=WCS[version], version=version, time=TIMES[time])
    if version == "1.1.2":
        schema("ogc/wcs/1.1/wcsAll.xsd").assertValid(etree.fromstring(document))
    answer = client.post("/wcs", data=document, content_type="text/xml")
    opened(answer)
    keys = ask11(
        version=version,
        identifier="s2_l2a",
        boundingbox=UTM,
        timesequence=time,
        rangesubset="contents:linear[bands[B08,B04]]",
        gridbasecrs=f"{URN}3857",
        gridoffsets="20,0,0,-20",
        gridorigin="0,0",
    )
    assert answer.get_data() == keys.get_data()


HEAD = 'xmlns="http://www.opengis.net/wcs/1.1.1" xmlns:ows="http://www.opengis.net/ows/1.1" service="WCS"'
OTHERS = {
    "capabilities": (f"<GetCapabilities {HEAD}/>", "Capabilities", 4),
    "capabilities of a version": (
        (
            f"<GetCapabilities {HEAD}><ows:AcceptVersions><ows:Version>1.1.1</ows:Version></ows:AcceptVersions>"
            "<ows:Sections><ows:Section>Contents</ows:Section></ows:Sections></GetCapabilities>"
        ),
        "Capabilities",
        1,
    ),
    "descriptions": (
        (
            f'<DescribeCoverage {HEAD} version="1.1.1"><Identifier>ndvi</Identifier><Identifier>elevation</Identifier>'
            "</DescribeCoverage>"
        ),
        "CoverageDescriptions",
        2,
    ),
    "descriptions without version": (
        f"<DescribeCoverage {HEAD}><Identifier>ndvi</Identifier></DescribeCoverage>",
        "ExceptionReport",
        1,
    ),
    "a period with one end": (
        DOCUMENT.format(
            wcs=WCS["1.1.1"],
            version="1.1.1",
            time="<TimePeriod><BeginPosition>2022-05-01</BeginPosition></TimePeriod>",
        ),
        "ExceptionReport",
        1,
    ),
    "a field with two names": (
        DOCUMENT.format(wcs=WCS["1.1.1"], version="1.1.1", time=TIMES["2022-05-15"]).replace(
            "<InterpolationType>", "<ows:Identifier>contents</ows:Identifier><InterpolationType>"
        ),
        "ExceptionReport",
        1,
    ),
    "an unknown request": (f'<GetMap {HEAD} version="1.1.1"/>', "ExceptionReport", 1),
    "a broken one": (f"<GetCoverage {HEAD}", "ExceptionReport", 1),
}


def test_the_report_on_a_document_is_of_its_version(client):
    document = '<DescribeCoverage xmlns="http://www.opengis.net/wcs/1.1" service="WCS" version="1.1.0"/>'
    root = etree.fromstring(client.post("/wcs", data=document, content_type="text/xml").get_data())
    assert (root.tag, root.get("version")) == ("{http://www.opengis.net/ows}ExceptionReport", "1.1.0")


@pytest.mark.parametrize("name", OTHERS)
def test_other_documents_are_answered_in_this_version(client, name):
    document, local, children = OTHERS[name]
    root = etree.fromstring(client.post("/wcs", data=document, content_type="text/xml").get_data())
    assert (etree.QName(root).localname, len(root)) == (local, children)
    if local in {"Capabilities", "CoverageDescriptions"}:
        assert etree.QName(root).namespace == WCS["1.1.1"]
