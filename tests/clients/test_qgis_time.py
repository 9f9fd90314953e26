"""Time in QGIS: ranges of its temporal controller on a WMS, a chosen time of a WMTS, values under the identify tool."""

import re
from io import BytesIO
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np
import pytest
from PIL import Image
from tests.clients.programs import run_qgis

CRS = "EPSG:32631"
BOX = (281680.0, 5464780.0, 282320.0, 5465420.0)
TILED_BOX = (281360.0, 5464460.0, 282640.0, 5465740.0)
"""Whole pixels of the archive's tiles at 10 m."""
SIDE, TILED_SIDE = 256, 128
DATES = ("2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19")
WMS = (
    "crs=EPSG:32631&dpiMode=7&format=image/png&layers={layer}&styles&url={base}%2Fwms"
    f"&type=wmst&timeDimensionExtent={','.join(DATES)}&temporalSource=provider&allowTemporalUpdates=true"
)
WMTS = (
    "crs=EPSG:32631&dpiMode=7&format=image/png&layers={layer}&styles={style}&tileMatrixSet=UTM31"
    "&tileDimensions=Time%3D{time}&url={base}%2Fwmts%3FSERVICE%3DWMTS%26REQUEST%3DGetCapabilities"
)
RANGES = {
    "one day": ("2021-09-02T00:00:00Z", "2021-09-02T23:59:59Z"),
    "a summer": ("2021-06-01T00:00:00Z", "2021-10-01T00:00:00Z"),
    "years": ("2021-01-01T00:00:00Z", "2022-06-01T00:00:00Z"),
}
EMPTY = ("2019-01-01T00:00:00Z", "2019-02-01T00:00:00Z")
NEWEST = {"one day": "2021-09-02", "a summer": "2021-09-02", "years": "2022-05-15"}
STEPS = {
    "a week": (("2021-08-30T00:00:00Z", "2021-09-06T00:00:00Z"), "2021-09-02"),
    "a month": (("2022-07-01T00:00:00Z", "2022-08-01T00:00:00Z"), "2022-07-19"),
}
"""Steps of the temporal controller, and the only date inside."""
MODES = ("", "MatchUsingWholeRange", "MatchExactUsingStartOfRange", "FindClosestMatchToEndOfRange")
"""How QGIS matches a step; first the way that a layer has by itself."""
POINT = (BOX[0] + 40.5 * 2.5, BOX[3] - 70.5 * 2.5)
TILED_POINT = (TILED_BOX[0] + 52.5 * 10, TILED_BOX[3] - 60.5 * 10)
BANDS = ("B04", "B08")


@pytest.fixture(scope="module")
def looked(live, tmp_path_factory):
    """What QGIS made of every job, all in one run of it."""
    folder = tmp_path_factory.mktemp("qgis-time")
    base = quote(live, safe="")
    jobs = {}

    def add(name, uri, box, side, **rest):
        png = str(folder / f"{name.replace(' ', '-')}.png")
        jobs[name] = {"uri": uri, "crs": CRS, "extent": box, "width": side, "height": side, "png": png, **rest}

    for name, ends in {**RANGES, "empty": EMPTY}.items():
        add(name, WMS.format(layer="true_color", base=base), BOX, SIDE, range=ends)
    for name, ends in RANGES.items():
        add(f"ask {name}", WMS.format(layer="s2_l2a", base=base), BOX, SIDE, range=ends, identify=POINT)
    for mode in MODES:
        for name, (ends, _) in STEPS.items():
            uri = WMS.format(layer="true_color", base=base)
            add(f"{name} {mode}", uri, BOX, SIDE, range=ends, match=mode)
            uri = WMS.format(layer="s2_l2a", base=base)
            add(f"ask {name} {mode}", uri, BOX, SIDE, range=ends, match=mode, identify=POINT)
    for date in DATES:
        tiles = WMTS.format(layer="true_color", style="true_color", time=date, base=base)
        add(f"tiles of {date}", tiles, TILED_BOX, TILED_SIDE)
        tiles = WMTS.format(layer="s2_l2a", style="true_color", time=date, base=base)
        add(f"ask tiles of {date}", tiles, TILED_BOX, TILED_SIDE, identify=TILED_POINT)
    answers = run_qgis(list(jobs.values()), folder)
    return {name: answer | {"png": jobs[name]["png"]} for name, answer in zip(jobs, answers, strict=True)}


