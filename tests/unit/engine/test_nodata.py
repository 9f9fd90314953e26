"""Nodata that the file does not declare: the profile's or the configuration's masks all the same."""

import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import write_tiff

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.model.ask import Ask
from bandstand.model.request import Output, Request


def test_zero_is_nodata_where_only_the_profile_says_so(tmp_path):
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    values[:10] = 0
    folder = tmp_path / "S2A_31UDS_20220601_0_L2A"
    folder.mkdir()
    shape = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint16", "crs": "EPSG:32631"}
    place = rasterio.Affine(10, 0, 500000, 0, -10, 5400000)
    with rasterio.open(
        folder / "B04.tif", "w", tiled=True, blockxsize=16, blockysize=16, transform=place, **shape
    ) as file:
        file.write(values, 1)
    path = tmp_path / "config.yml"
    path.write_text(
        "catalog: {path: catalog.sqlite}\n"
        f"collections: {{s2: {{profile: sentinel-2-l2a, source: '{folder}'}}}}\n"
        "layers: [{name: s2, collection: s2, style: grey}]\n"
    )
    config = load_config(path, environment={})
    section = config.collections["s2"]
    profile = effective(load_profile(section.profile), section)
    catalog = open_catalog(config.catalog.path, writable=True)
    report = ingest(section.source, "s2", section, profile, catalog, open_library(), jobs=1)
    catalog.close()
    assert report.failed == ()
    engine = build_engine(config)
    layer = engine.layer("s2", "wcs")
    settled = engine.ask(layer, Ask(data=True, bands=("B04",), units="stored"))
    request = Request(
        layers=(settled,), grid=engine.domain(layer).grid, output=Output(kind="coverage", media_type="image/tiff")
    )
    body = engine.run(request).body
    with rasterio.MemoryFile(body if isinstance(body, bytes) else b"".join(body)) as memory, memory.open() as file:
        assert ((file.read_masks(1) != 0) == (values != 0)).all()
    engine.close()


def test_a_configured_nodata_masks_beside_that_of_the_file(archive, tmp_path):
    values = np.full((64, 64), 1000, np.uint16)
    values[:10] = 7
    values[10:20] = 0
    write_tiff(tmp_path / "one" / "a_20220601.tif", values, nodata=0, name="v")
    made = archive(
        "collections: {c: {profile: generic, source: one, bands: {v: {nodata: 7}}}}\n"
        "layers: [{name: c, collection: c, style: grey}]\n"
    )
    found = made.coverage("c", made.grid("c"), expr="w=v+1")
    np.testing.assert_array_equal(found.valid[0], values == 1000)


def test_a_nodata_that_is_the_files_is_not_looked_for_twice(archive, tmp_path, monkeypatch):
    write_tiff(tmp_path / "one" / "a_20220601.tif", np.ones((64, 64), np.float32), nodata=-9999.9, name="v")
    made = archive(
        "collections: {c: {profile: generic, source: one}}\nlayers: [{name: c, collection: c, style: grey}]\n"
    )
    monkeypatch.setattr("bandstand.engine.run._without_nodata", lambda *_: pytest.fail("masked twice"))
    assert made.coverage("c", made.grid("c")).valid.all()
