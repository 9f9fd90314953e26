"""QGIS without a screen against a running server: four ways to load a layer, each drawn in its place and asked."""

import re
from io import BytesIO
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import pyproj
import pytest
from PIL import Image
from tests.clients.programs import run_qgis

MIDDLE = (282000.0, 5465100.0)
"""In EPSG:32631, where the scenes of the newest date have data."""
SIDE = 256
SMALL = 4
"""Steps of a colour that resampling of whole pixels may cost."""


def places():
    """A box of the same middle in each CRS, x first, with pixels that binary numbers hold exactly.

    QGIS rounds a box to whole pixels of its own where width, height and pixel size do not fit to the last bit.
    """
    found = {}
    for crs, half, step in (("EPSG:32631", 320, 1), ("EPSG:3857", 512, 1), ("EPSG:4326", 5 / 1024, 1 / 1024)):
        x, y = pyproj.Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform(*MIDDLE)
        x, y = round(x / step) * step, round(y / step) * step
        found[crs] = (x - half, y - half, x + half, y + half)
    return found


PLACES = places()


def wms(version, crs, layer="true_color"):
    tail = "" if version == "1.3.0" else "%3FVERSION%3D1.1.1"
    return f"crs={crs}&dpiMode=7&format=image/png&layers={layer}&styles&url={{base}}%2Fwms{tail}"


def wmts(set_, crs):
    where = "url={base}%2Fwmts%3FSERVICE%3DWMTS%26REQUEST%3DGetCapabilities"
    return f"crs={crs}&dpiMode=7&format=image/png&layers=true_color&styles=true_color&tileMatrixSet={set_}&{where}"


XYZ = "type=xyz&url={base}%2Fxyz%2Ftrue_color%2F%7Bz%7D%2F%7Bx%7D%2F%7By%7D.png&zmin=0&zmax=20"
TILE_SIDE, TILE_PIXEL = 400, 2 + 25 / 64
"""Almost the pixels of zoom 16, so that QGIS chooses its tiles, and hardly resamples them."""
UTM_BOX = (281360.0, 5464460.0, 282640.0, 5465740.0)
"""Whole pixels of the archive's tiles at 10 m."""


def tile_box():
    left, bottom, _, _ = PLACES["EPSG:3857"]
    return left, bottom, left + TILE_SIDE * TILE_PIXEL, bottom + TILE_SIDE * TILE_PIXEL


JOBS = {
    "wms 1.3.0 in web Mercator": (wms("1.3.0", "EPSG:3857"), "EPSG:3857", PLACES["EPSG:3857"], SIDE),
    "wms 1.3.0 in degrees": (wms("1.3.0", "EPSG:4326"), "EPSG:4326", PLACES["EPSG:4326"], SIDE),
    "wms 1.3.0 in UTM": (wms("1.3.0", "EPSG:32631"), "EPSG:32631", PLACES["EPSG:32631"], SIDE),
    "wms 1.1.1 in web Mercator": (wms("1.1.1", "EPSG:3857"), "EPSG:3857", PLACES["EPSG:3857"], SIDE),
    "wms 1.1.1 in degrees": (wms("1.1.1", "EPSG:4326"), "EPSG:4326", PLACES["EPSG:4326"], SIDE),
    "wms 1.1.1 in UTM": (wms("1.1.1", "EPSG:32631"), "EPSG:32631", PLACES["EPSG:32631"], SIDE),
    "wmts in web Mercator": (wmts("WebMercatorQuad", "EPSG:3857"), "EPSG:3857", tile_box(), TILE_SIDE),
    "wmts in UTM": (wmts("UTM31", "EPSG:32631"), "EPSG:32631", UTM_BOX, 128),
    "xyz": (XYZ, "EPSG:3857", tile_box(), TILE_SIDE),
}
ASKED = {
    "ask 1.3.0 in degrees": (wms("1.3.0", "EPSG:4326", "s2_l2a"), "EPSG:4326", PLACES["EPSG:4326"], SIDE),
    "ask 1.1.1 in UTM": (wms("1.1.1", "EPSG:32631", "s2_l2a"), "EPSG:32631", PLACES["EPSG:32631"], SIDE),
    "ask 1.3.0 in web Mercator": (wms("1.3.0", "EPSG:3857", "s2_l2a"), "EPSG:3857", PLACES["EPSG:3857"], SIDE),
}


def point(box):
    """The centre of the pixel that is asked for: column 100, row 140 of 256."""
    left, bottom, right, top = box
    return left + (right - left) * 100.5 / SIDE, top - (top - bottom) * 140.5 / SIDE


