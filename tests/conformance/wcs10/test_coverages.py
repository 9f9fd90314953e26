"""GetCoverage of WCS 1.0.0 (OGC 03-065r6, clause 9)."""

import numpy as np
import pytest
import rasterio.warp
from lxml import etree
from tests.conformance.truth import read_source
from tests.conformance.wcs10.spoken import BINDINGS, NS, Speaker, document

WHOLE = {
    "COVERAGE": "cite_reflectance",
    "CRS": "EPSG:32631",
    "BBOX": "500000,5499800,500200,5500000",
    "WIDTH": "20",
    "HEIGHT": "20",
    "FORMAT": "GeoTIFF",
}
SERIES = WHOLE | {"COVERAGE": "cite_series"}
RECTIFIED = """<GetCoverage xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml" service="WCS"
version="1.0.0"><sourceCoverage>cite_reflectance</sourceCoverage><domainSubset><spatialSubset>
<gml:Envelope srsName="EPSG:32631"><gml:pos>500000 5499800</gml:pos><gml:pos>500200 5500000</gml:pos></gml:Envelope>
<gml:RectifiedGrid dimension="2"><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>19 19</gml:high>
</gml:GridEnvelope></gml:limits><gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName><gml:origin>
<gml:pos>500005 5499995</gml:pos></gml:origin><gml:offsetVector>10 0</gml:offsetVector><gml:offsetVector>0 -10
</gml:offsetVector></gml:RectifiedGrid></spatialSubset></domainSubset><output><format>GeoTIFF</format></output>
</GetCoverage>"""


def test_the_whole_is_the_file(speak, picture, source, bands):
    found = picture(speak("GetCoverage", **WHOLE))
    assert (found.epsg, found.transform, [*found.names]) == (source.epsg, source.transform, bands)
    assert np.array_equal(found.values, source.stack(bands))
    assert found.nodata == source.nodata


def test_an_unknown_parameter_is_ignored(speak_keys, picture):
    assert picture(speak_keys("GetCoverage", **WHOLE, RUMPLE="stilt")).size == (20, 20)


@pytest.mark.parametrize(
    ("change", "code", "locator"),
    [
        pytest.param({"VERSION": None}, "MissingParameterValue", "VERSION", id="no version"),
        pytest.param({"VERSION": "7.7.7"}, "InvalidParameterValue", "VERSION", id="another version"),
        pytest.param({"COVERAGE": None}, "MissingParameterValue", "COVERAGE", id="no coverage"),
        pytest.param({"COVERAGE": "bogus"}, "CoverageNotDefined", "COVERAGE", id="unknown coverage"),
        pytest.param({"CRS": None}, "MissingParameterValue", "CRS", id="no crs"),
        pytest.param({"CRS": "EPSG:32701"}, "InvalidParameterValue", "CRS", id="unlisted crs"),
        pytest.param({"RESPONSE_CRS": "EPSG:32701"}, "InvalidParameterValue", "RESPONSE_CRS", id="unlisted response"),
        pytest.param({"BBOX": None}, "MissingParameterValue", "BBOX", id="neither box nor time"),
        pytest.param({"TIME": "yesterday"}, "InvalidParameterValue", "TIME", id="no time"),
        pytest.param({"BANDS": "bogus"}, "InvalidParameterValue", "BANDS", id="unknown band"),
        pytest.param({"WIDTH": None, "HEIGHT": None}, "MissingParameterValue", "WIDTH", id="no size"),
        pytest.param({"INTERPOLATION": "bogus"}, "InvalidParameterValue", "INTERPOLATION", id="unknown method"),
        pytest.param({"FORMAT": None}, "MissingParameterValue", "FORMAT", id="no format"),
        pytest.param({"FORMAT": "bogus"}, "InvalidFormat", "FORMAT", id="unlisted format"),
    ],
)
def test_what_is_missing_or_not_offered_is_refused(speak, refused, change, code, locator):
    refused(speak("GetCoverage", **WHOLE | change), code, locator)


def test_every_listed_system_is_understood_and_delivered(ask, offering, picture):
    listed = offering("cite_reflectance").xpath("wcs:supportedCRSs/wcs:requestResponseCRSs/text()", namespaces=NS)
    for name in listed:
        found = picture(ask("GetCoverage", **WHOLE, RESPONSE_CRS=name))
        assert found.size == (20, 20)
        assert found.epsg == {"CRS:84": 4326}.get(name, int(name.rpartition(":")[2])), name


