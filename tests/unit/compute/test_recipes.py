"""Every named index: it reads, it computes what its publication says, and its range is a sane one."""

import math

import numpy as np
import pytest
import yaml

from bandstand.compute import Recipes, compile_expression, index_reports
from bandstand.errors import ConfigError
from bandstand.model.field import Field
from bandstand.model.layer import Collection
from bandstand.model.limits import Limits
from bandstand.share import shipped

FOLDER = shipped("evalscripts") / "indices"
FILES = sorted(FOLDER.glob("*.yml"))
COMMON = {
    "coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir16", "swir22",
}  # fmt: skip
RAMPS = {
    "rdylgn", "ylgn", "viridis", "blues", "ylgnbu", "rdbu", "brbg", "ylorrd", "spectral", "magma", "greys",
}  # fmt: skip


def gemi(n, r, **_):
    eta = (2 * (n * n - r * r) + 1.5 * n + 0.5 * r) / (n + r + 0.5)
    return eta * (1 - 0.25 * eta) - (r - 0.125) / (1 - r)


# Written from the publications, apart from the data files.
# b g r: visible; e1 e2 e3: red edges; n, a: B08, B8A; s, t: short waves.
FORMULAS = {
    "NDVI": lambda n, r, **_: (n - r) / (n + r),
    "GNDVI": lambda n, g, **_: (n - g) / (n + g),
    "NDWI": lambda n, g, **_: (g - n) / (g + n),
    "MNDWI": lambda s, g, **_: (g - s) / (g + s),
    "NDMI": lambda n, s, **_: (n - s) / (n + s),
    "NBR": lambda n, t, **_: (n - t) / (n + t),
    "NBR2": lambda s, t, **_: (s - t) / (s + t),
    "EVI": lambda n, r, b, **_: 2.5 * (n - r) / (n + 6 * r - 7.5 * b + 1),
    "EVI2": lambda n, r, **_: 2.5 * (n - r) / (n + 2.4 * r + 1),
    "SAVI": lambda n, r, **_: (n - r) / (n + r + 0.5) * 1.5,
    "OSAVI": lambda n, r, **_: (n - r) / (n + r + 0.16),
    "MSAVI": lambda n, r, **_: (2 * n + 1 - np.sqrt((2 * n + 1) ** 2 - 8 * (n - r))) / 2,
    "NDSI": lambda g, s, **_: (g - s) / (g + s),
    "NDBI": lambda n, s, **_: (s - n) / (s + n),
    "BSI": lambda s, r, n, b, **_: (s + r - n - b) / (s + r + n + b),
    "NDRE": lambda n, e1, **_: (n - e1) / (n + e1),
    "CIre": lambda n, e1, **_: n / e1 - 1,
    "CIgreen": lambda n, g, **_: n / g - 1,
    "MCARI": lambda e1, r, g, **_: ((e1 - r) - 0.2 * (e1 - g)) * e1 / r,
    "TCARI": lambda e1, r, g, **_: 3 * ((e1 - r) - 0.2 * (e1 - g) * e1 / r),
    "ARVI": lambda n, r, b, **_: (n - 2 * r + b) / (n + 2 * r - b),
    "VARI": lambda g, r, b, **_: (g - r) / (g + r - b),
    "GLI": lambda g, r, b, **_: (2 * g - r - b) / (2 * g + r + b),
    "PSRI": lambda r, b, e2, **_: (r - b) / e2,
    "S2REP": lambda e1, e2, e3, r, **_: 705 + 35 * (0.5 * (e3 + r) - e1) / (e2 - e1),
    "IRECI": lambda e1, e2, e3, r, **_: (e3 - r) * e2 / e1,
    "MTCI": lambda e1, e2, r, **_: (e2 - e1) / (e1 - r),
    "NDCI": lambda e1, r, **_: (e1 - r) / (e1 + r),
    "AWEIsh": lambda b, g, n, s, t, **_: b + 2.5 * g - 1.5 * (n + s) - 0.25 * t,
    "AWEInsh": lambda g, n, s, t, **_: 4 * (g - s) - 0.25 * n - 2.75 * t,
    "WRI": lambda g, r, n, s, **_: (g + r) / (n + s),
    "UI": lambda n, t, **_: (t - n) / (t + n),
    "SR": lambda n, r, **_: n / r,
    "DVI": lambda n, r, **_: n - r,
    "GEMI": gemi,
    "WDRVI": lambda n, r, **_: (0.1 * n - r) / (0.1 * n + r),
    "TVI": lambda n, r, **_: np.sqrt((n - r) / (n + r) + 0.5),
    "NGRDI": lambda g, r, **_: (g - r) / (g + r),
    "MSI": lambda n, s, **_: s / n,
    "ARI": lambda g, e1, **_: 1 / g - 1 / e1,
    "CRI1": lambda b, g, **_: 1 / b - 1 / g,
    "BAI": lambda n, r, **_: 1 / ((0.1 - r) ** 2 + (0.06 - n) ** 2),
    "BAIS2": lambda e2, e3, a, r, t, **_: (1 - np.sqrt(e2 * e3 * a / r)) * ((t - a) / np.sqrt(t + a) + 1),
    "RDVI": lambda n, r, **_: (n - r) / np.sqrt(n + r),
    "MSR": lambda n, r, **_: (n / r - 1) / np.sqrt(n / r + 1),
    "NMDI": lambda n, s, t, **_: (n - (s - t)) / (n + (s - t)),
    "IBI": lambda n, r, g, s, **_: (
        (2 * s / (s + n) - n / (n + r) - g / (g + s)) / (2 * s / (s + n) + n / (n + r) + g / (g + s))
    ),
}
LETTERS = {
    "B02": "b", "B03": "g", "B04": "r", "B05": "e1", "B06": "e2", "B07": "e3",
    "B08": "n", "B8A": "a", "B11": "s", "B12": "t",
}  # fmt: skip


