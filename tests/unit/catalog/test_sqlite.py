"""The embedded catalogue finds exactly what lies there, whoever writes meanwhile."""

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandstand.catalog.sqlite import open_catalog
from bandstand.errors import CatalogUnavailable
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.item import Asset, Item
from bandstand.model.time import TimeSpan

DAY = datetime(2023, 6, 14, 10, 56, 19, 24000, tzinfo=UTC)
UTM = Grid(parse_crs("EPSG:32631"), Affine(10.0, 0.0, 399960.0, 0.0, -10.0, 4900020.0), 10980, 10980)


def polygon(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def scene(name, box=(2.0, 44.0, 3.0, 45.0), *, when=DAY, cloud=None, collection="s2", index=b"index", geometry=None):
    asset = Asset(
        band="B08",
        href=f"/archive/{name}/B08.tif",
        plane=1,
        field=Field(name="B08", dtype="uint16", nodata=0.0, scale=0.0001, offset=-0.1, common_name="nir"),
        grid=UTM,
        version="1-1",
        index=index,
    )
    return Item(
        id=name,
        collection=collection,
        time=TimeSpan.instant(when) if when else TimeSpan(None, None),
        bbox=BBox(*box),
        footprint=json.dumps(geometry or polygon(*box)),
        assets={"B08": asset},
        properties={} if cloud is None else {"eo:cloud_cover": cloud},
    )


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    yield opened
    opened.close()


def names(items):
    return [item.id for item in items]


def test_an_item_comes_back_as_it_went_in(catalog):
    item = scene("a", cloud=12.5)
    catalog.upsert([item])
    found = catalog.get("s2", "a")
    assert (found.time, found.bbox, found.footprint) == (item.time, item.bbox, item.footprint)
    assert (found.assets, dict(found.properties), found.cloud_cover) == (item.assets, {"eo:cloud_cover": 12.5}, 12.5)


def test_the_block_index_comes_back_with_its_asset(catalog):
    catalog.upsert([scene("a", index=b"\x00\x01block index")])
    assert catalog.get("s2", "a").assets["B08"].index == b"\x00\x01block index"


def test_a_nan_nodata_survives(catalog):
    item = scene("a")
    field = Field(name="B08", dtype="float32", nodata=float("nan"))
    asset = Asset(band="B08", href="/a.tif", plane=1, field=field, grid=UTM, version="1")
    catalog.upsert([Item(**{**_parts(item), "assets": {"B08": asset}})])
    assert catalog.get("s2", "a").assets["B08"].field.nodata != 0
    assert repr(catalog.get("s2", "a").assets["B08"].field.nodata) == "nan"


def _parts(item):
    return {
        name: getattr(item, name) for name in ("id", "collection", "time", "bbox", "footprint", "assets", "properties")
    }


def test_an_equal_item_is_unchanged_and_leaves_the_revision(catalog):
    catalog.upsert([scene("a")])
    before = catalog.revision("s2")
    assert catalog.upsert([scene("a")]).unchanged == 1
    assert catalog.revision("s2") == before


def test_a_changed_item_is_replaced_and_moves_the_revision(catalog):
    catalog.upsert([scene("a")])
    before = catalog.revision("s2")
    assert catalog.upsert([scene("a", (10.0, 0.0, 11.0, 1.0))]).updated == 1
    assert catalog.revision("s2") > before
    assert catalog.search("s2", bbox=BBox(2.0, 44.0, 3.0, 45.0)) == ()
    assert names(catalog.search("s2", bbox=BBox(10.2, 0.2, 10.3, 0.3))) == ["a"]


def test_a_removed_item_is_gone_and_moves_the_revision(catalog):
    catalog.upsert([scene("a"), scene("b")])
    before = catalog.revision("s2")
    assert catalog.remove("s2", ["a", "unknown"]) == 1
    assert names(catalog.search("s2", bbox=BBox(2.0, 44.0, 3.0, 45.0))) == ["b"]
    assert catalog.revision("s2") > before


def test_an_item_of_another_collection_is_never_served_from_memory(catalog):
    catalog.upsert([scene("a")])
    catalog.search("s2")
    catalog.remove("s2", ["a"])
    catalog.upsert([scene("b", collection="other")])
    assert names(catalog.search("other")) == ["b"]
    assert catalog.search("s2") == ()


def test_files_that_no_item_has_any_more_are_forgotten(catalog):
    catalog.upsert([scene("a"), scene("b")])
    catalog.remove("s2", ["a"])
    assert catalog._file.connection().execute("SELECT href FROM file").fetchall() == [("/archive/b/B08.tif",)]


def test_a_repeated_question_is_answered_anew_after_a_change(catalog):
    catalog.upsert([scene("a")])
    before = catalog.search("s2", bbox=BBox(2.0, 44.0, 3.0, 45.0))
    catalog.upsert([scene("b")])
    assert (names(before), names(catalog.search("s2", bbox=BBox(2.0, 44.0, 3.0, 45.0)))) == (["a"], ["a", "b"])


def test_collections_do_not_see_each_other(catalog):
    catalog.upsert([scene("a"), scene("a", collection="dem")])
    assert [i.collection for i in catalog.search("dem", bbox=BBox(2.0, 44.0, 3.0, 45.0))] == ["dem"]


def test_items_come_newest_first_then_by_id(catalog):
    later = DAY + timedelta(days=5)
    catalog.upsert([scene("b"), scene("a"), scene("c", when=later), scene("timeless", when=None)])
    assert names(catalog.search("s2")) == ["c", "a", "b", "timeless"]
    assert names(catalog.search("s2", limit=2)) == ["c", "a"]


def test_boxes_that_only_touch_share_no_area(catalog):
    catalog.upsert([scene("a", (2.0, 44.0, 3.0, 45.0))])
    assert catalog.search("s2", bbox=BBox(3.0, 44.0, 4.0, 45.0)) == ()


def test_a_hair_beyond_the_box_is_not_found_although_the_tree_rounds(catalog):
    catalog.upsert([scene("a", (2.0, 44.0, 3.0000001, 45.0))])
    assert catalog.search("s2", bbox=BBox(3.0000002, 44.0, 4.0, 45.0)) == ()
    assert names(catalog.search("s2", bbox=BBox(3.00000005, 44.0, 4.0, 45.0))) == ["a"]


def test_times_are_matched_to_the_microsecond(catalog):
    catalog.upsert([scene("a")])
    assert names(catalog.search("s2", times=(TimeSpan.instant(DAY),))) == ["a"]
    assert catalog.search("s2", times=(TimeSpan(DAY + timedelta(microseconds=1), None),)) == ()


def test_a_scene_over_the_antimeridian_is_found_on_both_sides_once(catalog):
    split = {
        "type": "MultiPolygon",
        "coordinates": [
            polygon(178.5, 65.0, 180.0, 66.0)["coordinates"],
            polygon(-180.0, 65.0, -179.0, 66.0)["coordinates"],
        ],
    }
    catalog.upsert([scene("fiji", (-180.0, 65.0, 180.0, 66.0), geometry=split)])
    assert names(catalog.search("s2", bbox=BBox(179.0, 65.2, 179.5, 65.5))) == ["fiji"]
    assert names(catalog.search("s2", bbox=BBox(-179.9, 65.2, -179.5, 65.5))) == ["fiji"]
    assert names(catalog.search("s2", bbox=BBox(179.0, 65.2, 181.0, 65.5))) == ["fiji"]
    assert catalog.search("s2", bbox=BBox(0.0, 65.2, 1.0, 65.5)) == ()
    assert catalog.moments("s2")[0].lon == pytest.approx(179.75)


def test_clouds_above_the_limit_are_left_out_and_unknown_ones_stay(catalog):
    catalog.upsert([scene("clear", cloud=3.0), scene("cloudy", cloud=90.0), scene("unknown")])
    assert names(catalog.search("s2", max_cloud_cover=20.0)) == ["clear", "unknown"]


def test_the_extent_names_systems_by_frequency(catalog):
    catalog.upsert([scene("a", (2.0, 44.0, 3.0, 45.0)), scene("b", (5.0, 40.0, 6.0, 41.0))])
    extent = catalog.extent("s2")
    assert (extent.lonlat, extent.crs, extent.resolution_m) == (BBox(2.0, 40.0, 6.0, 45.0), ("EPSG:32631",), 10.0)


def test_an_unknown_collection_is_empty(catalog):
    assert (catalog.search("x"), catalog.extent("x"), catalog.count("x"), catalog.revision("x")) == ((), None, 0, 0)
    assert catalog.moments("x") == ()


def test_a_batch_with_a_broken_item_leaves_nothing_behind(catalog):
    broken = Item(**{**_parts(scene("b")), "footprint": '{"type": "Polygon", "coordinates": []}'})
    with pytest.raises(ValueError, match="no positions"):
        catalog.upsert([scene("a"), broken])
    assert catalog.count("s2") == 0


def test_a_reader_sees_what_another_process_wrote(catalog, tmp_path):
    reader = open_catalog(tmp_path / "catalog.sqlite")
    assert reader.search("s2") == ()
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2]); import test_sqlite as t;"
        "t.open_catalog(Path(sys.argv[1]), writable=True).upsert([t.scene('a')])"
    )
    folder = __file__.rsplit("/", 1)[0]
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "catalog.sqlite"), folder], check=True)
    assert names(reader.search("s2")) == ["a"]
    assert reader.revision("s2") > 0
    reader.close()


