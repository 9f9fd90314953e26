"""Details of single bands in the configuration, where the profile names none: the other bands of the files stay."""

import json

import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.config.load import load_config
from bandstand.errors import ConfigError

SIDE = 32
VALUES = np.random.default_rng(3).integers(0, 12, (3, SIDE, SIDE)).astype(np.uint8)


def described(path, names, values=VALUES, **rest):
    write_tiff(path, values, **rest)
    with rasterio.open(path, "r+") as file:
        for number, name in enumerate(names, start=1):
            file.set_band_description(number, name)


def several(folder, names=("u", "v", "w")):
    described(folder / "scenes" / "a_20220601.tif", names)


def stac(folder):
    several(folder, ("", "", ""))
    asset = {"href": "a_20220601.tif", "type": "image/tiff", "eo:bands": [{"name": name} for name in "uvw"]}
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {"datetime": "2022-06-01T10:00:00Z"},
        "geometry": None, "links": [], "assets": {"data": asset},
    }  # fmt: skip
    (folder / "scenes" / "a.json").write_text(json.dumps(item))


def files(folder):
    for name, plane in zip("uvw", VALUES, strict=True):
        write_tiff(folder / "scenes" / "a_20220601" / f"{name}.tif", plane)


def files_of_other_words(folder):
    for name, plane in zip("uvw", VALUES, strict=True):
        write_tiff(folder / "scenes" / "a_20220601" / f"{name}.tif", plane, name="Gray")


@pytest.fixture
def make(tmp_path):
    opened = []

    def made(bands, *, rest=""):
        text = (
            "layers: [{name: c, collection: c}]\n"
            f"collections: {{c: {{profile: generic, source: scenes, bands: {bands}{rest}}}}}\n"
        )
        opened.append(open_archive(tmp_path, text))
        return opened[-1]

    yield made
    for archive in opened:
        archive.engine.close()


def names(archive):
    return [field.name for field in archive.engine.collection("c").fields]


PATTERN = r", pattern: '(?P<id>\w+)/(?P<band>\w)[.]tif'"


@pytest.mark.parametrize(
    ("write", "rest"), [(several, ""), (stac, ""), (files, ""), (files, PATTERN)], ids=["one", "stac", "files", "told"]
)
def test_the_other_bands_stay_as_they_are_in_the_files(tmp_path, make, write, rest):
    write(tmp_path)
    archive = make("{v: {nodata: 7}}", rest=rest)
    assert names(archive) == ["u", "v", "w"]
    found = archive.coverage("c", archive.grid("c"), bands=("u", "v", "w"), units="stored")
    np.testing.assert_array_equal(found.values[found.valid], VALUES[found.valid])
    np.testing.assert_array_equal(found.valid, [np.ones((SIDE, SIDE)), VALUES[1] != 7, np.ones((SIDE, SIDE))])


def test_details_are_those_of_the_configuration(tmp_path, make):
    several(tmp_path)
    archive = make("{v: {title: Northward, unit: m/s, scale: 0.5, offset: -2, common_name: nir}}")
    u, v, w = archive.engine.collection("c").fields
    assert (v.title, v.unit, v.scale, v.offset, v.common_name) == ("Northward", "m/s", 0.5, -2.0, "nir")
    assert {(f.title, f.unit, f.scale, f.offset) for f in (u, w)} == {("", "", 1.0, 0.0)}
    found = archive.coverage("c", archive.grid("c"), bands=("nir", "w"))
    np.testing.assert_allclose(found.values, [VALUES[1] * 0.5 - 2, VALUES[2]])


def test_a_name_of_the_configuration_is_given_to_the_band_that_is_its_alias(tmp_path, make):
    several(tmp_path, ("u", "V component", "w"))
    archive = make("{v: {aliases: [V component], nodata: 7}}")
    assert names(archive) == ["u", "v", "w"]
    for spelling in ("v", "V component"):
        found = archive.coverage("c", archive.grid("c"), bands=(spelling,))
        np.testing.assert_array_equal(found.valid[0], VALUES[1] != 7)


def test_details_go_to_the_name_that_a_band_is_published_by(tmp_path, make):
    several(tmp_path, ("u", "u", "B-1"))
    archive = make("{u_2: {nodata: 7}, B_1: {nodata: 3, title: One}}")
    assert names(archive) == ["u", "u_2", "B_1"]
    found = archive.coverage("c", archive.grid("c"), bands=("u", "u_2", "B-1"))
    np.testing.assert_array_equal(found.valid, [np.ones((SIDE, SIDE)), VALUES[1] != 7, VALUES[2] != 3])


def test_a_band_of_the_configuration_is_known_by_the_name_of_its_file(tmp_path, make):
    files_of_other_words(tmp_path)
    assert names(make("{u: {}, v: {nodata: 7}, w: {}}")) == ["u", "v", "w"]


def test_a_layer_may_offer_bands_that_the_configuration_does_not_speak_of(tmp_path):
    several(tmp_path)
    layers = "catalog: {{path: c.sqlite}}\nlayers: [{{name: c, collection: c, bands: [u, v]}}]\n"
    text = layers + "collections: {{c: {{source: scenes, {}}}}}"
    path = tmp_path / "config.yml"
    path.write_text(text.format("bands: {v: {nodata: 7}}"))
    assert load_config(path, environment={}).layers[0].bands == ("u", "v")
    path.write_text(text.format("profile: dem, bands: {v: {nodata: 7}}"))
    with pytest.raises(ConfigError, match='unknown band "u"'):
        load_config(path, environment={})


def test_a_scale_of_zero_is_no_scale(tmp_path, make):
    several(tmp_path)
    with rasterio.open(tmp_path / "scenes" / "a_20220601.tif", "r+") as file:
        file.scales, file.offsets = (0.0, 1.0, 1.0), (3.0, 0.0, 0.0)
    archive = make("{}")
    found = archive.coverage("c", archive.grid("c"))
    np.testing.assert_array_equal(found.values, VALUES)


def test_a_scale_of_zero_is_refused_in_the_configuration(tmp_path):
    path = tmp_path / "config.yml"
    path.write_text("collections: {c: {source: scenes, bands: {v: {scale: 0}}}}\n")
    with pytest.raises(ConfigError, match="a scale of 0 would leave nothing of the numbers"):
        load_config(path, environment={})


@pytest.mark.parametrize("said", ["scale: 1e19", "scale: 1e-300", "offset: 1e300"])
@pytest.mark.parametrize("section", ["bands: {{v: {{{}}}}}", "radiometry: {{{}}}"])
def test_numbers_beyond_what_floats_hold_are_refused_in_the_configuration(tmp_path, said, section):
    path = tmp_path / "config.yml"
    path.write_text(f"collections: {{c: {{source: scenes, {section.format(said)}}}}}\n")
    with pytest.raises(ConfigError, match=r"lies beyond what can be computed with: from 1e-18 to 1e\+18"):
        load_config(path, environment={})