@pytest.mark.parametrize(("name", "epsg"), [("EPSG:4326", 4326), ("EPSG:3857", 3857)])
def test_another_response_system_keeps_the_ground(speak, picture, source, bands, name, epsg):
    found = picture(speak("GetCoverage", **WHOLE, RESPONSE_CRS=name))
    box = rasterio.warp.transform_bounds(source.epsg, epsg, 500000, 5499800, 500200, 5500000)
    step = abs(found.transform.e)
    assert found.epsg == epsg
    assert np.allclose(found.bounds, box, atol=step / 100)
    assert source.agrees(found, bands)


@pytest.mark.parametrize("crs", ["EPSG:4326", "CRS:84"])
def test_a_box_of_degrees_is_longitude_before_latitude(speak, picture, source, bands, crs):
    keys = WHOLE | {"CRS": crs, "BBOX": "3.0005,49.6510,3.0020,49.6520", "WIDTH": "30", "HEIGHT": "25"}
    found = picture(speak("GetCoverage", **keys))
    assert found.size == (30, 25)
    assert np.allclose(found.bounds, (3.0005, 49.6510, 3.0020, 49.6520), atol=1e-9)
    assert source.agrees(found, bands)


@pytest.mark.parametrize("box", ["499950,5499700,500100,5499900", "500050,5499850,500150,5499950"])
def test_a_box_that_holds_a_part_and_one_inside_come_as_asked(speak, picture, source, bands, box):
    found = picture(speak("GetCoverage", **WHOLE | {"BBOX": box, "WIDTH": "30", "HEIGHT": "40"}))
    assert found.size == (30, 40)
    assert np.allclose(found.bounds, [float(number) for number in box.split(",")], atol=1e-6)
    assert source.agrees(found, bands)


@pytest.mark.parametrize(
    ("time", "scene"),
    [("2023-06-04", "20230604"), ("2023-06-14T10:46:29Z", "20230614"), ("2023-06-01/2023-06-20", "20230614")],
)
def test_a_time_or_period_gives_its_scene(cite, speak, picture, time, scene):
    found = picture(speak("GetCoverage", **SERIES, TIME=time))
    truth = read_source(cite.folder, "cite_series", f"series-{scene}")
    assert np.array_equal(found.values, truth.stack(found.names))


def test_a_time_without_a_scene_is_refused(speak, refused):
    refused(speak("GetCoverage", **SERIES, TIME="1999-12-31"), "InvalidParameterValue", "TIME")


def test_a_time_needs_no_box(cite, speak, picture):
    keys = {"COVERAGE": "cite_series", "TIME": "2023-06-04", "CRS": "EPSG:32631", "FORMAT": "GeoTIFF"}
    found = picture(speak("GetCoverage", **keys))
    truth = read_source(cite.folder, "cite_series", "series-20230604")
    assert found.transform == truth.transform
    assert np.array_equal(found.values, truth.stack(found.names))


def test_the_values_of_the_range_axis_choose_bands_in_their_order(speak, picture, source, bands):
    wanted = [bands[2], bands[0]]
    found = picture(speak("GetCoverage", **WHOLE, BANDS=",".join(wanted)))
    assert [*found.names] == wanted
    assert np.array_equal(found.values, source.stack(wanted))


def test_an_interval_of_the_range_axis_holds_both_ends_and_never_runs_back(speak_keys, picture, refused, source, bands):
    # 03-065r6, 9.2.2.9: min/max.
    found = picture(speak_keys("GetCoverage", **WHOLE, BANDS=f"{bands[0]}/{bands[2]}"))
    assert [*found.names] == [*bands[:3]]
    assert np.array_equal(found.values, source.stack(bands[:3]))
    refused(speak_keys("GetCoverage", **WHOLE, BANDS=f"{bands[2]}/{bands[0]}"), "InvalidParameterValue", "BANDS")


def test_every_declared_value_of_the_range_axis_works(ask, picture, source, bands):
    for band in bands:
        assert np.array_equal(picture(ask("GetCoverage", **WHOLE, BANDS=band)).values, source.stack([band]))