def test_a_reader_writes_nothing(catalog, tmp_path):
    reader = open_catalog(tmp_path / "catalog.sqlite")
    with pytest.raises(CatalogUnavailable, match="reading only"):
        reader.upsert([scene("a")])
    reader.close()


def test_a_file_that_is_no_catalogue_is_refused(tmp_path):
    (tmp_path / "c.sqlite").write_text("this is not a database, but long enough to look like one" * 20)
    with pytest.raises(CatalogUnavailable, match="cannot be used"):
        open_catalog(tmp_path / "c.sqlite")


def test_a_catalogue_of_another_version_is_refused(tmp_path):
    opened = open_catalog(tmp_path / "c.sqlite", writable=True)
    opened._file.connection().execute("PRAGMA user_version = 99")
    opened.close()
    with pytest.raises(CatalogUnavailable, match="version 99"):
        open_catalog(tmp_path / "c.sqlite")


def test_threads_write_side_by_side(tmp_path):
    path = tmp_path / "c.sqlite"

    def write(worker):
        mine = open_catalog(path, writable=True)
        for number in range(20):
            mine.upsert([scene(f"{worker}-{number}")])
        mine.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = open_catalog(path)
    assert reader.count("s2") == 80
    assert len({item.revision for item in reader.search("s2")}) == 80
    reader.close()


