"""STAC documents as they are about: numbers unknown to JSON, marks of byte order, lists, ids used twice, copies."""

import json
import math

import numpy as np
import pytest
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Collection
from bandstand.engine.ingest import ingest
from bandstand.read.library import Library


@pytest.fixture
def catalog(tmp_path):
    opened = open_catalog(tmp_path / "catalog.sqlite", writable=True)
    yield opened
    opened.close()


@pytest.fixture
def take(catalog):
    """Ingest a source into collection `c`; hands back what failed."""

    def run(source, profile="sentinel-2-l2a"):
        section = Collection(profile=profile)
        known = effective(load_profile(profile), section)
        return ingest([str(source)], "c", section, known, catalog, Library()).failed

    return run


def item(folder, name="one", *, asset=None, properties=None, dtype="u2", **more):
    """An item beside its own `B04.tif`."""
    write_tiff(folder / "B04.tif", np.full((64, 64), 7, dtype))
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": name,
        "geometry": None,
        "properties": {"datetime": "2022-06-01T10:00:00Z", **(properties or {})},
        "links": [],
        "assets": {"B04": {"href": "./B04.tif", "type": "image/tiff", **(asset or {})}},
        **more,
    }


def put(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_not_is_null_and_spoils_no_catalogue(take, catalog, tmp_path, number):
    properties = {"view:sun_elevation": number, "deep": {"list": [1, number]}}
    put(tmp_path / "a" / "item.json", item(tmp_path / "a", properties=properties))
    assert take(tmp_path / "a") == ()
    kept = catalog.get("c", "one").properties
    assert (kept["view:sun_elevation"], kept["deep"]) == (None, {"list": [1, None]})
    assert [found.id for found in catalog.kinds("c")] == ["one"]


def test_a_nodata_value_may_be_nan_and_a_scale_may_not(take, catalog, tmp_path):
    told = {"nodata": math.nan, "raster:scale": math.nan, "raster:offset": math.inf}
    put(tmp_path / "a" / "item.json", item(tmp_path / "a", asset=told, dtype="f4"))
    assert take(tmp_path / "a", profile="generic") == ()
    field = catalog.get("c", "one").assets["B04"].field
    assert math.isnan(field.nodata)
    assert (field.scale, field.offset) == (1.0, 0.0)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_document_is_read_in_every_coding_of_unicode(take, catalog, tmp_path, coding):
    text = json.dumps(item(tmp_path / "a", properties={"title": "Röntgen"}), ensure_ascii=False)
    (tmp_path / "a" / "item.json").write_bytes(text.encode(coding))
    assert take(tmp_path / "a") == ()
    assert catalog.get("c", "one").properties["title"] == "Röntgen"


@pytest.mark.parametrize("name", ["items.json", "items.ndjson", "items.jsonl", "items.geojsonl"])
def test_a_document_may_list_items(take, catalog, tmp_path, name):
    items = [item(tmp_path / "a", "one"), item(tmp_path / "a", "two")]
    lines = "\r\n\r\n".join(map(json.dumps, items))
    (tmp_path / "a" / name).write_text(json.dumps(items) if name.endswith(".json") else lines)
    assert take(tmp_path / "a") == ()
    assert {found.id for found in catalog.search("c")} == {"one", "two"}


def test_an_asset_may_name_its_only_band_itself(take, catalog, tmp_path):
    document = item(tmp_path / "a")
    document["assets"] = {"data": {**document["assets"]["B04"], "eo:common_name": "red"}}
    put(tmp_path / "a" / "item.json", document)
    assert take(tmp_path / "a") == ()
    assert list(catalog.get("c", "one").assets) == ["B04"]


def test_an_id_may_be_used_in_two_collections(take, catalog, tmp_path):
    for name in ("first", "second"):
        put(tmp_path / "a" / name / "item.json", item(tmp_path / "a" / name, collection=name))
    assert take(tmp_path / "a") == ()
    assert {found.id for found in catalog.search("c")} == {"one", "second__one"}


def test_absolute_links_of_a_published_catalogue_lead_to_their_copies(take, catalog, tmp_path):
    home = "https://example.com/stac/v1"
    links = [("self", f"{home}/catalog.json"), ("root", "https://elsewhere.org/catalog.json")]
    links += [("child", f"{home}/sub%20set/collection.json"), ("child", f"{home}/other/collection.json")]
    put(
        tmp_path / "a" / "catalog.json",
        {"type": "Catalog", "stac_version": "1.0.0", "links": [{"rel": r, "href": h} for r, h in links]},
    )
    links = [("self", f"{home}/sub%20set/collection.json"), ("item", f"{home}/sub%20set/x/one.json")]
    put(
        tmp_path / "a" / "sub set" / "collection.json",
        {"type": "Collection", "stac_version": "1.0.0", "links": [{"rel": r, "href": h} for r, h in links]},
    )
    put(tmp_path / "a" / "sub set" / "x" / "one.json", item(tmp_path / "a" / "sub set" / "x"))
    missing = f"{home}/other/collection.json"
    assert take(tmp_path / "a" / "catalog.json") == ((missing, "remote items cannot be read yet; name a local copy"),)
    assert [found.id for found in catalog.search("c")] == ["one"]
