"""Nodata that numbers of other kinds cannot tell: whole numbers of 64 bits, and what one scene calls nodata and another
holds."""

import json

import netCDF4
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from lxml import etree
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

SIDE = 64
ONE = "layers: [{name: c, collection: c}]\ncollections: {c: {source: scenes%s}}\n"
SWE, GML = "{http://www.opengis.net/swe/2.0}", "{http://www.opengis.net/gml/3.2}"


def wide(path, values, nodata):
    """A GeoTIFF with a nodata that rasterio cannot write: GDAL's virtual files tell whole numbers exactly."""
    plain = write_tiff(path.with_name("plain.tif"), values)
    virtual = path.with_name("plain.vrt")
    rasterio.shutil.copy(plain, virtual, driver="VRT")
    band = "<NoDataValue>{}</NoDataValue><ColorInterp>"
    virtual.write_text(virtual.read_text().replace("<ColorInterp>", band.format(nodata)))
    rasterio.shutil.copy(virtual, path, driver="GTiff", TILED="YES", BLOCKXSIZE="64", BLOCKYSIZE="64")
    plain.unlink()
    virtual.unlink()


def get(archive, media_type):
    client = mount_services(archive.engine, Settings()).test_client()
    keys = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "c", "format": media_type}
    answer = client.get("/wcs", query_string=keys)
    assert answer.status_code == 200, answer.text
    return answer.data


def cells_of(document):
    """The texts of all cells and the nil value of the only field."""
    root = etree.fromstring(document)
    (nil,) = (node.text for node in root.iter(f"{SWE}nilValue"))
    (text,) = (node.text for node in root.iter(f"{GML}tupleList"))
    return text.split(), nil


@pytest.mark.parametrize(
    ("dtype", "nodata"),
    [
        ("int64", 2**63 - 1),
        ("int64", -(2**63)),
        ("int64", 2**53 + 1),
        ("int64", -(2**53) - 1),
        ("uint64", 2**64 - 1),
        ("uint64", 2**53 + 1),
    ],
)
@pytest.mark.parametrize("told", ["file", "configuration", "metadata"])
def test_whole_numbers_of_64_bits_are_nodata_to_the_last_digit(tmp_path, dtype, nodata, told):
    values = np.random.default_rng(1).integers(0, 100, (SIDE, SIDE)).astype(dtype)
    info = np.iinfo(dtype)
    near = [n for n in range(nodata - 2, nodata + 3) if n != nodata and info.min <= n <= info.max]
    values[: len(near)] = np.array(near, dtype)[:, None]
    values[10, :50] = nodata
    path = tmp_path / "scenes" / "a_20220601.tif"
    if told == "file":
        path.parent.mkdir()
        wide(path, values, nodata)
    else:
        write_tiff(path, values)
    if told == "metadata":
        asset = {"href": path.name, "type": "image/tiff", "raster:bands": [{"nodata": nodata}]}
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": "a", "geometry": None, "links": [],
            "properties": {"datetime": "2022-06-01T10:00:00Z"}, "assets": {"a_20220601": asset},
        }  # fmt: skip
        (path.parent / "a.json").write_text(json.dumps(item))
    own = f", bands: {{a_20220601: {{nodata: {nodata}}}, b1: {{nodata: {nodata}}}}}" if told == "configuration" else ""
    archive = open_archive(tmp_path, ONE % own)
    try:
        found = archive.coverage("c", archive.grid("c"), units="stored")
        (given,) = json.loads(get(archive, "application/prs.coverage+json"))["ranges"].values()
        cells, nil = cells_of(get(archive, "application/gml+xml"))
    finally:
        archive.engine.close()
    np.testing.assert_array_equal(found.values[0], values)
    expected = [None if number == nodata else number for number in values.ravel().tolist()]
    assert given["values"] == expected
    assert [None if cell == nil else int(cell) for cell in cells] == expected


@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_holes_of_64_bits_are_filled_with_what_no_cell_holds(tmp_path, dtype):
    info = np.iinfo(dtype)
    values = np.random.default_rng(1).integers(1, 100, (SIDE, SIDE)).astype(dtype)
    values[0, 0], values[0, 1] = info.min, 50
    write_tiff(tmp_path / "scenes" / "a_20220601.tif", values, nodata=50)
    write_tiff(tmp_path / "scenes" / "b_20220601.tif", np.full((SIDE, SIDE), 50, dtype), x=500000 + SIDE * 10)
    archive = open_archive(tmp_path, ONE % "")
    try:
        found = archive.coverage("c", archive.grid("c"), units="stored")
    finally:
        archive.engine.close()
    valid = np.concatenate([values != 50, np.ones((SIDE, SIDE), bool)], axis=1)
    whole = np.concatenate([values, np.full((SIDE, SIDE), 50, dtype)], axis=1)
    np.testing.assert_array_equal(found.values[0][valid], whole[valid])


def test_what_one_scene_calls_nodata_and_another_holds_is_told_apart_in_every_format(tmp_path):
    first = np.random.default_rng(1).integers(1, 100, (SIDE, SIDE)).astype(np.uint8)
    second = np.random.default_rng(2).integers(0, 3, (SIDE, SIDE)).astype(np.uint8)
    first[:20], second[:10] = 0, 255
    write_tiff(tmp_path / "scenes" / "a_20220601.tif", first, nodata=0, name="v")
    write_tiff(tmp_path / "scenes" / "b_20220601.tif", second, nodata=255, name="v", x=500000 + SIDE * 10)
    archive = open_archive(tmp_path, ONE % "")
    try:
        (given,) = json.loads(get(archive, "application/prs.coverage+json"))["ranges"].values()
        cells, nil = cells_of(get(archive, "application/gml+xml"))
        with netCDF4.Dataset("memory", memory=get(archive, "application/netcdf")) as file:
            filed = np.ma.filled(file["v"][:].astype(float), np.nan)
        with rasterio.MemoryFile(get(archive, "image/tiff")) as memory, memory.open() as file:
            tiff = file.read(1, masked=True).astype(float).filled(np.nan)
    finally:
        archive.engine.close()
    whole = np.concatenate([np.where(first == 0, np.nan, first), np.where(second == 255, np.nan, second)], axis=1)
    as_text = [np.nan if cell == nil else float(cell) for cell in cells]
    for found in (given["values"], as_text, filed, tiff):
        np.testing.assert_array_equal(np.array(found, float).reshape(whole.shape), whole)


def test_nodata_that_the_numbers_cannot_be_is_told_nowhere(tmp_path):
    values = np.random.default_rng(1).integers(0, 255, (3, SIDE, SIDE)).astype(np.uint8)
    write_tiff(tmp_path / "scenes" / "a_20220601.tif", values)
    own = "b1: {nodata: -9999}, b2: {nodata: 3.5}, b3: {nodata: .nan}"
    archive = open_archive(tmp_path, ONE % f", bands: {{{own}}}")
    try:
        assert [field.nodata for field in archive.engine.collection("c").fields] == [None, None, None]
        found = archive.coverage("c", archive.grid("c"))
    finally:
        archive.engine.close()
    assert found.valid.all()
    np.testing.assert_array_equal(found.values, values)
