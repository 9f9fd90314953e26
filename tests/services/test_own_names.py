"""Every band of a file is served, can be asked for as the file calls it, and comes with its unit."""

import json

import netCDF4
import numpy as np
import pytest
import rasterio
from lxml import etree
from rasterio import Affine

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.load import load_config
from bandstand.config.profiles import effective, load_profile
from bandstand.engine.build import build_engine
from bandstand.engine.ingest import ingest
from bandstand.engine.ingest import library as open_library
from bandstand.web.app import Settings, mount_services

SIDE = 32
WEST, NORTH = 500_000.0, 5_000_000.0
FILES = {
    "twins": ("u", "v", "u", "v"),
    "alike": ("B-1", "B_1", "B 1"),
    "nameless": ("", "b1", "", "b3"),
    "odd": ("10m NDVI", "Rötung", "温度", "a/b:c", "B-1"),
    "taken": ("reflectance", "reflectance", "reflectance_2"),
    "cases": ("t", "T", "x-1", "X_1"),
    "many": tuple(f"band {number}" for number in range(1, 201)),
}
NAMES = {
    "twins": ("u", "v", "u_2", "v_2"),
    "alike": ("B_1_2", "B_1", "B_1_3"),
    "nameless": ("b1_2", "b1", "b3_2", "b3"),
    "odd": ("b10m_NDVI", "Rotung", "b3", "a_b_c", "B_1"),
    "taken": ("reflectance", "reflectance_3", "reflectance_2"),
    "cases": ("t", "T", "x_1", "X_1"),
    "many": tuple(f"band_{number}" for number in range(1, 201)),
}
UNITS = ("kelvin", "m/s", "", "kg m**-2")
CONFIG = "crs: [EPSG:32631]\ncatalog: {path: catalog.sqlite}\ncollections:\n"


def write(path, names, units=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    place = Affine(10.0, 0.0, WEST, 0.0, -10.0, NORTH)
    shape = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": len(names), "dtype": "uint16"}
    with rasterio.open(path, "w", crs="EPSG:32631", transform=place, interleave="band", **shape) as file:
        for plane, name in enumerate(names, start=1):
            file.write(np.full((SIDE, SIDE), 10 * plane, "uint16"), plane)
            if name:
                file.set_band_description(plane, name)
        for plane, unit in enumerate(units, start=1):
            file.set_band_unit(plane, unit)
    return path


def item(folder, asset):
    write(folder / "planes.tif", ("",) * 2)
    document = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": folder.name,
        "geometry": None,
        "properties": {"datetime": "2022-06-01T10:00:00Z"},
        "links": [],
        "assets": {"data": {"href": "planes.tif", "type": "image/tiff", **asset}},
    }
    (folder / "item.json").write_text(json.dumps(document))


