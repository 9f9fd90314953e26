"""Queries of the processing language give what numpy makes of the stored files, in float64, read by rasterio alone."""

import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
import yaml
from tests.fixtures.reference import centres

QUERIES = yaml.safe_load((Path(__file__).parent / "wcps_queries.yml").read_text(encoding="utf-8"))
CELL, LEFT, TOP, WIDTH, HEIGHT = 10.0, 280380.0, 5466240.0, 294, 208
"""The grid of the coverage, as the two tiles of the archive have it."""
WINDOWS = {"{w}": "[E(280980:281580), N(5465240:5465740)]", "{n}": "[E(281580:282380), N(5464640:5465240)]"}


@pytest.fixture
def ask(client):
    """Sends a query."""

    def send(text):
        for short, long in WINDOWS.items():
            text = text.replace(short, long)
        args = {"service": "WCS", "version": "2.0.1", "request": "ProcessCoverages", "query": text}
        return client.get("/wcs", query_string=args)

    return send


class Space(dict):
    """The names of the expected values: bands by date, numpy, and what condenses a list of dates."""

    def __init__(self, reference, transform, shape, crs):
        super().__init__(
            np=np, yes=_yes,
            sum_of=_skipping(np.nansum), mean_of=_skipping(np.nanmean), max_of=_skipping(np.nanmax),
            min_of=_skipping(np.nanmin), any_of=_skipping(np.nanmax), all_of=_skipping(np.nanmin),
        )  # fmt: skip
        self._reference = reference
        self._positions = centres(transform, *shape)
        self._crs = crs
        self.clear = np.ones(shape, bool)

    def fill(self, text):
        """Read what a text names."""
        names = set(re.findall(r"\b(?:B\d\w|SCL)\b", text)) | ({"B04", "B08"} if "ndvi" in text else set())
        for name in names:
            self[name] = Dates([self._read(name, date) for date in self._reference.dates])
        if "ndvi" in text:
            self["ndvi"] = (self["B08"] - self["B04"]) / (self["B08"] + self["B04"])

    def _read(self, name, date):
        found = self._reference.at([name], *self._positions, self._crs, [date])
        self.clear &= found.clear
        return np.where(found.valid, found.values[name], np.nan)


class Dates(np.ndarray):
    """The newest date as an array; a single number picks another date."""

    def __new__(cls, dates):
        made = np.asarray(dates[-1]).view(cls)
        made.dates = dates
        return made

    def __array_finalize__(self, _):
        self.dates = []

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [i.view(np.ndarray) if isinstance(i, Dates) else i for i in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __iter__(self):
        return iter(self.dates)

    def __getitem__(self, key):
        return self.dates[key] if isinstance(key, int | slice) else self.view(np.ndarray)[key]


def _yes(values, *known):
    defined = ~np.isnan(sum(np.asarray(one, float) for one in known))
    return np.where(defined, np.asarray(values, float), np.nan)


def _skipping(condense):
    def over(dates):
        stack = np.stack([np.asarray(date) for date in dates])
        nothing = np.isnan(stack).all(axis=0)
        return np.where(nothing, np.nan, condense(np.where(nothing, 0.0, stack), axis=0))

    return over


def _native(window):
    col, row, width, height = window
    return rasterio.Affine(CELL, 0, LEFT + col * CELL, 0, -CELL, TOP - row * CELL), (height, width)


def _of(query, key, space):
    with np.errstate(all="ignore"):
        space.fill(query[key])
        return eval(query[key], dict(space))


def test_there_are_many_queries_and_each_tells_its_origin():
    assert len(QUERIES) >= 40
    assert all(query["origin"] for query in QUERIES)


@pytest.mark.parametrize("query", [q for q in QUERIES if "expect" in q], ids=lambda q: q["name"])
def test_a_coverage_has_the_values_that_numpy_gives(ask, reference, query):
    answer = ask(query["query"])
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
        made, valid, profile = file.read(), file.read_masks() > 0, file.profile
    _check_grid(query, profile)
    space = Space(reference, profile["transform"], (profile["height"], profile["width"]), profile["crs"].to_string())
    expected = _of(query, "expect", space)
    expected = np.stack([np.asarray(one, float) for one in (expected if isinstance(expected, list) else [expected])])
    fair = np.broadcast_to(space.clear, expected.shape)
    assert profile["dtype"] == query.get("type", "float32")
    assert fair.mean() > 0.99
    assert (np.isfinite(expected) & fair).any()
    np.testing.assert_array_equal(valid[fair], np.isfinite(expected)[fair])
    both = fair & valid
    if query.get("steps"):
        # A product may lie a hair to either side of a whole number.
        assert (np.abs(made[both] - expected[both]) > 1e-4).mean() < 0.02
        assert np.abs(made[both] - expected[both]).max() <= 1.0 + 1e-6
    else:
        np.testing.assert_allclose(made[both], expected[both], rtol=1e-6, atol=2e-7)


def _check_grid(query, profile):
    if "size" in query:
        assert [profile["width"], profile["height"]] == query["size"]
    if "size" not in query and "crs" not in query:
        transform, shape = _native(query.get("window", (0, 0, WIDTH, HEIGHT)))
        assert profile["transform"] == transform
        assert (profile["height"], profile["width"]) == shape
    assert profile["crs"].to_string() == query.get("crs", "EPSG:32631")


@pytest.mark.parametrize("query", [q for q in QUERIES if "number" in q], ids=lambda q: q["name"])
def test_a_number_is_the_one_that_numpy_gives(ask, reference, query):
    answer = ask(query["query"])
    assert (answer.status_code, answer.mimetype) == (200, "text/plain"), answer.text
    transform, shape = _native(query.get("window", (0, 0, WIDTH, HEIGHT)))
    space = Space(reference, transform, shape, "EPSG:32631")
    expected = float(_of(query, "number", space))
    assert space.clear.all()
    assert float(answer.text) == pytest.approx(expected, rel=1e-9)
