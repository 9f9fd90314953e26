"""`bandstand check` tells every mistake at once, each once, and no more than there are."""

import numpy as np
import pytest
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.check import find_problems
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library

SOUND = """\
service: {contact: {name: Desk}}
catalog: {path: catalog.sqlite}
collections:
  s2: {profile: sentinel-2-l2a, source: s2}
layers:
  - {name: red, collection: s2, bands: [B04], style: grey}
"""


@pytest.fixture
def check(tmp_path):
    """The problems of a text beside an archive of one scene of B04 and B08, each without the file's place."""
    for band in ("B04", "B08"):
        write_tiff(tmp_path / "s2/S2A_31TCJ_20220601_0_L2A" / f"{band}.tif", np.full((64, 64), 2000, "u2"), nodata=0)
    path = tmp_path / "config.yml"
    path.write_text(SOUND)
    config = load_config(path, environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    section = config.collections["s2"]
    profile = effective(load_profile(section.profile), section)
    assert ingest(section.source, "s2", section, profile, catalog, open_library(), jobs=1).failed == ()
    catalog.close()

    def run(text):
        path.write_text(text)
        return [problem.removeprefix(f"{path}:") for problem in find_problems(path)]

    return run


def test_a_sound_file_has_no_problems(check):
    assert check(SOUND) == []


def test_details_of_a_band_that_no_scene_has_are_told(check):
    text = SOUND.replace("source: s2}", "source: s2, bands: {B4: {nodata: 7}, B02: {nodata: 7}, B08: {nodata: 7}}}")
    (problem,) = check(text)
    assert problem == (
        '4:57  warning  collections.s2.bands.B4: no scene has this band. Did you mean "B04"? There are: B04, B08.'
    )


MANY = """\
service: {contact: {name: Desk}}
catalog: {path: catalog.sqlite}
sever: {}
crs: [EPSG:3857, EPSG:999999]
limits: {map_max_width_px: wide}
collections:
  s2: {profile: sentinel-2-l2a, source: [s2, gone/away]}
  odd: {profile: nonsense, source: s2, native_crs: EPSG:0}
tile_matrix_sets:
  own: {crs: EPSG:32631, origin: [0, 0], resolutions: [1, 2], extent: [0, 0, 1, 1]}
wmts: {matrix_sets: [own, other]}
layers:
  - {name: a, collection: s2, stlye: grey}
  - {name: b, collection: s2, style: gray, expression: B04+B99}
  - {name: c, colection: s2}
  - {name: d, collection: s3}
  - {name: a, collection: s2}
  - {name: e, collection: s2, bands: [B04, B77], styles: [grey, nosuch]}
  - {collection: s2}
  - {name: f, collection: odd}
  - {name: g, collection: s2, expression: "B04 +"}
  - {name: h, collection: s2, style: true_color}
  - 7
"""
TOLD = {
    'file: unknown key "sever"',
    'crs[1]: CRS "EPSG:999999" is not known',
    "limits.map_max_width_px: expected a valid integer",
    "collections.s2.source[1]: there is no such file or folder",
    'collections.odd.profile: unknown profile "nonsense"',
    'collections.odd.native_crs: CRS "EPSG:0" is not known',
    "tile_matrix_sets.own.resolutions: expected cell sizes above 0, from coarse to fine",
    'wmts.matrix_sets[1]: unknown tile matrix set "other"',
    'layers[0]: unknown key "stlye"',
    'layers[1].style: unknown style "gray"',
    'layers[1].expression: unknown band "B99"',
    'layers[2]: unknown key "colection"',
    'layers[3].collection: unknown collection "s3"',
    'layers[4].name: "a" is taken by layers[0]',
    'layers[5].bands[1]: unknown band "B77"',
    'layers[5].styles[1]: unknown style "nosuch"',
    "layers[6].name: this key is needed",
    "layers[8].expression: ",
    "layers[9].style: ",
    "layers[10]: ",
}


def test_every_mistake_of_a_file_is_told_at_once_and_once(check):
    problems = [p for p in check(MANY) if "collections.odd: the catalogue has no scene" not in p]
    for expected in TOLD:
        assert sum(expected in p for p in problems) == 1, (expected, problems)
    assert [p for p in problems if not any(told in p for told in TOLD)] == []
    assert len(problems) == len(TOLD)


@pytest.mark.parametrize("expression", ["B04 +", "nope(B04)", "B04 $ 2"])
@pytest.mark.parametrize("layer", ["name: e, collection: empty", "name: e, collection: s3"])
def test_grammar_is_looked_at_where_no_band_is_known(check, layer, expression):
    text = SOUND.replace("layers:", "  empty: {profile: generic}\nlayers:")
    problems = check(f"{text}  - {{{layer}, expression: '{expression}'}}\n")
    assert sum("  error    layers[1].expression: " in problem for problem in problems) == 1


@pytest.mark.parametrize("expression", ["a1/b2 + pi", "NDVI > 0.3 && mask.clear", '"odd name" * 2'])
def test_a_sound_expression_of_unknown_bands_is_no_problem(check, expression):
    text = SOUND.replace("layers:", "  empty: {profile: generic}\nlayers:")
    (problem,) = check(f"{text}  - {{name: e, collection: empty, expression: '{expression}'}}\n")
    assert "collections.empty: the catalogue has no scene of it" in problem


def test_a_misspelt_key_hides_nothing(check):
    text = SOUND.replace("bands: [B04]", "bnads: [B04], expression: B99*2").replace("style: grey", "style: gray")
    problems = check(text)
    assert len(problems) == 3
    for told in ('unknown key "bnads"', 'unknown style "gray"', 'unknown band "B99"'):
        assert any(told in problem for problem in problems)


@pytest.mark.parametrize("source", ["gone", "gone/*.tif", "[s2, gone]", "s2/gone.tif"])
def test_a_source_that_is_not_there_is_told_with_its_line(check, source):
    (problem,) = check(SOUND.replace("source: s2", f"source: {source}"))
    assert problem.startswith("4:")
    assert "  warning  collections.s2.source" in problem
    assert "there is no such file or folder" in problem


@pytest.mark.parametrize("source", ["s2", "'s2/*'", "'s2/**/*.tif'", "https://example.com/x", "[s2, 's2/*/B04.tif']"])
def test_a_source_that_is_there_is_no_problem(check, source):
    assert check(SOUND.replace("source: s2", f"source: {source}")) == []


def test_a_broken_style_file_does_not_hide_an_expression(check, tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles/own.yml").write_text("kind: nonsense\n")
    text = "folders: {styles: styles}\n" + SOUND.replace("bands: [B04]", "expression: B99*2")
    problems = check(text)
    assert any("own" in p and "error" in p for p in problems)
    assert any("B99" in p for p in problems)