@pytest.fixture(scope="module")
def looked(live, tmp_path_factory):
    """What QGIS made of every job, all in one run of it."""
    folder = tmp_path_factory.mktemp("qgis")
    jobs = []
    for name, (uri, crs, box, side) in {**JOBS, **ASKED}.items():
        job = {"uri": uri.format(base=quote(live, safe="")), "crs": crs, "extent": box, "width": side, "height": side}
        job["png"] = str(folder / f"{len(jobs)}.png")
        if name in ASKED:
            job["identify"] = point(box)
        jobs.append(job)
    answers = run_qgis(jobs, folder)
    return {
        name: answer | {"png": job["png"]} for name, job, answer in zip({**JOBS, **ASKED}, jobs, answers, strict=True)
    }


@pytest.fixture(scope="module")
def direct(live):
    """RGBA of a GetMap, asked without QGIS; moved to the east and south by parts of a pixel."""

    def get(crs, box, side, moved=(0.0, 0.0)):
        left, bottom, right, top = box
        east, south = moved[0] * (right - left) / side, moved[1] * (top - bottom) / side
        values = [left + east, bottom - south, right + east, top - south]
        if crs == "EPSG:4326":
            values = [values[1], values[0], values[3], values[2]]
        query = "service=WMS&version=1.3.0&request=GetMap&layers=true_color&styles=&format=image/png&transparent=true"
        query += f"&crs={crs}&bbox={','.join(map(repr, values))}&width={side}&height={side}"
        with urlopen(f"{live}/wms?{query}") as answer:
            return rgba(BytesIO(answer.read()))

    return get


def rgba(source):
    with Image.open(source) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def error(picture, other):
    return np.abs(picture[..., :3] - other[..., :3]).mean()


@pytest.mark.parametrize("name", [*JOBS, *ASKED])
def test_a_layer_loads_and_draws_without_complaint(looked, name):
    answer = looked[name]
    assert (answer["valid"], answer["error"]) == (True, "")
    assert (answer["drawn"], answer["errors"], answer["log"]) == (True, [], [])


@pytest.mark.parametrize("name", JOBS)
def test_the_picture_is_that_of_a_direct_request(looked, direct, name):
    _, crs, box, side = JOBS[name]
    ours, drawn = direct(crs, box, side), rgba(looked[name]["png"])
    assert drawn.shape == ours.shape
    assert (drawn[..., 3] == 255).mean() > 0.9
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 100
    assert (np.abs(drawn - ours).max(axis=2) <= SMALL).mean() > 0.98


@pytest.mark.parametrize("name", JOBS)
def test_the_picture_lies_in_its_place_to_half_a_pixel(looked, direct, name):
    _, crs, box, side = JOBS[name]
    drawn = rgba(looked[name]["png"])
    in_place = error(drawn, direct(crs, box, side))
    # QGIS itself puts tiles that it scales a third of a pixel beside their place; maps lie exactly.
    step, ratio = (1.0, 1.0) if side == TILE_SIDE else (0.5, 0.5)
    for moved in ((step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)):
        assert in_place < ratio * error(drawn, direct(crs, box, side, moved)), moved


@pytest.mark.parametrize("name", ASKED)
def test_identify_gives_the_numbers_of_the_files(looked, reference, name):
    _, crs, box, _ = ASKED[name]
    identified = looked[name]["identified"]
    (text,) = identified["texts"]
    x, y = point(box)
    truth = reference.at(["B04", "B08"], np.array([[x]]), np.array([[y]]), crs, ["2022-07-19"])
    assert truth.valid.all()
    assert truth.clear.all()
    for band in ("B04", "B08"):
        value, stored = re.search(rf"^\s*{band}\s+(\S+)\s+\(DN (\d+), offset -1000\)", text, re.MULTILINE).groups()
        assert float(value) == pytest.approx(truth.values[band][0, 0], rel=1e-5)
        assert int(stored) == round(truth.values[band][0, 0] * 10000) + 1000


@pytest.mark.parametrize("name", JOBS)
def test_the_crs_and_extent_are_understood(looked, reference, name):
    _, crs, _, _ = JOBS[name]
    answer = looked[name]
    assert answer["crs"] == crs
    left, bottom, right, top = answer["extent"]
    x, y = pyproj.Transformer.from_crs("EPSG:32631", crs, always_xy=True).transform(*MIDDLE)
    assert left < x < right
    assert bottom < y < top