STAC_UNITS = {
    "raster_bands": {
        "eo:bands": [{"name": "t"}, {"name": "w"}],
        "raster:bands": [{"unit": "kelvin"}, {"unit": "m s-1"}],
    },
    "bands": {"bands": [{"name": "t", "unit": "Kelvin"}, {"name": "w", "unit": "m/s"}]},
    "whole_asset": {"bands": [{"name": "t"}, {"name": "w", "unit": "m/s"}], "unit": "K"},
    "unnamed": {},
    "counted": {"raster:bands": [{"unit": "K"}, {"unit": "m/s"}]},
    "same_names": {"bands": [{"name": "t", "unit": "K"}, {"name": "t", "unit": "m/s"}]},
}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    for name, names in FILES.items():
        write(folder / name / "one_20220601.tif", names)
    write(folder / "units" / "one_20220601.tif", ("t", "w", "n", "rain"), UNITS)
    for name, asset in STAC_UNITS.items():
        item(folder / name, asset)
    write(folder / "dem" / "dem_20220601.tif", ("height",), ("US survey foot",))
    write(folder / "stated" / "one_20220601.tif", ("t",), ("kelvin",))
    collections = "".join(
        f"  {name}: {{profile: generic, source: {name}}}\n" for name in (*FILES, "units", *STAC_UNITS)
    )
    collections += "  dem: {profile: dem, source: dem}\n"
    collections += "  stated: {profile: generic, source: stated, bands: {t: {unit: mK}}}\n"
    layers = "".join(
        f"  - {{name: {name}, collection: {name}}}\n" for name in (*FILES, "units", *STAC_UNITS, "dem", "stated")
    )
    path = folder / "config.yml"
    path.write_text(f"{CONFIG}{collections}layers:\n{layers}")
    config = load_config(path, environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    for name, section in config.collections.items():
        profile = effective(load_profile(section.profile), section)
        report = ingest(section.source, name, section, profile, catalog, open_library(), jobs=1)
        assert (report.new, report.failed) == (1, ())
    catalog.close()
    engine = build_engine(config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


def coverage(client, layer, **keys):
    query = {
        "SERVICE": "WCS",
        "VERSION": "2.0.1",
        "REQUEST": "GetCoverage",
        "COVERAGEID": layer,
        "FORMAT": "image/tiff",
    }
    answer = client.get("/wcs", query_string={**query, **keys})
    assert answer.status_code == 200, answer.text
    return answer.data


def planes(body):
    with rasterio.MemoryFile(body) as memory, memory.open() as file:
        return file.descriptions, [int(plane[0, 0]) for plane in file.read()]


@pytest.mark.parametrize("layer", FILES)
def test_every_plane_has_a_name_of_its_own_and_its_own_numbers(client, layer):
    assert planes(coverage(client, layer)) == (NAMES[layer], [10 * n for n in range(1, len(NAMES[layer]) + 1)])


@pytest.mark.parametrize("layer", FILES)
def test_names_can_stand_in_a_description(client, layer):
    answer = client.get(f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID={layer}")
    names = etree.fromstring(answer.data).xpath("//*[local-name()='DataRecord']/*[local-name()='field']/@name")
    assert tuple(names) == NAMES[layer]


@pytest.mark.parametrize(
    ("layer", "name", "value"),
    [
        ("alike", "B-1", 10),
        ("alike", "B_1", 20),
        ("alike", "B 1", 30),
        ("odd", "10m NDVI", 10),
        ("odd", "Rötung", 20),
        ("odd", "温度", 30),
        ("odd", "a/b:c", 40),
        ("taken", "reflectance", 10),
        ("taken", "reflectance_2", 30),
        ("nameless", "b1", 20),
        ("twins", "u_2", 30),
        ("many", "band 200", 2000),
    ],
)
def test_a_band_is_asked_for_by_the_name_that_its_file_has_for_it(client, layer, name, value):
    assert planes(coverage(client, layer, EXPR=f'"{name}"*1'))[1] == [value]
    assert planes(coverage(client, layer, BANDS=name))[1] == [value]


@pytest.mark.parametrize(
    ("layer", "name", "value"),
    [("alike", "B-1", 10), ("odd", "10m NDVI", 10), ("odd", '"10m NDVI"', 10), ("odd", "a/b:c", 40)]
    + [("cases", name, 10 * number) for number, name in enumerate(("t", "T", "x_1", "X_1"), start=1)],
)
def test_a_range_subset_takes_such_names(client, layer, name, value):
    assert planes(coverage(client, layer, RANGESUBSET=name))[1] == [value]
    assert planes(coverage(client, layer, BANDS=name))[1] == [value]


def test_the_case_of_letters_does_not_count_where_one_name_is_meant(client):
    assert planes(coverage(client, "odd", RANGESUBSET="rotung"))[1] == [20]


def codes(client, layer):
    answer = client.get(f"/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID={layer}")
    fields = etree.fromstring(answer.data).iter("{*}field")
    return {field.get("name"): field.find(".//{*}uom").get("code") for field in fields}


def test_the_units_of_a_file_stand_in_the_range_type(client):
    assert codes(client, "units") == {"t": "K", "w": "m/s", "n": "10^0", "rain": "kg.m-2"}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("raster_bands", {"t": "K", "w": "m.s-1"}),
        ("bands", {"t": "K", "w": "m/s"}),
        ("whole_asset", {"t": "K", "w": "m/s"}),
        ("same_names", {"t": "K", "t_2": "m/s"}),
        ("unnamed", {"b1": "10^0", "b2": "10^0"}),
        ("counted", {"b1": "K", "b2": "m/s"}),
    ],
)
def test_the_units_of_an_item_stand_in_the_range_type(client, layer, expected):
    assert codes(client, layer) == expected


def test_a_file_in_feet_is_no_model_in_metres(client):
    assert codes(client, "dem") == {"elevation": "[ft_us]"}


def test_the_configuration_decides_over_the_unit_of_the_file(client):
    assert codes(client, "stated") == {"t": "mK"}


def test_units_stand_in_netcdf(client):
    body = coverage(client, "units", FORMAT="application/netcdf")
    with netCDF4.Dataset("memory", memory=body) as file:
        assert [file[name].units for name in ("t", "w", "n", "rain")] == ["K", "m/s", "1", "kg.m-2"]


def test_units_stand_in_geotiff(client):
    with rasterio.MemoryFile(coverage(client, "units")) as memory, memory.open() as file:
        assert [unit or "" for unit in file.units] == ["K", "m/s", "", "kg.m-2"]


def info(client, form):
    box = f"{WEST},{NORTH - 320},{WEST + 320},{NORTH}"
    return client.get(
        f"/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetFeatureInfo&LAYERS=units&QUERY_LAYERS=units&STYLES=&CRS=EPSG:32631"
        f"&BBOX={box}&WIDTH=8&HEIGHT=8&I=4&J=4&INFO_FORMAT={form}"
    ).text


def test_units_stand_in_feature_info(client):
    assert "10 K" in info(client, "text/plain")
    properties = json.loads(info(client, "application/json"))["features"][0]["properties"]
    assert (properties["t_unit"], properties["w_unit"], "n_unit" in properties) == ("K", "m/s", False)


def test_a_legend_tells_the_unit(client):
    legend = client.get(
        "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&LAYER=dem&FORMAT=application/json&SLD_VERSION=1.1.0"
    )
    assert "[ft_us]" in legend.text
