"""GetCoverage of WCS 1.1.1 (OGC 07-067r5, clause 10): where, when, as what."""

import numpy as np
import pytest
import rasterio.warp
from lxml import etree
from tests.conformance.truth import read_source
from tests.conformance.wcs11.spoken import BINDINGS, NS, Field, Speaker, document

UTM = "urn:ogc:def:crs:EPSG::32631"
WHOLE = {
    "IDENTIFIER": "cite_reflectance",
    # From centre to centre: 20 cells.
    "BOUNDINGBOX": f"500005,5499805,500195,5499995,{UTM}",
    "FORMAT": "image/tiff",
}
SERIES = WHOLE | {"IDENTIFIER": "cite_series"}
XLINK = "{http://www.w3.org/1999/xlink}"


@pytest.fixture(scope="session")
def series(cite):
    """The stored numbers of a day of the series."""
    return lambda day: read_source(cite.folder, "cite_series", f"series-{day}")


def test_the_first_box_gives_the_file(speak, delivered, source, bands):
    found = delivered(speak("GetCoverage", **WHOLE)).picture
    assert (found.epsg, found.transform, [*found.names]) == (source.epsg, source.transform, bands)
    assert np.array_equal(found.values, source.stack(bands))
    assert found.nodata == source.nodata


def test_the_manifest_stands_first_and_refers_to_the_file(speak, delivered):
    both = delivered(speak("GetCoverage", **WHOLE))
    (coverage,) = both.manifest.iterfind("wcs:Coverage", NS)
    assert coverage.findtext("ows:Identifier", namespaces=NS) == "cite_reflectance"
    (reference,) = coverage.iterfind("ows:Reference", NS)
    assert reference.get(f"{XLINK}role") == "urn:ogc:def:role:WCS:1.1:coverage"
    assert both.file["Content-ID"] == f"<{reference.get(f'{XLINK}href').removeprefix('cid:')}>"
    # RFC 2387, 3.2: the root is named by its Content-ID.
    assert 'type="text/xml"' in both.container
    assert 'start="<manifest>"' in both.container
    assert both.root["Content-ID"] == "<manifest>"


@pytest.mark.parametrize(
    ("box", "bounds"),
    [
        pytest.param("499955,5499705,500245,5500095", (499950, 5499700, 500250, 5500100), id="around"),
        pytest.param("500055,5499855,500145,5499945", (500050, 5499850, 500150, 5499950), id="inside"),
        pytest.param("499905,5499905,500095,5500095", (499900, 5499900, 500100, 5500100), id="over the border"),
    ],
)
def test_a_box_gives_the_cells_whose_centres_it_holds(speak, delivered, source, bands, box, bounds):
    found = delivered(speak("GetCoverage", **WHOLE | {"BOUNDINGBOX": f"{box},{UTM}"})).picture
    assert found.bounds == bounds
    assert (found.transform.a, found.transform.e) == (10.0, -10.0)
    assert source.agrees(found, bands)


def test_a_box_between_centres_leaves_the_outer_ones_out(speak, delivered, source, bands):
    found = delivered(speak("GetCoverage", **WHOLE | {"BOUNDINGBOX": f"500056,5499856,500144,5499944,{UTM}"})).picture
    assert found.bounds == (500060, 5499860, 500140, 5499940)
    assert source.agrees(found, bands)


def test_a_box_elsewhere_holds_nothing(speak, delivered, source):
    found = delivered(speak("GetCoverage", **WHOLE | {"BOUNDINGBOX": f"400005,5499805,400195,5499995,{UTM}"})).picture
    assert found.size == (20, 20)
    assert (found.values == source.nodata).all()


def test_a_box_over_the_antimeridian_holds_what_is_there(speak, delivered, source):
    keys = {
        "BOUNDINGBOX": "179.95,49.60,180.05,49.70,urn:ogc:def:crs:OGC:1.3:CRS84",
        "GRIDBASECRS": "urn:ogc:def:crs:OGC:1.3:CRS84",
        "GRIDOFFSETS": "0.01,-0.01",
    }
    found = delivered(speak("GetCoverage", **WHOLE | keys)).picture
    assert found.size == (11, 11)
    assert (found.values == source.nodata).all()