def test_a_resolution_makes_the_size(speak_keys, picture, source, bands):
    keys = WHOLE | {"WIDTH": None, "HEIGHT": None, "RESX": "2.5", "RESY": "4"}
    found = picture(speak_keys("GetCoverage", **keys))
    assert (found.size, found.transform.a, found.transform.e) == ((80, 50), 2.5, -4.0)
    assert source.agrees(found, bands)


def test_a_size_makes_the_resolution(speak, picture, source, bands):
    found = picture(speak("GetCoverage", **WHOLE | {"WIDTH": "200", "HEIGHT": "100"}))
    assert (found.size, found.transform.a, found.transform.e) == ((200, 100), 1.0, -2.0)
    assert source.agrees(found, bands)


def test_a_rectified_grid_makes_the_grid(cite, picture, source, bands, schemas):
    schemas("ogc/wcs/1.0.0/wcsAll.xsd").assertValid(etree.fromstring(RECTIFIED))
    found = picture(cite.post("/wcs", RECTIFIED))
    assert found.transform == source.transform
    assert np.array_equal(found.values, source.stack(bands))


def test_every_listed_method_works(speak, offering, picture):
    methods = offering("cite_reflectance").xpath("//wcs:interpolationMethod/text()", namespaces=NS)
    larger = WHOLE | {"WIDTH": "60", "HEIGHT": "60"}
    found = [picture(speak("GetCoverage", **larger, INTERPOLATION=method)) for method in methods]
    assert {one.size for one in found} == {(60, 60)}
    # Each is a method of its own.
    assert len({one.values.tobytes() for one in found}) == len(methods)


def test_the_default_method_is_the_one_told(ask, offering, picture):
    (default,) = offering("cite_reflectance").xpath("wcs:supportedInterpolations/@default", namespaces=NS)
    larger = WHOLE | {"WIDTH": "60", "HEIGHT": "60"}
    named = picture(ask("GetCoverage", **larger, INTERPOLATION=default))
    assert np.array_equal(picture(ask("GetCoverage", **larger)).values, named.values)


@pytest.mark.parametrize(
    "change",
    [{}, {"WIDTH": None, "HEIGHT": None, "RESX": "20", "RESY": "20"}, {"RESPONSE_CRS": "EPSG:4326"}],
    ids=["size", "resolution", "another system"],
)
def test_no_interpolation_forbids_what_needs_one(speak_keys, refused, change):
    refused(speak_keys("GetCoverage", **WHOLE | change, INTERPOLATION="none"), "InvalidParameterValue", "INTERPOLATION")


FORMATS = {"GeoTIFF": "image/tiff", "GML": "application/gml+xml", "netCDF": "application/netcdf"}
FORMATS |= {"CoverageJSON": "application/prs.coverage+json"}


def test_every_listed_format_comes_as_its_media_type(speak, offering):
    listed = offering("cite_reflectance").xpath("wcs:supportedFormats/wcs:formats/text()", namespaces=NS)
    answers = {name: speak("GetCoverage", **WHOLE | {"FORMAT": name}) for name in listed}
    assert {name: (answer.status, answer.media_type) for name, answer in answers.items()} == {
        name: (200, FORMATS[name]) for name in listed
    }


def test_a_format_of_one_file_comes_in_one_part(speak):
    # None of the formats is declared to have several files.
    answer = speak("GetCoverage", **WHOLE)
    assert not answer.media_type.startswith("multipart")
    assert int(answer.headers["Content-Length"]) == len(answer.body)


def test_the_format_of_exceptions_can_be_named(speak_keys, picture, refused):
    named = {"EXCEPTIONS": "application/vnd.ogc.se_xml"}
    assert picture(speak_keys("GetCoverage", **WHOLE, **named)).size == (20, 20)
    refused(speak_keys("GetCoverage", **WHOLE | {"COVERAGE": "bogus"}, **named), "CoverageNotDefined", "COVERAGE")


def test_the_bindings_give_the_same_bytes(cite):
    answers = [Speaker(cite, binding)("GetCoverage", **WHOLE, BANDS="red") for binding in BINDINGS]
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("change", [{}, {"TIME": "2023-06-04/2023-06-24"}, {"BANDS": "red,blue"}])
def test_the_documents_of_these_checks_are_valid_requests(schemas, change):
    keys = {"SERVICE": "WCS", "VERSION": "1.0.0", "REQUEST": "GetCoverage"} | WHOLE | change
    schemas("ogc/wcs/1.0.0/wcsAll.xsd").assertValid(etree.fromstring(document(keys)))