@pytest.fixture(scope="module")
def direct(live):
    """RGBA of a GetMap, asked without QGIS."""

    def get(time, box, side):
        query = "service=WMS&version=1.3.0&request=GetMap&layers=true_color&styles=&format=image/png&transparent=true"
        query += f"&crs={CRS}&bbox={','.join(map(repr, box))}&width={side}&height={side}&time={time}"
        with urlopen(f"{live}/wms?{query}") as answer:
            return rgba(BytesIO(answer.read()))

    return get


def rgba(source):
    with Image.open(source) as image:
        return np.asarray(image.convert("RGBA")).astype(int)


def numbers(answer):
    """The bands that the identify tool shows."""
    (text,) = answer["identified"]["texts"]
    # As text of lines, or as the rows of a page.
    return {band: float(re.search(rf"\b{band}(?:</th><td>|\s+)([\d.]+)", text)[1]) for band in BANDS}


def test_no_layer_makes_qgis_complain(looked):
    assert {name: answer["log"] + answer["errors"] for name, answer in looked.items()} == {name: [] for name in looked}
    assert all(answer["valid"] and answer["drawn"] for answer in looked.values())


def test_the_layer_has_the_times_of_its_dates(looked):
    assert looked["a summer"]["times"] == ["2021-06-14T00:00:00", "2022-07-19T00:00:00"]


@pytest.mark.parametrize("name", RANGES)
def test_a_range_draws_the_mosaic_of_its_dates(looked, direct, name):
    drawn, wanted = rgba(looked[name]["png"]), direct("/".join(RANGES[name]), BOX, SIDE)
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 100
    np.testing.assert_array_equal(drawn, wanted)


def test_ranges_of_other_years_draw_other_pictures(looked):
    assert (rgba(looked["one day"]["png"]) != rgba(looked["years"]["png"])).mean() > 0.1


def test_a_range_without_imagery_is_blank(looked):
    assert not rgba(looked["empty"]["png"])[..., 3].any()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STEPS)
def test_a_step_draws_the_date_inside_however_it_is_matched(looked, direct, name, mode):
    drawn, wanted = rgba(looked[f"{name} {mode}"]["png"]), direct(STEPS[name][1], BOX, SIDE)
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 100
    np.testing.assert_array_equal(drawn, wanted)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", STEPS)
def test_identify_within_a_step_gives_the_numbers_of_that_date(looked, reference, name, mode):
    truth = reference.at(list(BANDS), np.array([[POINT[0]]]), np.array([[POINT[1]]]), CRS, [STEPS[name][1]])
    assert (truth.valid.all(), truth.clear.all()) == (True, True)
    found = numbers(looked[f"ask {name} {mode}"])
    assert found == pytest.approx({band: truth.values[band][0, 0] for band in BANDS}, rel=1e-5)


@pytest.mark.parametrize("name", RANGES)
def test_identify_within_a_range_gives_the_numbers_of_its_newest_file(looked, reference, name):
    truth = reference.at(list(BANDS), np.array([[POINT[0]]]), np.array([[POINT[1]]]), CRS, [NEWEST[name]])
    assert (truth.valid.all(), truth.clear.all()) == (True, True)
    found = numbers(looked[f"ask {name}"])
    assert found == pytest.approx({band: truth.values[band][0, 0] for band in BANDS}, rel=1e-5)


@pytest.mark.parametrize("date", DATES)
def test_tiles_of_a_chosen_time_are_the_map_of_it(looked, direct, date):
    drawn, wanted = rgba(looked[f"tiles of {date}"]["png"]), direct(date, TILED_BOX, TILED_SIDE)
    assert len(np.unique(drawn.reshape(-1, 4), axis=0)) > 100
    assert (np.abs(drawn - wanted).max(axis=2) > 1).mean() <= 1e-3


@pytest.mark.parametrize("date", DATES)
def test_identify_on_tiles_gives_the_numbers_of_the_file(looked, reference, date):
    truth = reference.at(list(BANDS), np.array([[TILED_POINT[0]]]), np.array([[TILED_POINT[1]]]), CRS, [date])
    assert (truth.valid.all(), truth.clear.all()) == (True, True)
    found = numbers(looked[f"ask tiles of {date}"])
    assert found == pytest.approx({band: truth.values[band][0, 0] for band in BANDS}, rel=1e-5)
