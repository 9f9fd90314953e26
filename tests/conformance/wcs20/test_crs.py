"""Coordinate reference systems of subsets and answers (OGC 11-053r1)."""

import numpy as np
import pytest
import rasterio.warp

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
NATIVE, DEGREES, MERCATOR = f"{EPSG}32631", f"{EPSG}4326", f"{EPSG}3857"
SYSTEMS = {NATIVE: 32631, DEGREES: 4326, CRS84: 4326, MERCATOR: 3857}
LABELS = {NATIVE: "E N", DEGREES: "Lat Long", CRS84: "Long Lat", MERCATOR: ("E N", "X Y")}
"""In the order of the authority. GML recommends its abbreviations (10.1.3.2), which are X and Y for Web Mercator."""
WHOLE = {"COVERAGEID": "cite_reflectance"}
TIFF = WHOLE | {"FORMAT": "image/tiff"}
PART = (3.0005, 49.6510, 3.0020, 49.6520)


def supported(ask):
    return ask("GetCapabilities", SECTIONS="ServiceMetadata").root.xpath("//*[local-name()='crsSupported']/text()")


def test_the_systems_of_the_capabilities_are_these(ask):
    assert sorted(supported(ask)) == sorted(SYSTEMS)


@pytest.mark.parametrize("name", ["application/gml+xml", "image/tiff"])
def test_the_native_system_and_the_full_extent_change_nothing(speak, described, name):
    (low, high), labels = described("cite_reflectance").corners, described("cite_reflectance").labels
    trims = [f"{axis}({a:.17g},{b:.17g})" for axis, a, b in zip(labels, low, high, strict=True)]
    keys = {"SUBSETTINGCRS": NATIVE, "OUTPUTCRS": NATIVE, "SUBSET": trims}
    same, whole = (speak("GetCoverage", **WHOLE, FORMAT=name, **more) for more in (keys, {}))
    assert (same.status, same.media_type) == (200, whole.media_type)
    if name == "application/gml+xml":
        assert same.body == whole.body


@pytest.mark.parametrize("uri", SYSTEMS)
def test_the_answer_is_in_the_output_system_over_the_same_ground(speak, picture, source, bands, uri):
    found = picture(speak("GetCoverage", **TIFF, OUTPUTCRS=uri))
    box = rasterio.warp.transform_bounds(source.epsg, SYSTEMS[uri], 500000, 5499800, 500200, 5500000)
    assert found.epsg == SYSTEMS[uri]
    assert np.allclose(found.bounds, box, atol=1.5 * found.transform.a)
    assert (found.transform.b, found.transform.d) == (0, 0)
    assert found.transform.e < 0 < found.transform.a
    assert source.agrees(found, bands)


@pytest.mark.parametrize("uri", SYSTEMS)
def test_gml_names_the_system_as_asked_and_has_its_axes_in_their_order(speak, gml, picture, uri):
    found, file = (
        gml(speak("GetCoverage", **WHOLE, OUTPUTCRS=uri)),
        picture(speak("GetCoverage", **TIFF, OUTPUTCRS=uri)),
    )
    assert found.srs == uri
    assert " ".join(found.labels) in np.atleast_1d(LABELS[uri])
    assert {e.get("srsName") for e in found.all("gml:domainSet//*[@srsName]")} == {uri}
    left, bottom, right, top = file.bounds
    corners = ([left, bottom], [right, top])
    if uri == DEGREES:
        corners = ([bottom, left], [top, right])
    assert np.allclose(found.corners, corners, rtol=0, atol=1e-9 * abs(right))
    x, y = file.transform @ np.meshgrid(np.arange(file.size[0]) + 0.5, np.arange(file.size[1]) + 0.5)
    places = np.stack([y, x] if uri == DEGREES else [x, y], axis=-1)
    assert np.allclose(found.places, places, rtol=0, atol=1e-9 * abs(right))
    assert np.array_equal(np.moveaxis(found.values, -1, 0), file.values)


def test_without_a_subsetting_system_numbers_are_native(speak):
    east = ["E(500012,500048)"]
    first, second = (speak("GetCoverage", **WHOLE, SUBSET=east, SUBSETTINGCRS=crs) for crs in (None, NATIVE))
    assert first.body == second.body


def test_without_an_output_system_the_answer_is_in_that_of_subsets(speak, gml):
    assert gml(speak("GetCoverage", **WHOLE)).srs == NATIVE
    assert gml(speak("GetCoverage", **WHOLE, SUBSETTINGCRS=DEGREES)).srs == DEGREES


@pytest.mark.parametrize("uri", [DEGREES, CRS84])
@pytest.mark.parametrize("output", [None, NATIVE, DEGREES])
def test_subsets_in_degrees_give_that_ground(speak, picture, source, bands, uri, output):
    west, south, east, north = PART
    keys = {"SUBSET": [f"Lat({south},{north})", f"Long({west},{east})"], "SUBSETTINGCRS": uri, "OUTPUTCRS": output}
    found = picture(speak("GetCoverage", **TIFF, **keys))
    assert found.epsg == (32631 if output == NATIVE else 4326)
    box = rasterio.warp.transform_bounds(4326, found.epsg, *PART)
    # Whole cells that the interval touches.
    assert np.allclose(found.bounds, box, atol=1.5 * max(found.transform.a, -found.transform.e))
    assert source.agrees(found, bands)


@pytest.mark.parametrize("uri", SYSTEMS)
def test_every_supported_system_is_understood_in_subsets(speak, picture, source, bands, uri):
    left, bottom, right, top = rasterio.warp.transform_bounds(4326, SYSTEMS[uri], *PART)
    x, y = ("Long", "Lat") if SYSTEMS[uri] == 4326 else ("x", "y")
    keys = {"SUBSET": [f"{x}({left},{right})", f"{y}({bottom},{top})"], "SUBSETTINGCRS": uri, "OUTPUTCRS": NATIVE}
    found = picture(speak("GetCoverage", **TIFF, **keys))
    assert np.allclose(found.bounds, rasterio.warp.transform_bounds(4326, 32631, *PART), atol=15)
    assert source.agrees(found, bands)


@pytest.mark.parametrize("uri", ["http://www.opengis.net/def/crs/EPSG/0/0", f"{EPSG}32701", "bogus"])
@pytest.mark.parametrize(
    ("key", "code"), [("SUBSETTINGCRS", "SubsettingCrs-NotSupported"), ("OUTPUTCRS", "OutputCrs-NotSupported")]
)
def test_another_system_is_refused(speak, refused, key, code, uri):
    refused(speak("GetCoverage", **WHOLE, **{key: uri}), code, uri, 404)


@pytest.mark.parametrize("key", ["SUBSETTINGCRS", "OUTPUTCRS"])
@pytest.mark.parametrize("values", [[DEGREES, DEGREES], [DEGREES, NATIVE]], ids=["the same", "two"])
def test_a_system_is_given_once(speak, refused, key, values):
    refused(speak("GetCoverage", **WHOLE, **{key: values}), "InvalidParameterValue", key, 400)
