"""What a plan costs is what it would read; what is too much is refused before a block is read."""

import dataclasses

import numpy as np
import pytest
import rasterio

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.errors import TooLarge
from bandstand.model.ask import Ask
from bandstand.model.grid import Grid
from bandstand.model.request import Output, Request

SIDE = 2048
MAP = Output(kind="map", media_type="image/png")


@pytest.fixture
def bare(tmp_path):
    """An engine on one raster without overviews, and the request of a small picture of all of it."""
    place = rasterio.Affine(10, 0, 500000, 0, -10, 5400000)
    shape = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint16", "crs": "EPSG:32631"}
    with rasterio.open(
        tmp_path / "20220601.tif", "w", tiled=True, transform=place, compress="deflate", **shape
    ) as file:
        file.write(np.ones((SIDE, SIDE), np.uint16), 1)
    path = tmp_path / "config.yml"
    path.write_text(
        "catalog: {path: catalog.sqlite}\n"
        f"collections: {{one: {{profile: generic, source: '{tmp_path / '20220601.tif'}'}}}}\n"
        "layers: [{name: one, collection: one, style: grey}]\n"
    )
    config = load_config(path, environment={})
    section = config.collections["one"]
    catalog = open_catalog(config.catalog.path, writable=True)
    profile = effective(load_profile(section.profile), section)
    ingest(section.source, "one", section, profile, catalog, open_library(), jobs=1)
    catalog.close()
    engine = build_engine(config)
    layer = engine.layer("one", "wms")
    grid = engine.domain(layer).grid
    request = Request(layers=(engine.ask(layer, Ask()),), grid=Grid.from_bbox(grid.crs, grid.bbox, 64, 64), output=MAP)
    yield engine, request
    engine.close()


def test_the_cost_counts_what_is_read_not_what_is_drawn(bare):
    engine, request = bare
    assert engine.plan(request).cost.read_bytes >= SIDE * SIDE * 2


def test_a_small_picture_that_reads_too_much_is_refused_before_a_block(bare, monkeypatch):
    engine, request = bare
    monkeypatch.setattr(engine, "limits", dataclasses.replace(engine.limits, read_max_bytes=1_000_000))
    monkeypatch.setattr("bandstand.read.cog.CogSource.read", lambda *_: pytest.fail("a block was read"))
    with pytest.raises(TooLarge, match=r"limits\.read_max_bytes"):
        engine.run(request)


def test_no_more_scenes_are_loaded_than_the_limit_and_one(engine, monkeypatch):
    limits = []
    search = engine.catalog.search

    def spy(collection, **how):
        limits.append(how.get("limit"))
        return search(collection, **how)

    monkeypatch.setattr(engine.catalog, "search", spy)
    layer = engine.ask(engine.layer("ndvi", "wms"), Ask(time="2000-01-01/2100-01-01"))
    grid = engine.domain(engine.layer("ndvi", "wms")).grid
    engine.plan(Request(layers=(layer,), grid=grid.crop(0, 0, 8, 8), output=MAP))
    assert limits[-1] == engine.limits.map_max_items + 1


def test_too_many_scenes_are_refused(engine, monkeypatch):
    monkeypatch.setattr(engine, "limits", dataclasses.replace(engine.limits, map_max_items=2))
    layer = engine.ask(engine.layer("ndvi", "wms"), Ask(time="2000-01-01/2100-01-01"))
    grid = engine.domain(engine.layer("ndvi", "wms")).grid
    with pytest.raises(TooLarge, match="more than 2 scenes"):
        engine.plan(Request(layers=(layer,), grid=grid, output=MAP))


def test_a_tag_never_names_newer_scenes_than_the_picture_has(engine, monkeypatch):
    order = []
    search, revision = engine.catalog.search, engine.catalog.revision
    monkeypatch.setattr(engine.catalog, "search", lambda *a, **k: order.append("search") or search(*a, **k))
    layer = engine.ask(engine.layer("ndvi", "wms"), Ask())
    grid = engine.domain(engine.layer("ndvi", "wms")).grid.crop(0, 0, 8, 8)
    monkeypatch.setattr(engine.catalog, "revision", lambda name: order.append("revision") or revision(name))
    order.clear()
    engine.plan(Request(layers=(layer,), grid=grid, output=MAP))
    assert order.index("revision") < order.index("search")