def test_there_are_many():
    assert len(FILES) >= 40


@pytest.fixture(scope="module")
def reflectance():
    rng = np.random.default_rng(11)
    names = ["B01", *LETTERS]
    return {name: rng.integers(1100, 7000, (40, 40)).astype(np.uint16) for name in names}


@pytest.fixture(params=FILES, ids=[path.stem for path in FILES])
def recipe(request, recipes):
    return recipes.get(request.param.stem)


def test_its_file_has_its_name_and_it_tells_known_bands_and_ramps(recipe):
    assert (FOLDER / f"{recipe.name.lower()}.yml").exists()
    assert set(recipe.bands) <= COMMON
    assert recipe.ramp in RAMPS
    assert len(recipe.reference) > 15


def test_it_computes_on_reflectances(read, raster, recipe, reflectance):
    expression = read(recipe.name)
    result = expression(raster({name: reflectance[name] for name in expression.inputs}))
    assert expression.outputs == (recipe.name.lower(),)
    assert result.valid.mean() > 0.75
    low, high = recipe.range
    shown = result.values[result.valid]
    assert low < high
    assert ((shown >= low) & (shown <= high)).mean() > 0.2, "the range misses what random reflectances give"


@pytest.mark.parametrize("name", FORMULAS)
def test_it_equals_the_published_formula(read, raster, name, reflectance):
    expression = read(name)
    result = expression(raster({band: reflectance[band] for band in expression.inputs}))
    values = {LETTERS[band]: reflectance[band] * 1e-4 - 0.1 for band in expression.inputs}
    with np.errstate(all="ignore"):
        wanted = FORMULAS[name](**values)
    assert np.array_equal(result.valid[0], np.isfinite(wanted))
    shown = result.valid[0]
    np.testing.assert_allclose(result.values[0][shown], wanted[shown], rtol=1e-6, atol=1e-12)


def test_landsat_has_its_near_infrared_under_another_common_name(recipes):
    bands = {"SR_B4": "red", "SR_B5": "nir08"}
    fields = tuple(Field(name=n, dtype="uint16", nodata=0, common_name=c) for n, c in bands.items())
    landsat = Collection(name="l2", title="", profile="landsat", fields=fields)
    assert compile_expression("NDVI", landsat, recipes, limits=Limits()).inputs == ("SR_B5", "SR_B4")


def test_reports_speak_of_the_collection(recipes, collection):
    reports = {report.name: report for report in index_reports(recipes, collection)}
    assert reports["NDVI"].formula == "nd(B08, B04)"
    assert all(report.available for report in reports.values())


def test_without_a_collection_reports_speak_common_names(recipes):
    reports = {report.name: report for report in index_reports(recipes, None)}
    assert (reports["NDVI"].formula, reports["NDVI"].bands) == ("nd(nir, red)", ("red", "nir"))


def test_an_index_whose_bands_are_missing_is_not_available(recipes):
    dem = Collection(name="dem", title="", profile="dem", fields=(Field(name="height", dtype="float32"),))
    assert not any(report.available for report in index_reports(recipes, dem))


GOOD = {"name": "X", "title": "t", "formula": "nir/red", "bands": ["nir", "red"], "range": [0, 1], "ramp": "greys"}
BAD = [
    ({"titel": "x"}, 'titel: unknown key. Did you mean "title"?'),
    ({"formula": "nir/"}, "formula: expected a band"),
    ({"formula": "nir/blue"}, 'formula: unknown band "blue"'),
    ({"formula": "nir"}, "formula: uses nir, other than its bands"),
    ({"formula": "nir;red"}, "formula: has more than one output"),
    ({"range": [1, 0]}, "range: expected [low, high]"),
    ({"range": 3}, "range: expected [low, high]"),
    ({"bands": []}, "bands: expected a list"),
    ({"name": "a b"}, "name: expected letters"),
    ({"ramp": 3}, "ramp: expected a text"),
    ({"reference": None}, "reference: expected a text"),
]


@pytest.mark.parametrize(("change", "problem"), BAD)
def test_a_broken_recipe_is_refused_with_its_file(tmp_path, change, problem):
    path = tmp_path / "x.yml"
    path.write_text(yaml.safe_dump(GOOD | {"reference": "r"} | change), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Recipes.load([tmp_path])
    assert any(line.startswith(str(path)) and problem in line for line in caught.value.problems)


def test_a_missing_key_and_a_broken_file_are_both_told(tmp_path):
    (tmp_path / "a.yml").write_text(yaml.safe_dump(GOOD), encoding="utf-8")
    (tmp_path / "b.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Recipes.load([tmp_path])
    assert ["reference: missing" in caught.value.problems[0], "cannot be read" in caught.value.problems[1]] == [
        True
    ] * 2


def test_a_later_folder_wins(tmp_path, recipes):
    (tmp_path / "x.yml").write_text(yaml.safe_dump(GOOD | {"reference": "r", "name": "NDVI"}), encoding="utf-8")
    both = Recipes.load([FOLDER, tmp_path])
    assert (both.get("ndvi").formula, len(both)) == ("nir/red", len(recipes))


def test_ranges_are_finite(recipes):
    assert all(math.isfinite(low) and math.isfinite(high) for low, high in (r.range for r in recipes))
