"""Nodata that the file does not declare: the profile's or the configuration's masks all the same."""

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
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


CONFIG = (
    "collections: {c: {profile: generic, source: one, bands: {v: {nodata: %s}}}}\n"
    "layers: [{name: c, collection: c, style: grey}]\n"
)


@pytest.mark.parametrize("form", ["cog", "strips"])
@pytest.mark.parametrize(
    ("given", "masked"), [("255", (255,)), ("7", (7,)), ("none", ()), ("300", ()), ("0", (0,)), (".nan", ())]
)
def test_a_configured_nodata_replaces_that_of_the_file(archive, tmp_path, given, masked, form):
    values = np.arange(64 * 64).reshape(64, 64).astype(np.uint8)
    path = write_tiff(tmp_path / "one" / "a_20220601.tif", values, nodata=0, name="v")
    if form == "strips":
        # Read through GDAL.
        rasterio.shutil.copy(path, tmp_path / "copy.tif", driver="GTiff", tiled=False)
        (tmp_path / "copy.tif").replace(path)
    made = archive(CONFIG % given)
    found = made.coverage("c", made.grid("c"), expr="w=v+1")
    np.testing.assert_array_equal(found.valid[0], ~np.isin(values, masked))
    np.testing.assert_array_equal(found.values[0][found.valid[0]], values[found.valid[0]] + 1.0)


@pytest.mark.parametrize("kept", ["mask", "alpha"])
def test_a_configured_nodata_holds_beside_mask_and_alpha(archive, tmp_path, kept):
    values = np.full((64, 64), 100, np.uint8)
    values[:10] = 7
    clear = np.zeros((64, 64), np.bool_)
    clear[:, :20] = True
    alpha = np.where(clear, 0, 255).astype(np.uint8)
    path = tmp_path / "one" / "a_20220601.tif"
    planes = values if kept == "mask" else np.stack([values, values, values, alpha])
    write_tiff(path, planes, name="v")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        if kept == "mask":
            file.write_mask(~clear)
        else:
            file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    made = archive(CONFIG % "7")
    found = made.coverage("c", made.grid("c"), expr="w=v+1")
    np.testing.assert_array_equal(found.valid[0], (values == 100) & ~clear)


def test_a_mask_goes_before_the_nodata_of_its_file(archive, tmp_path):
    values = np.full((64, 64), 100, np.uint8)
    values[:10] = 7
    path = tmp_path / "one" / "a_20220601.tif"
    write_tiff(path, values, nodata=7, name="v")
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
        file.write_mask(np.ones((64, 64), np.bool_))
    with rasterio.open(path) as file:
        right = file.read_masks(1) != 0
    made = archive(
        "collections: {c: {profile: generic, source: one}}\nlayers: [{name: c, collection: c, style: grey}]\n"
    )
    found = made.coverage("c", made.grid("c"), bands=("v",), units="stored")
    assert right.all()
    np.testing.assert_array_equal(found.valid[0], right)
    np.testing.assert_array_equal(found.values[0], values)
