"""One expression everywhere: coverage, feature info, map and tile agree with the files, computed by numpy in float64.

Two hundred random questions: an expression over bands of 10 and 20 m, a box across tiles and the seam of the zones, a
CRS, a time or an interval over both processing baselines. The reference shares no code with the server: rasterio
reads, pyproj takes every pixel's centre through the exact transform, Python evaluates the expression on arrays.
"""

import io
import json
import math
import random
from dataclasses import dataclass

import mercantile
import numpy as np
import pyproj
import pytest
import rasterio
from PIL import Image
from tests.fixtures.reference import centres

COUNT = 200
BANDS = ("B02", "B03", "B04", "B05", "B08", "B8A", "B11", "B12")
CODES = (32631, 32630, 3857, 4326, 3035)
TIMES = {
    "2021-06-14": ["2021-06-14"],
    "2021-09-02": ["2021-09-02"],
    "2022-05-15": ["2022-05-15"],
    "2022-07-19": ["2022-07-19"],
    "2021-06-01/2021-12-31": ["2021-06-14", "2021-09-02"],
    "2021-09-01/2022-05-31": ["2021-09-02", "2022-05-15"],
    "2021-06-14,2022-07-19": ["2021-06-14", "2022-07-19"],
    "2021/2022": ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"],
}
FORMS = (
    "({a}-{b})/({a}+{b})",
    "nd({a},{b})*{k}+{c}",
    "{k}*({a}-{b})/({a}+6*{b}-7.5*{c}+1)",
    "where({a}>{b},{a}-{b},({b}-{a})*{k})",
    "where({a}>{k}/10,{c},{b})",
    "sqrt(abs({a}*{b}))+{k}",
    "max({a},{b},{c})-min({a},{b},{c})",
    "log({a}+{k})/({b}+{k})",
    "clip({a}/{b},0,{k})",
    "({a}**2+{b}**2)**0.5",
    "atan2({a},{b})-{c}*{k}",
    "mean({a},{b},{c})/{k}",
    "exp(-{k}*{a})*{b}",
    "{a}*{k}-({b}-{c})**2",
    "-{a}+{b}/({c}+{k})",
    "(({a}-{b})/({a}+{b})-({c}-{b})/({c}+{b}))/{k}",
)
EDGE = (282000.0, 282500.0)
"""Eastings of the east end of the swath of 2022-05-15; farther east the scenes of 2021-09-02 are seen."""
LOW, HIGH = -2.0, 2.0
RAMP = {"RANGE": f"{LOW},{HIGH}", "COLORMAP": "#000000,#ffffff", "RESAMPLING": "nearest"}


def finite(values):
    """Undefined where it is not finite: division by zero is nodata in the middle of an expression, too."""
    return np.where(np.isfinite(values), values, np.nan)


WORDS = {
    "nd": lambda a, b: finite((a - b) / (a + b)),
    "where": np.where,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "log": np.log,
    "exp": np.exp,
    "atan2": np.arctan2,
    "clip": lambda x, low, high: np.clip(finite(x), low, high),
    "max": lambda *a: np.max(a, axis=0),
    "min": lambda *a: np.min(a, axis=0),
    "mean": lambda *a: np.mean(a, axis=0),
}


@dataclass(frozen=True)
class Question:
    expression: str
    bands: tuple[str, ...]
    code: int
    box: tuple[float, float, float, float]
    size: tuple[int, int]
    time: str


def questions():
    """The same ones in every run."""
    chance = random.Random(20240612)
    for _ in range(COUNT):
        a, b, c = chance.sample(BANDS, 3)
        form = chance.choice(FORMS)
        expression = form.format(a=a, b=b, c=c, k=round(chance.uniform(0.3, 2.5), 4))
        code = chance.choice(CODES)
        # Around the middle of either tile or the seam between them, in the eastern zone.
        x, y = chance.uniform(280400, 283000), chance.uniform(5464300, 5465900)
        time = chance.choice(list(TIMES))
        if chance.random() < 0.2:
            # Over the edge of a swath, where scenes of both baselines lie side by side.
            x, time = chance.uniform(*EDGE), "2021-09-01/2022-05-31"
        wide, high = chance.uniform(120, 900), chance.uniform(120, 700)
        size = (chance.randint(12, 60), chance.randint(12, 60))
        transform = pyproj.Transformer.from_crs(32631, code, always_xy=True)
        box = transform.transform_bounds(x, y, x + wide, y + high)
        bands = tuple(band for band in BANDS if band in expression)
        yield Question(f"v={expression}", bands, code, box, size, time)


QUESTIONS = list(questions())


def expected(question, found):
    """The expression on float64 arrays; NaN where undefined."""
    with np.errstate(all="ignore"):
        values = eval(question.expression.removeprefix("v="), {"__builtins__": {}}, {**WORDS, **found.values})
    return np.where(found.valid, finite(values), np.nan)


