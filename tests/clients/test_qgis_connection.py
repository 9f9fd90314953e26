"""QGIS without a screen: keys on a connection reach every request, by WMS, WMTS and WCS."""

from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from tests.clients.programs import run_qgis

CRS, SIDE = "EPSG:32631", 128
BOX = (281360.0, 5464460.0, 282640.0, 5465740.0)
"""Whole pixels of the archive's tiles at 10 m."""
KEYS = "EXPR=NDWI&COLORMAP=viridis&RANGE=-1,1"
WCS_PROBE = Path(__file__).with_name("qgis_wcs_probe.py")
WCS_BOX, WCS_SIZE, WCS_POINT = (281900.0, 5464900.0, 282300.0, 5465200.0), (40, 30), (282105.0, 5465055.0)


def uris(live):
    base = f"crs={CRS}&dpiMode=7&format=image/png&layers=s2_l2a"
    return {
        "WMS 1.3.0": f"{base}&styles&url={quote(f'{live}/wms?{KEYS}', safe='')}",
        "WMS 1.1.1": f"{base}&styles&url={quote(f'{live}/wms?VERSION=1.1.1&{KEYS}', safe='')}",
        "WMTS by path": f"{base}&styles=default&tileMatrixSet=UTM31"
        f"&url={quote(f'{live}/wmts/1.0.0/WMTSCapabilities.xml?{KEYS}', safe='')}",
        "WMTS": f"{base}&styles=default&tileMatrixSet=UTM31"
        f"&url={quote(f'{live}/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&{KEYS}', safe='')}",
    }


@pytest.fixture(scope="module")
def looked(live, tmp_path_factory):
    """What QGIS made of every connection, all in one run of it."""
    folder = tmp_path_factory.mktemp("qgis")
    jobs = {
        name: {"uri": uri, "crs": CRS, "extent": BOX, "width": SIDE, "height": SIDE, "png": str(folder / f"{i}.png")}
        for i, (name, uri) in enumerate(uris(live).items())
    }
    answers = run_qgis(list(jobs.values()), folder)
    return {name: answer | {"png": jobs[name]["png"]} for name, answer in zip(jobs, answers, strict=True)}


def rgba(source):
    with Image.open(source) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


@pytest.mark.parametrize("name", ["WMS 1.3.0", "WMS 1.1.1", "WMTS by path", "WMTS"])
def test_a_connection_with_an_expression_draws_it(live, looked, name):
    answer = looked[name]
    assert (answer["valid"], answer["error"], answer["errors"], answer["log"]) == (True, "", [], [])
    query = f"service=WMS&version=1.3.0&request=GetMap&layers=s2_l2a&styles=&format=image/png&transparent=true&{KEYS}"
    box = ",".join(map(repr, BOX))
    with urlopen(f"{live}/wms?{query}&crs={CRS}&bbox={box}&width={SIDE}&height={SIDE}") as direct:
        ours = rgba(BytesIO(direct.read()))
    assert (np.abs(rgba(answer["png"]) - ours).max(axis=2) <= 4).mean() > 0.98
    assert len(np.unique(ours.reshape(-1, 4), axis=0)) > 50


@pytest.mark.parametrize("version", ["1.0.0", "1.1.2"])
def test_a_coverage_of_a_connection_with_an_expression_has_its_values(live, reference, tmp_path, version):
    where = quote(f"{live}/wcs?EXPR=ndwi=NDWI", safe="")
    uri = f"cache=AlwaysNetwork&identifier=s2_l2a&url={where}&version={version}"
    job = {"uri": uri, "box": WCS_BOX, "width": WCS_SIZE[0], "height": WCS_SIZE[1], "identify": WCS_POINT}
    (answer,) = run_qgis([job | {"png": str(tmp_path / "a.png")}], tmp_path, WCS_PROBE)
    assert (answer["valid"], answer["log"]) == (True, [])
    truth = reference.at(["B03", "B08"], np.array([[WCS_POINT[0]]]), np.array([[WCS_POINT[1]]]), CRS, ["2022-07-19"])
    green, nir = (truth.values[band][0, 0] for band in ("B03", "B08"))
    (value,) = answer["identified"].values()
    assert value == pytest.approx((green - nir) / (green + nir), rel=1e-5)
