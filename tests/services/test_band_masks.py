"""Masks by band: what a band holds never depends on the bands that are asked with it, in any service or format."""

import io
import itertools
import json

import netCDF4
import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

SIDE = 64
NODATA = 0
NAMES = ("p", "q", "r")
SUBSETS = [names for count in (1, 2, 3) for names in itertools.permutations(NAMES, count)]


def planes(number):
    """Three bands of a scene, each with gaps of its own."""
    rng = np.random.default_rng(number)
    values = rng.integers(1, 1000, (3, SIDE, SIDE)).astype(np.uint16)
    values[0, : SIDE // 2] = NODATA
    values[1, :, : SIDE // 2] = NODATA
    values[2][rng.random((SIDE, SIDE)) < 0.2] = NODATA
    return values


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two scenes with all bands, the newer with gaps; a third with the band q alone; smaller extents of r."""
    folder = tmp_path_factory.mktemp("masks")
    first, second = planes(1), planes(2)[:, ::-1, ::-1]
    for name, values in (("a_20220602", first), ("b_20220601", second)):
        for band, plane in zip(NAMES, values, strict=True):
            # The third band is a file of a smaller extent.
            rows = slice(0, SIDE - 10 if band == "r" else SIDE)
            write_tiff(folder / "scenes" / name / f"{band}.tif", plane[rows], nodata=NODATA, name=band)
    whole = np.full((SIDE, SIDE), 77, np.uint16)
    write_tiff(folder / "scenes" / "c_20220531" / "q.tif", whole, nodata=NODATA, name="q")
    bands = "".join(f"{band}: {{title: {band}}}, " for band in NAMES)
    text = (
        "crs: [EPSG:32631, EPSG:3857]\nlayers: [{name: c, collection: c, style: grey, bands: [p, q, r]}]\n"
        f"collections: {{c: {{profile: generic, source: scenes, pattern: '(?P<id>\\w+)/(?P<band>\\w)[.]tif',"
        f" bands: {{{bands}}}}}}}\n"
    )
    archive = open_archive(folder, text)
    yield archive
    archive.engine.close()


@pytest.fixture(scope="module")
def client(made):
    return mount_services(made.engine, Settings()).test_client()


@pytest.fixture(scope="module")
def truth():
    """(band, y, x) values with NaN for nothing: for each band the first scene that has it there."""
    first, second = (values.astype(np.float64) for values in (planes(1), planes(2)[:, ::-1, ::-1]))
    for values in (first, second):
        values[2, SIDE - 10 :] = NODATA
    mosaic = np.where(first != NODATA, first, second)
    mosaic[1] = np.where(mosaic[1] != NODATA, mosaic[1], 77.0)
    mosaic[mosaic == NODATA] = np.nan
    return mosaic


ALL = "2022-05-01/2022-06-30"


def coverage(made, grid=None, **wishes):
    """A coverage over all dates with NaN for nothing."""
    found = made.coverage("c", grid or made.grid("c"), time=ALL, units="stored", **wishes)
    return np.where(found.valid, found.values.astype(np.float64), np.nan)


def test_each_band_is_filled_by_itself(made, truth):
    np.testing.assert_array_equal(coverage(made, bands=NAMES), truth)


@pytest.mark.parametrize("names", SUBSETS, ids="".join)
@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "average"])
def test_a_band_never_depends_on_its_company(made, names, resampling):
    native = made.grid("c")
    t = native.transform
    shifted = type(native)(native.crs, type(t)(t.a * 1.5, 0.0, t.c + 3.0, 0.0, t.e * 1.5, t.f - 3.0), 40, 40)
    together = coverage(made, shifted, bands=names, resampling=resampling)
    for plane, name in zip(together, names, strict=True):
        (alone,) = coverage(made, shifted, bands=(name,), resampling=resampling)
        np.testing.assert_allclose(plane, alone, rtol=1e-6)


FORMULAS = {
    "where(isvalid(p),p,q)": lambda p, q, r: np.where(np.isfinite(p), p, q),
    "where(isnan(p),q,p)": lambda p, q, r: np.where(np.isnan(p), q, p),
    "isnan(p)?q:p": lambda p, q, r: np.where(np.isnan(p), q, p),
    "max(where(isnan(p),-9999,p),q)": lambda p, q, r: np.maximum(np.where(np.isnan(p), -9999, p), q),
    "where(isvalid(p) and isvalid(r), p-r, where(isvalid(r), -r, 5))": lambda p, q, r: np.where(
        np.isfinite(p) & np.isfinite(r), p - r, np.where(np.isfinite(r), -r, 5.0)
    ),
    "p+q": lambda p, q, r: p + q,
    "isvalid(r)": lambda p, q, r: np.isfinite(r).astype(float),
}


@pytest.mark.parametrize("text", FORMULAS)
def test_what_asks_about_validity_sees_the_masks_of_the_bands(made, truth, text):
    (found,) = coverage(made, expr=f"w={text}")
    np.testing.assert_allclose(found, FORMULAS[text](*truth), rtol=1e-6)


def test_outputs_have_masks_of_their_own(made, truth):
    np.testing.assert_allclose(coverage(made, expr="a=p;b=q;d=r*2"), truth * np.array([1, 1, 2])[:, None, None])


def wcps(client, text):
    answer = client.get(
        "/wcs", query_string={"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages", "query": text}
    )
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
        return np.where(file.read_masks() != 0, file.read().astype(np.float64), np.nan)


def test_wcps_sees_the_same_masks(client, made, truth):
    newest = {band: coverage_of_newest(made, band) for band in NAMES}
    given = wcps(client, 'for $c in (c) return encode({a: $c.p; b: $c.q}, "image/tiff")')
    np.testing.assert_array_equal(given, [newest["p"], newest["q"]])


def coverage_of_newest(made, band):
    found = made.coverage("c", made.grid("c"), bands=(band,))
    return np.where(found.valid[0], found.values[0].astype(np.float64), np.nan)


def get(client, **keys):
    answer = client.get(
        "/wcs", query_string={"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "c", **keys}
    )
    assert answer.status_code == 200, answer.text[:2000]
    return answer


def test_netcdf_has_the_mask_of_each_band(client, made):
    answer = get(client, rangesubset="p,q,r", format="application/netcdf")
    with netCDF4.Dataset("memory", memory=answer.data) as file:
        for band in NAMES:
            read = np.ma.filled(file[band][:].astype(np.float64), np.nan).squeeze()
            np.testing.assert_array_equal(read, coverage_of_newest(made, band))


def test_coveragejson_says_null_band_by_band(client, made):
    ranges = json.loads(get(client, rangesubset="p,q,r", format="application/prs.coverage+json").data)["ranges"]
    for band in NAMES:
        read = np.array(ranges[band]["values"], np.float64).reshape(SIDE, SIDE)
        np.testing.assert_array_equal(read, coverage_of_newest(made, band))


def test_gml_gives_each_field_its_nil(client, made):
    root = etree.fromstring(get(client, rangesubset="p,q,r", format="application/gml+xml").data)
    nils = [node.text for node in root.iter("{http://www.opengis.net/swe/2.0}nilValue")]
    (text,) = (node.text for node in root.iter("{http://www.opengis.net/gml/3.2}tupleList"))
    cells = [cell.split(",") for cell in text.split()]
    for place, band in enumerate(NAMES):
        read = np.array([np.nan if cell[place] == nils[place] else float(cell[place]) for cell in cells])
        np.testing.assert_array_equal(read.reshape(SIDE, SIDE), coverage_of_newest(made, band))


def info(client, made, row, col):
    t = made.grid("c").transform
    x, y = t(col + 0.5, row + 0.5)
    answer = client.get(
        "/wms",
        query_string={
            "service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "c", "query_layers": "c",
            "styles": "", "crs": "EPSG:32631", "bbox": f"{x - 5},{y - 5},{x + 5},{y + 5}", "width": 1, "height": 1,
            "i": 0, "j": 0, "info_format": "application/json", "time": ALL,
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.get_json()


@pytest.mark.parametrize(("row", "col"), [(10, 50), (50, 10), (10, 10), (50, 50), (60, 60)])
def test_feature_info_tells_each_band_by_itself(client, made, truth, row, col):
    (feature,) = info(client, made, row, col)["features"]
    told = [feature["properties"].get(band) for band in NAMES]
    np.testing.assert_array_equal(np.array(told, np.float64), truth[:, row, col])


def test_a_picture_of_three_channels_takes_each_pixel_from_one_scene(client, made):
    box = made.grid("c").bbox
    answer = client.get(
        "/wms",
        query_string={
            "service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "c", "styles": "", "time": ALL,
            "crs": "EPSG:32631", "bbox": f"{box.min_x},{box.min_y},{box.max_x},{box.max_y}", "width": SIDE,
            "height": SIDE, "format": "image/png", "transparent": "TRUE", "bands": "p,q,r", "range": "0,1000",
            "resampling": "nearest",
        },
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    pixels = np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA")).astype(int)
    first, second = planes(1).astype(float), planes(2)[:, ::-1, ::-1].astype(float)
    for values in (first, second):
        values[2, SIDE - 10 :] = NODATA
    whole = [(values != NODATA).all(axis=0) for values in (first, second)]
    drawn = np.where(whole[0], first, second)
    np.testing.assert_array_equal(pixels[..., 3] > 0, whole[0] | whole[1])
    there = whole[0] | whole[1]
    assert np.abs(pixels[there][:, :3] - np.moveaxis(drawn, 0, -1)[there] / 1000 * 255).max() <= 1