def coverage(client, question):
    crs = f"http://www.opengis.net/def/crs/EPSG/0/{question.code}"
    x, y = ("Long", "Lat") if question.code == 4326 else ("E", "N")
    left, bottom, right, top = question.box
    answer = client.get(
        "/wcs",
        query_string=[
            ("SERVICE", "WCS"),
            ("VERSION", "2.0.1"),
            ("REQUEST", "GetCoverage"),
            ("COVERAGEID", "s2_l2a"),
            ("SUBSET", f"{x}({left!r},{right!r})"),
            ("SUBSET", f"{y}({bottom!r},{top!r})"),
            ("SUBSETTINGCRS", crs),
            ("SCALESIZE", f"i({question.size[0]}),j({question.size[1]})"),
            ("EXPR", question.expression),
            ("TIME", question.time),
        ],
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    with rasterio.open(io.BytesIO(answer.get_data())) as file:
        return file.read(1), file.transform


def wms(client, question, transform, **keys):
    """A WMS request on exactly the coverage's grid."""
    width, height = question.size
    left, top = transform.c, transform.f
    right, bottom = left + width * transform.a, top + height * transform.e
    north_first = question.code in {4326, 3035}
    box = (bottom, left, top, right) if north_first else (left, bottom, right, top)
    fixed = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "LAYERS": "s2_l2a",
        "STYLES": "",
        "CRS": f"EPSG:{question.code}",
        "BBOX": ",".join(map(repr, box)),
        "WIDTH": width,
        "HEIGHT": height,
        "FORMAT": "image/png",
        "EXPR": question.expression,
        "TIME": question.time,
        "TRANSPARENT": "TRUE",
    }
    answer = client.get("/wms", query_string={**fixed, **RAMP, **keys})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer


def assert_painted(body, values, fair):
    """Every fair pixel the right grey or a neighbour of it, transparent where undefined."""
    picture = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA")).astype(int)
    undefined = np.isnan(values)
    np.testing.assert_array_equal((picture[..., 3] == 0)[fair], undefined[fair])
    step = np.rint((np.clip(values, LOW, HIGH) - LOW) / (HIGH - LOW) * 255)
    fair = fair & ~undefined
    assert np.abs(picture[..., 0] - step)[fair].max(initial=0) <= 1


@pytest.fixture(scope="module")
def tally():
    """How many pixels were compared, defined, and left out; looked at when all is done."""
    counted = {"pixels": 0, "left out": 0, "defined": 0, "seams": 0, "baselines": 0}
    yield counted
    if counted["pixels"] > 100_000:
        assert counted["left out"] < 0.025 * counted["pixels"], counted
        assert counted["defined"] > 0.5 * counted["pixels"], counted
        assert counted["seams"] > 10, counted
        assert counted["baselines"] > 15, counted


@pytest.mark.parametrize("number", range(COUNT))
def test_coverage_feature_info_and_map_agree_with_the_files(client, reference, tally, number):
    question = QUESTIONS[number]
    values, transform = coverage(client, question)
    x, y = centres(transform, *values.shape)
    found = reference.at(question.bands, x, y, f"EPSG:{question.code}", TIMES[question.time])
    truth, fair = expected(question, found), found.clear
    tally["pixels"] += fair.size
    tally["left out"] += int((~fair).sum())
    tally["defined"] += int(np.isfinite(truth).sum())
    scenes = [reference.scenes[n] for n in set(found.scene[found.valid])]
    tally["seams"] += len({scene.id.split("_")[1] for scene in scenes}) > 1
    tally["baselines"] += len({scene.offset for scene in scenes}) > 1
    np.testing.assert_allclose(values[fair], truth[fair], rtol=1e-6, atol=1e-9)
    for row, col in random.Random(number).sample(list(zip(*np.nonzero(fair), strict=True)), 3):
        answer = wms(
            client,
            question,
            transform,
            REQUEST="GetFeatureInfo",
            QUERY_LAYERS="s2_l2a",
            INFO_FORMAT="application/json",
            I=int(col),
            J=int(row),
        )
        features = json.loads(answer.get_data())["features"]
        told = features[0]["properties"]["v"] if features else None
        assert (math.nan if told is None else told) == pytest.approx(truth[row, col], rel=1e-6, abs=1e-9, nan_ok=True)
    assert_painted(wms(client, question, transform, REQUEST="GetMap").get_data(), truth, fair)


@pytest.mark.parametrize("number", range(0, COUNT, 8))
def test_the_tile_agrees_with_the_files(client, reference, number):
    question = QUESTIONS[number]
    to_degrees = pyproj.Transformer.from_crs(question.code, 4326, always_xy=True)
    tile = mercantile.tile(*to_degrees.transform(*question.box[:2]), 14)
    query = {"EXPR": question.expression, "TIME": question.time, **RAMP}
    answer = client.get(f"/xyz/s2_l2a/14/{tile.x}/{tile.y}.png", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    left, bottom, right, top = mercantile.xy_bounds(tile)
    transform = rasterio.Affine((right - left) / 256, 0, left, 0, (bottom - top) / 256, top)
    found = reference.at(question.bands, *centres(transform, 256, 256), "EPSG:3857", TIMES[question.time])
    assert found.clear.mean() > 0.99
    assert_painted(answer.get_data(), expected(question, found), found.clear)
