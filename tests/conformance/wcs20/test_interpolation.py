"""Interpolation (OGC 12-049)."""

import numpy as np
import pytest
import rasterio.warp
from tests.conformance.wcs20.spoken import document

BASE = "http://www.opengis.net/def/interpolation/OGC/1/"
OFFERED = ("nearest-neighbor", "linear", "cubic")
TIFF = {"COVERAGEID": "cite_reflectance", "FORMAT": "image/tiff"}
LARGER = TIFF | {"SCALEFACTOR": "2.0"}
RESAMPLING = {
    "nearest-neighbor": rasterio.warp.Resampling.nearest,
    "linear": rasterio.warp.Resampling.bilinear,
    "cubic": rasterio.warp.Resampling.cubic,
}
PER_AXIS = """<int:Interpolation xmlns:int="http://www.opengis.net/WCS_service-extension_interpolation/1.0">%s
</int:Interpolation>"""
AXIS = """<int:InterpolationPerAxis><int:axis>%s</int:axis><int:interpolationMethod>%s</int:interpolationMethod>
</int:InterpolationPerAxis>"""


@pytest.mark.parametrize("name", OFFERED)
def test_every_offered_method_gives_the_numbers_that_gdal_gives(speak, picture, source, bands, name):
    found = picture(speak("GetCoverage", **LARGER, INTERPOLATION=f"{BASE}{name}"))
    stored = source.stack(bands).astype(float)
    made = np.zeros((len(bands), 40, 40))
    crs = f"EPSG:{source.epsg}"
    rasterio.warp.reproject(
        stored,
        made,
        src_transform=source.transform,
        src_crs=crs,
        dst_transform=found.transform,
        dst_crs=crs,
        resampling=RESAMPLING[name],
    )
    # Three cells from the border every kernel has all its neighbours.
    inside = (slice(None), slice(6, -6), slice(6, -6))
    assert np.abs(found.values[inside] - made[inside]).max() <= 1


@pytest.mark.parametrize("name", OFFERED)
def test_gml_may_be_interpolated_too(speak, gml, name):
    answer = speak("GetCoverage", COVERAGEID="cite_reflectance", SCALEFACTOR="2.0", INTERPOLATION=f"{BASE}{name}")
    assert gml(answer).sizes == [40, 40]


def test_methods_differ(ask):
    assert len({ask("GetCoverage", **LARGER, INTERPOLATION=f"{BASE}{name}").body for name in OFFERED}) == len(OFFERED)


def test_without_a_method_the_nearest_number_is_taken(speak, picture):
    bare, named = (
        picture(speak("GetCoverage", **LARGER, INTERPOLATION=method)) for method in (None, f"{BASE}{OFFERED[0]}")
    )
    assert np.array_equal(bare.values, named.values)


@pytest.mark.parametrize("name", OFFERED)
def test_the_key_has_a_second_name(ask, name):
    first, second = (
        ask("GetCoverage", **LARGER, **{key: f"{BASE}{name}"}).body for key in ("INTERPOLATION", "INTERPOLATIONMETHOD")
    )
    assert first == second


@pytest.mark.parametrize("name", ["quadratic", "lost-area", "barycentric", "bogus"])
def test_what_is_not_offered_is_refused(speak, refused, name):
    method = f"{BASE}{name}"
    refused(speak("GetCoverage", **LARGER, INTERPOLATION=method), "InterpolationMethodNotSupported", method, 404)


# One method for each axis is not claimed; what it says is understood where it is one method for all.


def per_axis(ask, cite, pairs, how):
    if how == "kvp":
        return ask("GetCoverage", **LARGER, INTERPOLATION=",".join(f"{axis}:{method}" for axis, method in pairs))
    text = document({"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage"} | LARGER)
    inside = PER_AXIS % "".join(AXIS % pair for pair in pairs)
    return cite.post("/wcs", text.replace("</wcs:Extension>", f"{inside}</wcs:Extension>"))


@pytest.mark.parametrize("how", ["kvp", "xml"])
def test_the_same_method_along_every_axis_is_that_method(ask, cite, picture, how):
    pairs = [("i", f"{BASE}linear"), ("j", f"{BASE}linear")]
    named = picture(ask("GetCoverage", **LARGER, INTERPOLATION=f"{BASE}linear"))
    assert np.array_equal(picture(per_axis(ask, cite, pairs, how)).values, named.values)


@pytest.mark.parametrize("how", ["kvp", "xml"])
@pytest.mark.parametrize(
    ("pairs", "code", "locator"),
    [
        ([("i", f"{BASE}linear"), ("i", f"{BASE}linear")], "InvalidAxisLabel", "i"),
        ([("k", f"{BASE}linear")], "InvalidAxisLabel", "k"),
    ],
    ids=["axis twice", "unknown axis"],
)
def test_axes_are_those_of_the_coverage_once_each(ask, cite, refused, how, pairs, code, locator):
    refused(per_axis(ask, cite, pairs, how), code, locator, 404)


@pytest.mark.parametrize("how", ["kvp", "xml"])
def test_different_methods_are_refused(ask, cite, how):
    pairs = [("i", f"{BASE}linear"), ("j", f"{BASE}cubic")]
    answer = per_axis(ask, cite, pairs, how)
    assert answer.status == 404
    assert [code for code, _ in answer.faults] == ["InterpolationMethodNotSupported"]
