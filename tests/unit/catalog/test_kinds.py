"""The catalogue tells every band that any scene has, and brings files of before up to date."""

import dataclasses
import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from bandstand.catalog.sqlite import open_catalog
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.item import Asset, Item
from bandstand.model.time import Starts, TimeSpan

START = datetime(2022, 1, 1, tzinfo=UTC)
GRID = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0), 100, 100)
RING = [[3.0, 45.0], [3.1, 45.0], [3.1, 45.1], [3.0, 45.0]]


def scene(name, bands, *, day=0, lasts=timedelta(0), classes=None):
    start = START + timedelta(days=day)
    return Item(
        id=name,
        collection="c",
        time=TimeSpan(start, start + lasts),
        bbox=BBox(3.0, 45.0, 3.1, 45.1),
        footprint=json.dumps({"type": "Polygon", "coordinates": [RING]}),
        assets={
            band: Asset(
                band=band,
                href=f"/{name}/{band}.tif",
                plane=1,
                field=Field(name=band, dtype="uint16"),
                grid=GRID,
                version="1",
            )
            for band in bands
        },
        properties={"bandstand:classes": classes} if classes else {},
    )


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    yield opened
    opened.close()


def ids(items):
    return [item.id for item in items]


def test_each_kind_is_told_by_its_newest_scene(catalog):
    catalog.upsert(
        [
            scene("old", "ab", day=1),
            scene("older", "ab"),
            scene("more", "abc", day=2),
            scene("turned", "ba", day=3),
            scene("labelled", "ab", day=4, classes={"a": [[1, "Water"]]}),
            dataclasses.replace(scene("other", "x"), collection="d"),
        ]
    )
    assert ids(catalog.kinds("c")) == ["labelled", "turned", "more", "old"]


def test_a_kind_leaves_with_its_last_scene(catalog):
    catalog.upsert([scene("old", "abc"), scene("new", "ab", day=1)])
    catalog.remove("c", ["old"])
    assert ids(catalog.kinds("c")) == ["new"]


def test_a_replaced_scene_is_of_its_new_kind(catalog):
    catalog.upsert([scene("one", "abc")])
    catalog.upsert([scene("one", "ab")])
    assert [tuple(item.assets) for item in catalog.kinds("c")] == [("a", "b")]


def test_scenes_without_a_time_have_kinds_too(catalog):
    catalog.upsert([dataclasses.replace(scene("timeless", "ab"), time=TimeSpan(None, None))])
    assert ids(catalog.kinds("c")) == ["timeless"]


def test_an_unknown_collection_has_no_kinds(catalog):
    assert catalog.kinds("nobody") == ()


def test_composites_that_end_too_early_are_left_out(catalog):
    catalog.upsert(
        [
            scene("year", "a", lasts=timedelta(days=364)),
            scene("month", "a", lasts=timedelta(days=30)),
            scene("overpass", "a", lasts=timedelta(seconds=15)),
        ]
    )
    june = START + timedelta(days=160)
    found = catalog.search("c", times=(Starts(START, START, june),))
    assert ids(found) == ["overpass", "year"]
    assert ids(catalog.search("c", times=(Starts(START, START, june), TimeSpan(june, june)))) == ["overpass", "year"]
    assert len(catalog.search("c", times=(TimeSpan(START, START),))) == 3


def test_moments_tell_the_end_of_what_lasts(catalog):
    catalog.upsert([scene("month", "a", lasts=timedelta(days=30)), scene("instant", "a", day=1)])
    assert [moment.end for moment in catalog.moments("c")] == [START + timedelta(days=30), None]


def test_a_catalogue_of_version_1_learns_of_ends_and_kinds(tmp_path):
    path = tmp_path / "catalog.sqlite"
    opened = open_catalog(path, writable=True)
    opened.upsert([scene("old", "abc", lasts=timedelta(days=30)), scene("new", "ab", day=1)])
    opened.close()
    with sqlite3.connect(path) as plain:
        plain.execute("DROP INDEX item_kind")
        plain.execute("ALTER TABLE item DROP COLUMN kind")
        plain.execute("ALTER TABLE item DROP COLUMN t1")
        plain.execute("PRAGMA user_version = 1")
    plain.close()
    upgraded = open_catalog(path)
    assert ids(upgraded.kinds("c")) == ["new", "old"]
    assert [moment.end for moment in upgraded.moments("c")] == [START + timedelta(days=30), None]
    upgraded.close()
    writable = open_catalog(path, writable=True)
    assert writable.upsert([scene("old", "abc", lasts=timedelta(days=30))]).unchanged == 1
    writable.close()
