"""QGIS without a screen against a running server: WCS 1.0.0 and 1.1.x load, draw, tell values and save, silently."""

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
from PIL import Image
from tests.clients.programs import run_qgis
from tests.fixtures.reference import centres

PROBE = Path(__file__).with_name("qgis_wcs_probe.py")
VERSIONS = ("1.0.0", "1.1.0", "1.1.2")
UTM_BOX = (281900.0, 5464900.0, 282300.0, 5465200.0)
SIZE = (40, 30)
POINT = (282105.0, 5465055.0)
FILES = {"elevation": "dem/dem.tif", "landcover": "landcover/landcover_2022.tif"}
LAEA = {"elevation": "EPSG:4326", "landcover": "EPSG:3035"}
"""Both have the north first."""


def address(live, name, **keys):
    pairs = {"cache": "AlwaysNetwork", "identifier": name, "url": quote(f"{live}/wcs", safe=""), **keys}
    return "&".join(f"{key}={value}" for key, value in pairs.items())


def window_of(path):
    """A window in the middle of a file: its place, box and values."""
    with rasterio.open(path) as file:
        col, row = file.width // 2 - 20, file.height // 2 - 15
        window = rasterio.windows.Window(col, row, *SIZE)
        (left, top), (right, bottom) = (file.transform @ at for at in ((col, row), (col + SIZE[0], row + SIZE[1])))
        return (left, bottom, right, top), file.read(1, window=window, masked=True)


@pytest.fixture(scope="module")
def looked(live, site, tmp_path_factory):
    """What QGIS made of every job, all in one run of it."""
    folder = tmp_path_factory.mktemp("qgis-wcs")
    jobs = {}

    def add(key, uri, box, point, **rest):
        png = str(folder / f"{len(jobs)}.png")
        same = {"box": box, "width": SIZE[0], "height": SIZE[1], "identify": point, "png": png}
        jobs[key] = {"uri": uri, **same, **rest}

    for version in VERSIONS:
        for name, path in FILES.items():
            box, _ = window_of(site.folder / path)
            middle = (box[0] + 0.51 * (box[2] - box[0]), box[1] + 0.51 * (box[3] - box[1]))
            tif = str(folder / f"{name}-{version}.tif")
            add((version, name), address(live, name, version=version), box, middle, tif=tif)
        add((version, "ndvi"), address(live, "ndvi", version=version), UTM_BOX, POINT)
        add((version, "bands"), address(live, "s2_l2a", version=version), UTM_BOX, POINT, band=4)
        add((version, "old"), address(live, "s2_l2a", version=version, time="2021-06-14"), UTM_BOX, POINT, band=4)
        mercator = (-400.0, 6325700.0, 0.0, 6326000.0)
        add(
            (version, "mercator"),
            address(live, "ndvi", version=version, crs="EPSG:3857"),
            mercator,
            (-205.0, 6325805.0),
        )
    add(("any", "ndvi"), address(live, "ndvi"), UTM_BOX, POINT)
    answers = run_qgis(list(jobs.values()), folder, PROBE)
    return {key: answer | jobs[key] for key, answer in zip(jobs, answers, strict=True)}


JOBS = [(version, job) for version in VERSIONS for job in (*FILES, "ndvi", "bands", "old", "mercator")]
JOBS.append(("any", "ndvi"))


def values(answer):
    return np.ma.masked_invalid(np.array(answer["block"], dtype=float))


@pytest.mark.parametrize("job", JOBS, ids=" ".join)
def test_a_coverage_loads_and_draws_without_a_word_in_the_log(looked, job):
    answer = looked[job]
    assert (answer["valid"], answer["error"]) == (True, "")
    assert (answer["errors"], answer["log"]) == ([], [])


@pytest.mark.parametrize("job", JOBS, ids=" ".join)
def test_the_map_shows_something(looked, job):
    with Image.open(looked[job]["png"]) as image:
        picture = np.asarray(image.convert("RGBA"))
    assert (picture[..., 3] == 255).mean() > 0.9
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > (2 if job[1] == "landcover" else 20)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_size_and_extent_are_those_of_the_file(looked, site, version, name):
    answer = looked[version, name]
    with rasterio.open(site.folder / FILES[name]) as file:
        assert answer["size"] == [file.width, file.height]
        assert answer["extent"] == pytest.approx(list(file.bounds), rel=1e-12)
        assert answer["crs"] == LAEA[name] == file.crs.to_string()
    assert answer["nodata"] == [True]
    assert answer["types"] == [{"elevation": "Float32", "landcover": "Byte"}[name]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_a_block_has_the_numbers_of_the_file(looked, site, version, name):
    _, expected = window_of(site.folder / FILES[name])
    np.testing.assert_array_equal(values(looked[version, name]).filled(-1), expected.astype(float).filled(-1))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_identify_tells_the_number_of_the_file(looked, site, version, name):
    answer = looked[version, name]
    with rasterio.open(site.folder / FILES[name]) as file:
        ((expected,),) = file.sample([answer["identify"]])
    assert answer["identified"] == {"1": pytest.approx(float(expected), rel=1e-12)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", FILES)
def test_the_saved_file_is_the_file(looked, site, version, name):
    assert looked[version, name]["exported"] is True
    with rasterio.open(site.folder / FILES[name]) as file, rasterio.open(looked[version, name]["tif"]) as saved:
        assert saved.transform.almost_equals(file.transform, precision=1e-9)
        ours, theirs = saved.read(1, masked=True), file.read(1, masked=True)
    np.testing.assert_array_equal(ours.astype(float).filled(-1), theirs.astype(float).filled(-1))


def truth_of(reference, job):
    x, y = centres(rasterio.Affine(10.0, 0.0, UTM_BOX[0], 0.0, -10.0, UTM_BOX[3]), SIZE[1], SIZE[0])
    # A pixel of the coverage of all bands is there where every band is.
    bands = ["B04", "B08"] if job == "ndvi" else ["B04", "B08", "B01", "B02", "B03", "B05", "B8A", "B11", "B12", "SCL"]
    return reference.at(bands, x, y, "EPSG:32631", ["2021-06-14" if job == "old" else "2022-07-19"])


@pytest.mark.parametrize("job", [job for job in JOBS if job[1] in {"ndvi", "bands", "old"}], ids=" ".join)
def test_reflectance_has_the_numbers_of_the_scenes(looked, reference, job):
    found, truth = values(looked[job]), truth_of(reference, job[1])
    b = truth.values
    expected = (b["B08"] - b["B04"]) / (b["B08"] + b["B04"]) if job[1] == "ndvi" else b["B04"]
    assert truth.valid.sum() > 500
    np.testing.assert_array_equal(~np.ma.getmaskarray(found)[truth.clear], truth.valid[truth.clear])
    sure = truth.valid & truth.clear
    np.testing.assert_allclose(found[sure], expected[sure], rtol=1e-6, atol=1e-7)
