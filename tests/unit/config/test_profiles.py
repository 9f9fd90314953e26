"""Profiles know the bands of a kind of collection under every name that people use."""

import pytest

from bandstand.config.profiles import collection, effective, load_profile, profile_names, read_classes
from bandstand.config.schema import Band, Collection, TimeSection
from bandstand.model.field import Field


@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_loads_and_bears_the_name_of_its_file(name):
    assert load_profile(name).name == name


@pytest.mark.parametrize("name", profile_names())
def test_no_two_bands_of_a_profile_answer_to_one_name(name):
    owners = {}
    for band in load_profile(name).bands:
        for spelling in {band.name, band.common_name, *band.aliases} - {""}:
            owners.setdefault(spelling.casefold(), set()).add(band.name)
    assert [spelling for spelling, bands in owners.items() if len(bands) > 1] == []


@pytest.mark.parametrize(
    ("asked", "band"),
    [("B08", "B08"), ("nir", "B08"), ("b8", "B08"), ("nir08", "B8A"), ("rededge1", "B05"), ("swir16", "B11"),
     ("swir22", "B12"), ("scl", "SCL"), ("red", "B04"), ("green", "B03"), ("blue", "B02"), ("coastal", "B01"),
     ("rededge2", "B06"), ("rededge3", "B07"), ("nir09", "B09"), ("aot", "AOT"), ("wvp", "WVP")],
)  # fmt: skip
def test_sentinel_2_bands_are_found_by_the_names_of_their_providers(asked, band):
    assert load_profile("sentinel-2-l2a").resolve(asked).name == band


def test_the_scene_classification_has_its_labels():
    known = collection("c", Collection(), load_profile("sentinel-2-l2a"))
    labels = dict(dict(known.classes)["SCL"])
    assert (len(labels), labels[6], labels[9]) == (12, "Water", "Cloud, high probability")
    assert known.field("SCL").categorical


def test_a_collection_resolves_aliases_and_common_names():
    known = collection("c", Collection(), load_profile("sentinel-2-l2a"))
    assert [known.resolve(n) for n in ("nir", "rededge1", "SCL", "nope")] == ["B08", "B05", "SCL", None]


def test_the_file_adds_to_a_profile_and_changes_it():
    section = Collection(
        bands={"B08": Band(title="Near", aliases=("infra",)), "CLD": Band(categorical=True)},
        time=TimeSection(default="all"),
    )
    profile = effective(load_profile("sentinel-2-l2a"), section)
    assert (profile.resolve("infra").title, profile.resolve("nir").name) == ("Near", "B08")
    assert (profile.band("CLD").categorical, profile.time.default) == (True, "all")


def test_data_types_are_those_of_the_files():
    known = collection(
        "c", Collection(), load_profile("dem"), observed=(Field(name="elevation", dtype="int16", nodata=-9),)
    )
    assert (known.field("elevation").dtype, known.field("elevation").nodata, known.field("elevation").unit) == (
        "int16",
        -9,
        "m",
    )


def test_a_profile_without_bands_takes_those_of_the_scenes():
    fields = (Field(name="b1", dtype="uint8"), Field(name="b2", dtype="uint8"))
    assert collection("c", Collection(), load_profile("generic"), observed=fields).fields == fields


def test_labels_of_the_scenes_hold_where_the_profile_has_none():
    known = collection("c", Collection(), load_profile("categorical"), labels={"class": ((1, "Forest"),)})
    assert known.classes == (("class", ((1, "Forest"),)),)


def test_classes_are_read_from_a_table(tmp_path):
    (tmp_path / "c.csv").write_text("value,label,colour\n1,Forest,#00ff00\n2,Water\n")
    assert [(c.value, c.label, c.colour) for c in read_classes(tmp_path / "c.csv")] == [
        (1, "Forest", "#00ff00"),
        (2, "Water", ""),
    ]


def test_a_broken_table_of_classes_is_told_with_its_line(tmp_path):
    (tmp_path / "c.csv").write_text("1,Forest\nx,Water\n")
    with pytest.raises(ValueError, match=r"c\.csv:2: expected value,label,colour"):
        read_classes(tmp_path / "c.csv")


def test_a_profile_of_ones_own_is_a_file(tmp_path):
    (tmp_path / "p.yml").write_text("name: mine\nbands: [{name: X}]\n")
    assert load_profile(str(tmp_path / "p.yml")).bands[0].name == "X"


def test_a_broken_profile_is_told_with_its_key(tmp_path):
    (tmp_path / "p.yml").write_text("name: mine\nbands: [{nam: X}]\n")
    with pytest.raises(ValueError, match=r"p\.yml is not one: bands\.0\."):
        load_profile(str(tmp_path / "p.yml"))


def test_every_mistake_of_a_profile_is_told(tmp_path):
    path = tmp_path / "own.yml"
    path.write_text("name: own\nbnads: []\nbands: [{name: a, nodata: none at all}]\ngrouping: heap\n")
    with pytest.raises(ValueError, match=r"grouping: .*bands\.0\.nodata: .*bnads: "):
        load_profile(str(path))
