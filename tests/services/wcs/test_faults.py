"""Every parameter wrong in every way: the code, the locator and the status that the standards name, schema-valid."""

import pytest
from lxml import etree

OWS = {"ows": "http://www.opengis.net/ows/2.0"}
BASE = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": "s2_l2a"}
EAST, NORTH = "E(282000,282100)", "N(5465000,5465100)"
DEGREES = "http://www.opengis.net/def/crs/EPSG/0/4326"

# (what is sent, code, locator, status); None as a value takes the key away.
BAD = {
    "service missing": ({"SERVICE": None}, "MissingParameterValue", "SERVICE", 400),
    "service of another kind": ({"SERVICE": "WMS"}, "InvalidParameterValue", "SERVICE", 400),
    "service in small letters": ({"SERVICE": "wcs"}, "InvalidParameterValue", "SERVICE", 400),
    "service in mixed letters": ({"SERVICE": "wCS"}, "InvalidParameterValue", "SERVICE", 400),
    "service given twice": ({"SERVICE": ["WCS", "WMS"]}, "InvalidParameterValue", "SERVICE", 400),
    "request missing": ({"REQUEST": None}, "MissingParameterValue", "REQUEST", 400),
    "request empty": ({"REQUEST": ""}, "MissingParameterValue", "REQUEST", 400),
    "request unknown": ({"REQUEST": "GetMap"}, "InvalidParameterValue", "REQUEST", 400),
    "version missing": ({"VERSION": None}, "MissingParameterValue", "VERSION", 400),
    "version of another age": ({"VERSION": "2.7.0"}, "InvalidParameterValue", "VERSION", 400),
    "version no version": ({"VERSION": "x"}, "InvalidParameterValue", "VERSION", 400),
    "no acceptable version": (
        {"REQUEST": "GetCapabilities", "ACCEPTVERSIONS": "3.0.0,2.7.0"},
        "VersionNegotiationFailed",
        None,
        400,
    ),
    "section unknown": ({"REQUEST": "GetCapabilities", "SECTIONS": "Bogus"}, "InvalidParameterValue", "SECTIONS", 400),
    "describe nothing": (
        {"REQUEST": "DescribeCoverage", "COVERAGEID": None},
        "MissingParameterValue",
        "COVERAGEID",
        400,
    ),
    "describe by another key": (
        {"REQUEST": "DescribeCoverage", "COVERAGEID": None, "COVERAGE": "s2_l2a"},
        "MissingParameterValue",
        "COVERAGEID",
        400,
    ),
    "describe an unknown one": (
        {"REQUEST": "DescribeCoverage", "COVERAGEID": "s2_l2a,Bogus"},
        "NoSuchCoverage",
        "Bogus",
        404,
    ),
    "coverage missing": ({"COVERAGEID": None}, "MissingParameterValue", "COVERAGEID", 400),
    "coverage unknown": ({"COVERAGEID": "s2l2a"}, "NoSuchCoverage", "s2l2a", 404),
    "coverage in other letters": ({"COVERAGEID": "S2_L2A"}, "NoSuchCoverage", "S2_L2A", 404),
    "coverage given twice": ({"COVERAGEID": ["ndvi", "s2_l2a"]}, "InvalidParameterValue", "COVERAGEID", 400),
    "coverage with markup": ({"COVERAGEID": "<a>&\x01"}, "NoSuchCoverage", "<a>&\ufffd", 404),
    "format unknown": ({"FORMAT": "image/bogus"}, "InvalidParameterValue", "FORMAT", 400),
    "format of maps": ({"FORMAT": "text/html"}, "InvalidParameterValue", "FORMAT", 400),
    "mediatype unknown": ({"MEDIATYPE": "bogus"}, "InvalidParameterValue", "MEDIATYPE", 400),
    "axis unknown": ({"SUBSET": "Z(1,2)"}, "InvalidAxisLabel", "Z", 404),
    "axis twice": ({"SUBSET": [EAST, "E(282000,282050)"]}, "InvalidAxisLabel", "E", 404),
    "axis twice by two names": ({"SUBSET": [EAST, "x(282000,282050)"]}, "InvalidAxisLabel", "x", 404),
    "axis twice in numbered keys": ({"SUBSET0": EAST, "SUBSET1": EAST}, "InvalidAxisLabel", "E", 404),
    "trim reversed": ({"SUBSET": "E(282100,282000)"}, "InvalidSubsetting", "E", 404),
    "trim beyond the upper end": ({"SUBSET": "E(900001,900002)"}, "InvalidSubsetting", "E", 404),
    "trim beyond the lower end": ({"SUBSET": "N(0,1)"}, "InvalidSubsetting", "N", 404),
    "open trim beyond the upper end": ({"SUBSET": "E(900001,*)"}, "InvalidSubsetting", "E", 404),
    "open trim beyond the lower end": ({"SUBSET": "E(*,10)"}, "InvalidSubsetting", "E", 404),
    "slice outside": ({"SUBSET": "E(10)"}, "InvalidSubsetting", "E", 404),
    "slice at an open end": ({"SUBSET": "E(*)"}, "InvalidSubsetting", "E", 404),
    "degrees without a CRS": ({"SUBSET": "Lat(49.2,49.3)"}, "InvalidSubsetting", "Lat", 404),
    "trim without a number": ({"SUBSET": "E(a,b)"}, "InvalidSubsetting", "E", 404),
    "trim of infinity": ({"SUBSET": "E(-inf,inf)"}, "InvalidSubsetting", "E", 404),
    "trim of nan": ({"SUBSET": "E(nan,nan)"}, "InvalidSubsetting", "E", 404),
    "trim with underscores": ({"SUBSET": "E(282_000,282_100)"}, "InvalidSubsetting", "E", 404),
    "trim without an upper bound": ({"SUBSET": "E(282000,)"}, "InvalidSubsetting", "E", 404),
    "trim without a lower bound": ({"SUBSET": "E(,282000)"}, "InvalidSubsetting", "E", 404),
    "trim of three": ({"SUBSET": "E(1,2,3)"}, "InvalidSubsetting", "E", 404),
    "trim of nothing": ({"SUBSET": "E()"}, "InvalidSubsetting", "E", 404),
    "trim in nested brackets": ({"SUBSET": "E((1,2))"}, "InvalidSubsetting", "E", 404),
    "trim with an open quote": ({"SUBSET": 'E("282000,282100)'}, "InvalidSubsetting", "E", 404),
    "subset without brackets": ({"SUBSET": "E,282000,282100"}, "InvalidParameterValue", "SUBSET", 400),
    "subset not closed": ({"SUBSET": "E(282000,282100"}, "InvalidParameterValue", "SUBSET", 400),
    "subset without an axis": ({"SUBSET": "(1,2)"}, "InvalidParameterValue", "SUBSET", 400),
    "subset without end": ({"SUBSET": "E(" + " " * 5000 + "1)"}, "InvalidParameterValue", "SUBSET", 400),
    "time of nothing": ({"SUBSET": "time(*)"}, "InvalidSubsetting", "time", 404),
    "time unreadable": ({"SUBSET": 'time("14/06/2023")'}, "InvalidSubsetting", "time", 404),
    "time without a scene": ({"SUBSET": 'time("2020-01-01")'}, "InvalidSubsetting", "time", 404),
    "interval without a scene": ({"SUBSET": 'time("2020-01-01","2020-02-01")'}, "InvalidSubsetting", "time", 404),
    "interval reversed": ({"SUBSET": 'time("2022-12-01","2022-01-01")'}, "InvalidSubsetting", "time", 404),
    "two times": ({"SUBSET": 'time("2022-07-19")', "TIME": "2022-05-15"}, "InvalidParameterValue", "TIME", 400),
    "subsetting CRS unknown": ({"SUBSETTINGCRS": "bogus"}, "SubsettingCrs-NotSupported", "bogus", 404),
    "subsetting CRS not offered": ({"SUBSETTINGCRS": "EPSG:2154"}, "SubsettingCrs-NotSupported", "EPSG:2154", 404),
    "subsetting CRS of a subset unknown": ({"SUBSET": "E,bogus(1,2)"}, "SubsettingCrs-NotSupported", "bogus", 404),
    "subsetting CRS of a subset empty": ({"SUBSET": "E,(1,2)"}, "InvalidParameterValue", "SUBSET", 400),
    "two subsetting CRSs": (
        {"SUBSETTINGCRS": DEGREES, "SUBSET": "E,EPSG:32631(282000,282100)"},
        "InvalidParameterValue",
        "SUBSET",
        400,
    ),
    "subsetting CRS given twice": (
        {"SUBSETTINGCRS": [DEGREES, DEGREES]},
        "InvalidParameterValue",
        "SUBSETTINGCRS",
        400,
    ),
    "output CRS unknown": ({"OUTPUTCRS": "bogus"}, "OutputCrs-NotSupported", "bogus", 404),
    "output CRS not offered": ({"OUTPUTCRS": "EPSG:2154"}, "OutputCrs-NotSupported", "EPSG:2154", 404),
    "output CRS given twice": ({"OUTPUTCRS": [DEGREES, DEGREES]}, "InvalidParameterValue", "OUTPUTCRS", 400),
    "factor zero": ({"SCALEFACTOR": "0"}, "InvalidScaleFactor", "0", 404),
    "factor negative": ({"SCALEFACTOR": "-1"}, "InvalidScaleFactor", "-1", 404),
    "factor no number": ({"SCALEFACTOR": "big"}, "InvalidScaleFactor", "big", 404),
    "factor endless": ({"SCALEFACTOR": "inf"}, "InvalidScaleFactor", "inf", 404),
    "factor empty": ({"SCALEFACTOR": ""}, "InvalidParameterValue", "SCALEFACTOR", 400),
    "axes empty": ({"SCALEAXES": ""}, "InvalidParameterValue", "SCALEAXES", 400),
    "axes unreadable": ({"SCALEAXES": "i=2"}, "InvalidParameterValue", "SCALEAXES", 400),
    "axes without a comma": ({"SCALEAXES": "i(2)j(2)"}, "InvalidParameterValue", "SCALEAXES", 400),
    "axes with a zero": ({"SCALEAXES": "i(2),j(0)"}, "InvalidScaleFactor", "0", 404),
    "axes of another axis": ({"SCALEAXES": "z(2)"}, "ScaleAxisUndefined", "z", 404),
    "axes of time": ({"SCALEAXES": "time(2)"}, "ScaleAxisUndefined", "time", 404),
    "axes with one twice": ({"SCALEAXES": "i(2),E(2)"}, "InvalidParameterValue", "E", 400),
    "size zero": ({"SCALESIZE": "i(0)"}, "InvalidScaleFactor", "0", 404),
    "size negative": ({"SCALESIZE": "i(-1)"}, "InvalidScaleFactor", "-1", 404),
    "size broken": ({"SCALESIZE": "i(1.5)"}, "InvalidScaleFactor", "1.5", 404),
    "size of another axis": ({"SCALESIZE": "axis_not_exist(10)"}, "ScaleAxisUndefined", "axis_not_exist", 404),
    "size given twice": ({"SCALESIZE": ["i(10)", "j(10)"]}, "InvalidParameterValue", "SCALESIZE", 400),
    "extent reversed": ({"SCALEEXTENT": "i(20:10),j(1:2)"}, "InvalidExtent", "20:10", 404),
    "extent of one number": ({"SCALEEXTENT": "i(20)"}, "InvalidExtent", "20", 404),
    "extent of words": ({"SCALEEXTENT": "i(a:b)"}, "InvalidExtent", "a:b", 404),
    "extent of another axis": ({"SCALEEXTENT": "z(1:2)"}, "ScaleAxisUndefined", "z", 404),
    "factor and axes": ({"SCALEFACTOR": "2", "SCALEAXES": "i(2)"}, "InvalidParameterValue", "SCALEAXES", 400),
    "size and width": ({"SCALESIZE": "i(2)", "WIDTH": "3"}, "InvalidParameterValue", "WIDTH", 400),
    "width no number": ({"WIDTH": "many", "HEIGHT": "3"}, "InvalidScaleFactor", "many", 404),
    "field unknown": ({"RANGESUBSET": "B99"}, "NoSuchField", "B99", 404),
    "field empty": ({"RANGESUBSET": "B04,,B08"}, "NoSuchField", "RANGESUBSET", 404),
    "fields reversed": ({"RANGESUBSET": "B04:B02"}, "InvalidFieldSequence", "B04:B02", 404),
    "fields without an end": ({"RANGESUBSET": "B02:"}, "NoSuchField", "RANGESUBSET", 404),
    "fields and bands": ({"RANGESUBSET": "B02", "BANDS": "B03"}, "InvalidParameterValue", "RANGESUBSET", 400),
    "fields of an expression": ({"RANGESUBSET": "B04", "EXPR": "a=B08;b=B02"}, "NoSuchField", "B04", 404),
    "interpolation unknown": ({"INTERPOLATION": "magic"}, "InterpolationMethodNotSupported", "magic", 404),
    "interpolation as an unknown URI": (
        {"INTERPOLATION": "http://www.opengis.net/def/interpolation/OGC/1/lost-area"},
        "InterpolationMethodNotSupported",
        "http://www.opengis.net/def/interpolation/OGC/1/lost-area",
        404,
    ),
    "interpolation and another": (
        {"INTERPOLATION": "cubic", "RESAMPLING": "nearest"},
        "InvalidParameterValue",
        "INTERPOLATION",
        400,
    ),
    "resampling unknown": ({"RESAMPLING": "magic"}, "InvalidParameterValue", "RESAMPLING", 400),
    "expression broken": ({"EXPR": "(B08-B04"}, "InvalidParameterValue", "EXPR", 400),
    "expression of an unknown band": ({"EXPR": "B99*2"}, "InvalidParameterValue", "EXPR", 400),
    "units unknown": ({"UNITS": "furlongs"}, "InvalidParameterValue", "UNITS", 400),
    "clouds above all": ({"MAXCC": "101"}, "InvalidParameterValue", "MAXCC", 400),
    "priority unknown": ({"PRIORITY": "prettiest"}, "InvalidParameterValue", "PRIORITY", 400),
    "interpolation of an axis twice": ({"INTERPOLATION": "i:linear,E:linear"}, "InvalidAxisLabel", "i", 404),
    "interpolation of another axis": ({"INTERPOLATION": "z:linear"}, "InvalidAxisLabel", "z", 404),
    "interpolations that differ": (
        {"INTERPOLATION": "i:linear,j:cubic"},
        "InterpolationMethodNotSupported",
        "i:linear,j:cubic",
        404,
    ),
    "compression unknown": ({"GEOTIFF:COMPRESSION": "zip"}, "CompressionInvalid", "zip", 404),
    "compression not offered": ({"GEOTIFF:COMPRESSION": "JPEG"}, "CompressionNotSupported", "jpeg", 404),
    "compression without the prefix": ({"COMPRESSION": "zip"}, "CompressionInvalid", "zip", 404),
    "quality too high": ({"GEOTIFF:JPEG_QUALITY": "105"}, "JpegQualityInvalid", "105", 404),
    "quality too low": ({"GEOTIFF:JPEG_QUALITY": "0"}, "JpegQualityInvalid", "0", 404),
    "predictor unknown": ({"GEOTIFF:PREDICTOR": "vertical"}, "PredictorInvalid", "vertical", 404),
    "predictor of another type": (
        {"GEOTIFF:PREDICTOR": "FloatingPoint", "GEOTIFF:COMPRESSION": "LZW", "RANGESUBSET": "SCL", "SUBSET": EAST},
        "PredictorInvalid",
        "GEOTIFF:PREDICTOR",
        404,
    ),
    "interleaving unknown": ({"GEOTIFF:INTERLEAVE": "line"}, "InterleavingInvalid", "line", 404),
    "tiling neither yes nor no": ({"GEOTIFF:TILING": "perhaps"}, "TilingInvalid", "perhaps", 404),
    "tile of a wrong size": ({"GEOTIFF:TILING": "true", "GEOTIFF:TILEWIDTH": "100"}, "TilingInvalid", "100", 404),
    "tile of no size": ({"GEOTIFF:TILEHEIGHT": "0"}, "TilingInvalid", "0", 404),
    "geotiff parameter unknown": ({"GEOTIFF:BOGUS": "1"}, "InvalidParameterValue", "geotiff:bogus", 400),
    "far too large": ({"SCALEFACTOR": "1000"}, "NoApplicableCode", "SUBSET", 400),
}


