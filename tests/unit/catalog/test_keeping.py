"""Scenes that are withdrawn, restored and removed, and what is told of all."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.catalog.test_sqlite import DAY, names, polygon, scene

from bandstand.catalog.sqlite import open_catalog
from bandstand.model.grid import BBox
from bandstand.model.time import TimeSpan

LATER = DAY + timedelta(days=1)


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    opened.upsert([scene("a"), scene("b", when=LATER, box=(5.0, 44.0, 6.0, 45.0)), scene("x", collection="other")])
    yield opened
    opened.close()


def state(catalog):
    """All that a reader can ask of the collection."""
    everywhere = BBox(-180.0, -90.0, 180.0, 90.0)
    found = catalog.get("s2", "b")
    return (
        names(catalog.search("s2")), names(catalog.search("s2", bbox=everywhere)),
        names(catalog.search("s2", ids=("b",))),
        found and replace(found, revision=0), catalog.boxes("s2"), catalog.moments("s2"), names(catalog.kinds("s2")),
        catalog.extent("s2"), catalog.count("s2"), len(catalog.properties("s2", "eo:cloud_cover")),
    )  # fmt: skip


def test_what_is_withdrawn_is_as_if_it_had_never_been(catalog, tmp_path):
    without = open_catalog(tmp_path / "without.sqlite", writable=True)
    without.upsert([scene("a"), scene("x", collection="other")])
    assert catalog.withdraw("s2", ["b"]) == 1
    assert state(catalog)[:3] + state(catalog)[3:] == state(without)
    assert catalog.count("other") == 1
    assert catalog.faults() == ()
    without.close()


def test_what_is_restored_is_as_it_was(catalog):
    before = state(catalog)
    revision = catalog.revision("s2")
    catalog.withdraw("s2", ["b"])
    between = catalog.revision("s2")
    assert catalog.restore("s2", ["b"]) == 1
    assert state(catalog) == before
    assert revision < between < catalog.revision("s2")
    assert catalog.search("s2", ids=("b",))[0].assets["B08"].index == b"index"


def test_a_scene_over_the_antimeridian_comes_back_whole(catalog):
    halves = [polygon(west, 0, east, 1)["coordinates"] for west, east in ((179, 180), (-180, -179))]
    catalog.upsert([scene("c", (-180.0, 0.0, 180.0, 1.0), geometry={"type": "MultiPolygon", "coordinates": halves})])
    before = state(catalog)
    catalog.withdraw("s2", ["c"])
    catalog.restore("s2", ["c"])
    assert state(catalog) == before
    assert names(catalog.search("s2", bbox=BBox(179.2, 0.0, 179.4, 1.0))) == ["c"]
    assert names(catalog.search("s2", bbox=BBox(-179.4, 0.0, -179.2, 1.0))) == ["c"]


def test_an_ingest_does_not_bring_a_withdrawn_scene_back(catalog):
    catalog.withdraw("s2", ["b"])
    assert catalog.upsert([scene("b", when=LATER, box=(5.0, 44.0, 6.0, 45.0))]).unchanged == 1
    assert catalog.upsert([scene("b", when=LATER, cloud=3.0)]).updated == 1
    assert names(catalog.search("s2")) == ["a"]
    assert catalog.get("s2", "b", withdrawn=True).cloud_cover == 3.0
    catalog.restore("s2", ["b"])
    assert names(catalog.search("s2", bbox=BBox(2.1, 44.1, 2.2, 44.2))) == ["b", "a"]
    assert catalog.faults() == ()


def test_what_is_as_it_should_be_is_left_alone(catalog):
    revision = catalog.revision("s2")
    assert (catalog.restore("s2", ["a"]), catalog.withdraw("s2", ["nix"]), catalog.withdraw("nix", ["a"])) == (0, 0, 0)
    assert catalog.revision("s2") == revision


def test_a_withdrawn_scene_can_be_removed(catalog):
    catalog.withdraw("s2", ["b"])
    assert catalog.remove("s2", ["b"]) == 1
    assert [entry.id for entry in catalog.listing("s2")] == ["a"]
    assert [file.item for file in catalog.files("s2")] == ["a"]


def test_a_collection_that_is_unknown_has_nothing_withdrawn_of_another(catalog):
    # Negative numbers are of withdrawn scenes: of no collection at all.
    catalog.withdraw("s2", ["a"])
    assert (catalog.count("nix"), catalog.kinds("nix"), catalog.listing("nix"), catalog.get("nix", "a")) == (
        0,
        (),
        (),
        None,
    )


def test_the_listing_tells_all_and_a_time_narrows_it(catalog):
    catalog.upsert([scene("t", when=None)])
    catalog.withdraw("s2", ["b"])
    assert [(e.id, e.withdrawn, e.files) for e in catalog.listing("s2")] == [
        ("b", True, 1),
        ("a", False, 1),
        ("t", False, 1),
    ]
    assert [e.id for e in catalog.listing("s2", times=(TimeSpan(LATER, None),))] == ["b"]
    assert [e.id for e in catalog.listing("s2", times=(TimeSpan(None, DAY),))] == ["a"]
    assert [e.id for e in catalog.listing("s2", times=(TimeSpan.instant(DAY), TimeSpan.instant(LATER)))] == ["b", "a"]


def test_files_and_holdings_count_withdrawn_scenes_apart(catalog):
    catalog.withdraw("s2", ["b"])
    other, mine = catalog.holdings()
    assert (mine.name, mine.items, mine.withdrawn, mine.files, mine.index_bytes) == ("s2", 1, 1, 2, 10)
    assert (mine.start, mine.end) == (DAY, LATER)
    assert (other.name, other.items, other.withdrawn) == ("other", 1, 0)
    assert [(f.item, f.href, f.withdrawn) for f in catalog.files("s2")] == [
        ("a", "/archive/a/B08.tif", False),
        ("b", "/archive/b/B08.tif", True),
    ]


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ("/archive/a/B08.tif", ("a",)),
        ("/archive/a", ("a",)),
        ("/archive/", ("a", "b")),
        ("/", ("a", "b")),
        ("/arch", ()),
        ("/archive/a/B0", ()),
        ("/archive/%", ()),
    ],
)
def test_what_lies_below_a_path(catalog, root, found):
    assert catalog.below("s2", root) == found


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DELETE FROM box", "is found nowhere"),
        ("DELETE FROM item_file", "has no file"),
        ("DELETE FROM collection", "is of no collection"),
        ("DELETE FROM item", "is found, and not there"),
    ],
)
def test_faults_are_found(catalog, tmp_path, damage, told):
    assert catalog.faults() == ()
    with sqlite3.connect(tmp_path / "catalog.sqlite") as plain:
        plain.execute(damage)
    plain.close()
    assert any(told in line for line in catalog.faults())