@pytest.mark.parametrize(
    "box",
    [
        "49.6510,3.0005,49.6520,3.0020,urn:ogc:def:crs:EPSG::4326",
        "3.0005,49.6510,3.0020,49.6520,urn:ogc:def:crs:OGC:1.3:CRS84",
    ],
    ids=["latitude first", "longitude first"],
)
def test_a_box_is_in_the_order_of_its_system(speak, delivered, source, bands, box):
    crs = box.rpartition(",")[2]
    step = "0.00005,-0.00005"
    found = delivered(
        speak("GetCoverage", **WHOLE | {"BOUNDINGBOX": box, "GRIDBASECRS": crs, "GRIDOFFSETS": step})
    ).picture
    half = 0.000025
    assert found.epsg == 4326
    assert np.allclose(found.bounds, (3.0005 - half, 49.6510 - half, 3.0020 + half, 49.6520 + half), atol=1e-9)
    assert source.agrees(found, bands)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::3857"])
def test_another_grid_system_keeps_the_ground(speak, delivered, source, bands, name):
    found = delivered(speak("GetCoverage", **WHOLE, GRIDBASECRS=name)).picture
    epsg = int(name.rpartition(":")[2])
    west, south, east, north = rasterio.warp.transform_bounds(source.epsg, epsg, 500005, 5499805, 500195, 5499995)
    step = found.transform.a
    assert found.epsg == epsg
    assert np.allclose(found.bounds, (west, south, east, north), atol=1.5 * step)
    assert source.agrees(found, bands)


@pytest.mark.parametrize(
    ("offsets", "kind"),
    [
        ("20,-20", "2dSimpleGrid"),
        ("20,20", "2dSimpleGrid"),
        ("20,0,0,-20", "2dGridIn2dCrs"),
    ],
)
def test_offsets_make_the_grid(speak, delivered, source, bands, offsets, kind):
    keys = {
        "GRIDBASECRS": UTM,
        "GRIDTYPE": f"urn:ogc:def:method:WCS:1.1:{kind}",
        # Off the centres and borders of the stored cells, so that the nearest one is beyond doubt.
        "GRIDORIGIN": "500013,5499987",
        "GRIDOFFSETS": offsets,
    }
    found = delivered(speak("GetCoverage", **WHOLE | keys)).picture
    assert (found.transform.a, found.transform.e) == (20.0, -20.0)
    assert found.transform @ (0.5, 0.5) == (500013.0, 5499987.0)
    assert found.size == (10, 10)
    assert source.agrees(found, bands)


@pytest.mark.parametrize(
    ("keys", "code", "locator"),
    [
        pytest.param({"VERSION": None}, "MissingParameterValue", "VERSION", id="no version"),
        pytest.param({"IDENTIFIER": None}, "MissingParameterValue", "IDENTIFIER", id="no identifier"),
        pytest.param({"IDENTIFIER": ""}, "MissingParameterValue", "IDENTIFIER", id="empty identifier"),
        pytest.param({"IDENTIFIER": "bogus"}, "InvalidParameterValue", "identifier", id="unknown identifier"),
        pytest.param({"BOUNDINGBOX": None}, "MissingParameterValue", "BOUNDINGBOX", id="no box"),
        pytest.param({"FORMAT": None}, "MissingParameterValue", "FORMAT", id="no format"),
        pytest.param({"FORMAT": ""}, "MissingParameterValue", "FORMAT", id="empty format"),
        pytest.param({"FORMAT": "image/bogus"}, "InvalidParameterValue", "FORMAT", id="unlisted format"),
        pytest.param({"STORE": "bogus"}, "InvalidParameterValue", "STORE", id="no switch"),
        pytest.param({"STORE": "true"}, "InvalidParameterValue", "STORE", id="storing"),
        pytest.param(
            {"GRIDBASECRS": "urn:ogc:def:crs:EPSG::32701"}, "InvalidParameterValue", "GRIDBASECRS", id="unlisted crs"
        ),
        pytest.param(
            {"GRIDBASECRS": UTM, "GRIDOFFSETS": "0,-10"}, "InvalidParameterValue", "GRIDOFFSETS", id="offset of 0"
        ),
        pytest.param(
            {"GRIDBASECRS": UTM, "GRIDTYPE": "urn:ogc:def:method:WCS:1.1:3dGrid"},
            "InvalidParameterValue",
            "GRIDTYPE",
            id="unknown grid",
        ),
    ],
)
def test_what_is_missing_or_not_offered_is_refused(speak, refused, keys, code, locator):
    refused(speak("GetCoverage", **WHOLE | keys), code, locator)