def pairs(changes):
    found = []
    for key, value in {**BASE, **changes}.items():
        values = value if isinstance(value, list) else [value]
        found += [(key, one) for one in values if one is not None]
    return found


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_as_the_standard_wants_it(ask, report_schema, name):
    changes, code, locator, status = BAD[name]
    answer = ask(*pairs(changes))
    root = etree.fromstring(answer.get_data())
    report_schema.assertValid(root)
    (found,) = root.iterfind("ows:Exception", OWS)
    text = found.findtext("ows:ExceptionText", namespaces=OWS)
    assert (found.get("exceptionCode"), found.get("locator"), answer.status_code) == (code, locator, status), text
    assert answer.content_type == "text/xml"
    assert len(text) < 1200
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"COVERAGEID": "s2l2a"}, 'Did you mean "s2_l2a"?'),
        ({"RANGESUBSET": "B088"}, "B08"),
        ({"SUBSET": "Lat(49.2,49.3)"}, "SUBSETTINGCRS=http://www.opengis.net/def/crs/EPSG/0/4326"),
        ({"SUBSET": 'time("2022-07-18")'}, "2022-07-19 (1 day after)"),
        ({"SUBSET": 'time("2020-01-01","2020-02-01")'}, "from 2021-06-14 to 2022-07-19"),
        ({"SUBSET": "E(1,2)"}, "reaches from"),
        ({"SCALEFACTOR": "1000"}, "limits.coverage_max_px"),
        ({"OUTPUTCRS": "EPSG:2154"}, "EPSG:3035"),
        ({"INTERPOLATION": "linea"}, "bilinear"),
        ({"REQUEST": "GetCoverages"}, 'Did you mean "GetCoverage"'),
        ({"REQUEST": "GetCapabilities", "SECTIONS": "content"}, 'Did you mean "Contents"?'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_report_says_how_to_mend_it(ask, changes, hint):
    assert hint in etree.fromstring(ask(*pairs(changes)).get_data()).findtext(".//ows:ExceptionText", namespaces=OWS)


def test_parameter_names_come_in_any_case_and_order_with_strangers_between(ask):
    answer = ask(
        ("sUbSeT", NORTH),
        ("foo", "bar"),
        ("coverageID", "ndvi"),
        ("SubSet", EAST),
        ("_", "17"),
        ("request", "getcoverage"),
        ("version", "2.0.1"),
        ("service", "WCS"),
    )
    assert answer.status_code == 200


def test_a_parameter_of_ours_that_is_nearly_right_is_told_in_a_warning(ask):
    answer = ask(*pairs({"SUBSET": [EAST, NORTH], "EXPPR": "B04"}))
    assert any("EXPR" in text for text in answer.headers.getlist("Warning"))