coordinate = st.floats(-179.0, 179.0, allow_nan=False, width=32)
latitude = st.floats(-89.0, 89.0, allow_nan=False, width=32)
moment = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@st.composite
def boxes(draw):
    x, y = draw(coordinate), draw(latitude)
    wide, high = draw(st.floats(0.001, 20.0)), draw(st.floats(0.001, 20.0))
    return (x, y, min(x + wide, 180.0), min(y + high, 90.0))


@st.composite
def spans(draw):
    ends = sorted([draw(moment), draw(moment)])
    return TimeSpan(draw(st.sampled_from([ends[0], None])), draw(st.sampled_from([ends[1], None])))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(boxes(), st.one_of(st.none(), moment), st.one_of(st.none(), st.floats(0, 100))), max_size=30),
    st.lists(st.tuples(boxes(), st.lists(spans(), max_size=3), st.one_of(st.none(), st.floats(0, 100))), max_size=6),
)
def test_a_search_finds_what_a_look_at_every_scene_finds(tmp_path_factory, scenes, questions):
    catalog = open_catalog(tmp_path_factory.mktemp("c") / "c.sqlite", writable=True)
    items = [scene(f"{n}", box, when=when, cloud=cloud) for n, (box, when, cloud) in enumerate(scenes)]
    catalog.upsert(items)
    for box, times, most in questions:
        expected = {
            i.id
            for i in items
            if i.bbox.intersects(BBox(*box))
            and (not times or i.time.start is None or any(t.intersects(TimeSpan.instant(i.time.start)) for t in times))
            and (most is None or i.cloud_cover is None or i.cloud_cover <= most)
        }
        found = catalog.search("s2", bbox=BBox(*box), times=tuple(times), max_cloud_cover=most)
        assert set(names(found)) == expected
    catalog.close()


def test_a_change_is_dated_not_before_it_was_made(catalog):
    before = time.time()
    catalog.upsert([scene("a")])
    # File systems round down to some milliseconds.
    assert catalog.changed_ms() / 1000 > before - 0.05


def test_each_file_is_known_by_itself(tmp_path):
    made = [open_catalog(tmp_path / name, writable=True) for name in ("a.sqlite", "b.sqlite")]
    again = open_catalog(tmp_path / "a.sqlite")
    assert again.identity == made[0].identity != made[1].identity


def test_boxes_are_those_of_the_scenes_of_a_time(catalog):
    halves = [polygon(west, 0, east, 1)["coordinates"] for west, east in ((179, 180), (-180, -179))]
    across = {"type": "MultiPolygon", "coordinates": halves}
    catalog.upsert(
        [
            scene("a"),
            scene("b", (5.0, 44.0, 6.0, 45.0), when=DAY + timedelta(days=1)),
            scene("c", (-180.0, 0.0, 180.0, 1.0), when=DAY + timedelta(days=2), geometry=across),
            scene("d", collection="other"),
        ]
    )
    first, last = (2.0, 44.0, 3.0, 45.0), {(179.0, 0.0, 180.0, 1.0), (-180.0, 0.0, -179.0, 1.0)}
    assert set(catalog.boxes("s2")) == {first, (5.0, 44.0, 6.0, 45.0)} | last
    assert catalog.boxes("s2", times=(TimeSpan.instant(DAY),)) == (first,)
    assert set(catalog.boxes("s2", times=(TimeSpan(DAY + timedelta(days=2), None),))) == last
