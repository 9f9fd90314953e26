"""Scenes of a series whose producer changed the unit: every number is in the unit that the coverage is described in."""

import netCDF4
import numpy as np
import pytest
import rasterio
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.engine.units import in_unit
from bandstand.model.field import Field
from bandstand.web.app import Settings, mount_services

SIDE = 32
OLD = np.random.default_rng(1).integers(1, 255, (SIDE, SIDE)).astype(np.uint8)
NEW = np.random.default_rng(2).integers(1, 3000, (SIDE, SIDE)).astype(np.int16)
CELSIUS, KELVIN = OLD * 0.5 - 20, NEW * 0.1 + 273.15
CONFIG = "crs: [EPSG:32631]\nlayers: [{name: c, collection: c}]\ncollections: {c: {source: scenes}}\n"


def scene(folder, name, values, unit, scale, offset):
    path = write_tiff(folder / "scenes" / name, values, nodata=0, name="t")
    with rasterio.open(path, "r+") as file:
        file.units, file.scales, file.offsets = (unit,), (scale,), (offset,)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Degrees Celsius in 2020, kelvins in 2022."""
    folder = tmp_path_factory.mktemp("units")
    values = NEW.copy()
    values[:10] = 0
    scene(folder, "a_20200101.tif", OLD, "degC", 0.5, -20)
    scene(folder, "a_20220101.tif", values, "K", 0.1, 273.15)
    made = open_archive(folder, CONFIG)
    yield made
    made.engine.close()


@pytest.fixture(scope="module")
def client(archive):
    return mount_services(archive.engine, Settings()).test_client()


def get(client, **keys):
    common = {"service": "WCS", "version": "2.0.1", "request": "GetCoverage", "coverageId": "c", "format": "image/tiff"}
    answer = client.get("/wcs", query_string={**common, **keys})
    assert answer.status_code == 200, answer.text
    return answer.data


@pytest.mark.parametrize("units", ["physical", "stored"])
def test_an_old_scene_is_told_in_the_unit_of_the_coverage(client, units):
    body = get(client, subset='time("2020-01-01")', units=units)
    with rasterio.MemoryFile(body) as memory, memory.open() as file:
        assert file.units == ("K",)
        np.testing.assert_allclose(file.read(1) * file.scales[0] + file.offsets[0], CELSIUS + 273.15, rtol=1e-6)
        assert units == "physical" or (file.read(1) == OLD).all()


def test_a_mosaic_of_both_is_in_one_unit(client):
    with rasterio.MemoryFile(get(client, subset='time("2020-01-01","2022-12-31")')) as memory, memory.open() as file:
        expected = np.where(np.arange(SIDE)[:, None] < 10, CELSIUS + 273.15, KELVIN)
        np.testing.assert_allclose(file.read(1), expected, rtol=1e-6)


def test_all_dates_of_a_file_are_in_one_unit(client):
    body = get(client, subset='time("2020-01-01","2022-12-31")', format="application/netcdf")
    with netCDF4.Dataset("memory", memory=body) as file:
        assert file["t"].units in {"K", "kelvin"}
        np.testing.assert_allclose(file["t"][0], CELSIUS + 273.15, rtol=1e-6)
        np.testing.assert_allclose(file["t"][1, 10:], KELVIN[10:], rtol=1e-6)


def test_feature_info_tells_the_value_in_that_unit_and_the_number_of_the_file(client, archive):
    x, y = archive.grid("c").transform(7.5, 20.5)
    answer = client.get(
        "/wms",
        query_string={
            "service": "WMS", "version": "1.3.0", "request": "GetFeatureInfo", "layers": "c", "query_layers": "c",
            "styles": "", "crs": "EPSG:32631", "bbox": f"{x - 5},{y - 5},{x + 5},{y + 5}", "width": 1, "height": 1,
            "i": 0, "j": 0, "info_format": "application/json", "time": "2020-01-01",
        },
    )  # fmt: skip
    told = answer.get_json()["features"][0]["properties"]
    assert (told["t"], told["t_unit"], told["t_dn"]) == (pytest.approx(CELSIUS[20, 7] + 273.15), "K", OLD[20, 7])


@pytest.mark.parametrize(
    ("value", "unit", "expected", "wanted"),
    [
        (0.0, "Cel", 273.15, "K"),
        (273.15, "K", 0.0, "Cel"),
        (212.0, "[degF]", 100.0, "Cel"),
        (100.0, "Cel", 212.0, "[degF]"),
        (1.0, "[ft_i]", 0.3048, "m"),
        (3937.0, "[ft_us]", 1200.0, "m"),
        (2.5, "km", 250000.0, "cm"),
        (1.0, "hPa", 1.0, "mbar"),
        (180.0, "deg", np.pi, "rad"),
        (7.0, "K", 7.0, "m"),
        (7.0, "", 7.0, "K"),
    ],
)
def test_units_are_led_into_each_other(value, unit, expected, wanted):
    found = in_unit(Field(name="t", dtype="float32", unit=unit), wanted)
    assert value * found.scale + found.offset == pytest.approx(expected, rel=1e-9, abs=1e-9)