def test_storing_off_gives_the_coverage(speak, delivered, source):
    assert delivered(speak("GetCoverage", **WHOLE, STORE="false")).picture.transform == source.transform


def test_every_listed_format_works(speak, description, delivered):
    for name in description("cite_reflectance").xpath("wcs:SupportedFormat/text()", namespaces=NS):
        assert delivered(speak("GetCoverage", **WHOLE | {"FORMAT": name})).file.get_content_type() == name


# Time


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        pytest.param("2023-06-14", "20230614", id="position"),
        pytest.param("2023-06-04", "20230604", id="earliest"),
        pytest.param("2023-06-24", "20230624", id="latest"),
        pytest.param("2023-06-01/2023-06-20", "20230614", id="period"),
        pytest.param("2023-06-04/2023-06-24/P10D", "20230624", id="period with resolution"),
        pytest.param("2023-06-04T10:46:31Z", "20230604", id="instant"),
    ],
)
def test_a_time_gives_its_scene(speak, delivered, series, asked, day):
    found = delivered(speak("GetCoverage", **SERIES, TIMESEQUENCE=asked)).picture
    assert np.array_equal(found.values, series(day).stack(found.names))


def test_without_a_time_the_newest_is_taken(speak, delivered, series):
    found = delivered(speak("GetCoverage", **SERIES)).picture
    assert np.array_equal(found.values, series("20230624").stack(found.names))


@pytest.mark.parametrize("asked", ["2023-06-04/", "/2023-06-24"], ids=["no end", "no begin"])
def test_a_period_needs_both_ends(ask, refused, asked):
    refused(ask("GetCoverage", **SERIES, TIMESEQUENCE=asked), "InvalidParameterValue", "TimeSequence")


@pytest.mark.parametrize(("asked", "missing"), [("2023-06-04/", "EndPosition"), ("/2023-06-24", "BeginPosition")])
def test_a_period_needs_both_elements(cite, refused, asked, missing):
    refused(Speaker(cite, "xml")("GetCoverage", **SERIES, TIMESEQUENCE=asked), "MissingParameterValue", missing)


@pytest.mark.parametrize("asked", ["yesterday", "1999-12-31"])
def test_no_time_and_a_time_without_a_scene_are_refused(speak, refused, asked):
    refused(speak("GetCoverage", **SERIES, TIMESEQUENCE=asked), "InvalidParameterValue", "TimeSequence")


# Both bindings


def test_the_bindings_give_the_same_bytes(cite):
    keys = WHOLE | {"RANGESUBSET": (Field("contents", "linear", "bands", ("red",)),), "GRIDBASECRS": UTM}
    answers = [Speaker(cite, binding)("GetCoverage", **keys) for binding in BINDINGS]
    assert answers[0].status == 200
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize(
    ("operation", "keys"),
    [
        ("GetCapabilities", {"ACCEPTVERSIONS": "1.1.1,1.0.0", "SECTIONS": "All", "ACCEPTFORMATS": "text/xml"}),
        ("DescribeCoverage", {"VERSION": "1.1.1", "IDENTIFIERS": "cite_series,cite_classes"}),
        ("GetCoverage", {"VERSION": "1.1.1", "TIMESEQUENCE": "2023-06-04/2023-06-24/P10D"} | SERIES),
        (
            "GetCoverage",
            {
                "VERSION": "1.1.1",
                "RANGESUBSET": (Field("contents", "linear", "bands", ("red", "nir")),),
                "GRIDBASECRS": UTM,
                "GRIDORIGIN": "500013,5499987",
                "GRIDOFFSETS": "20,-20",
            }
            | WHOLE,
        ),
    ],
)
def test_the_documents_of_these_checks_are_valid_requests(schemas, operation, keys):
    text = document({"SERVICE": "WCS", "REQUEST": operation} | keys)
    schemas("ogc/wcs/1.1.1/wcsAll.xsd").assertValid(etree.fromstring(text))
