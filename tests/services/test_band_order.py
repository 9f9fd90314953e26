"""Bands leave in the order of their files, in every document and in every format, as GDAL shows them."""

import io
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
PLANES = ("red", "green", "blue", "nir", "Swir_1", "a2")
"""Neither the order of the alphabet nor its reverse."""
FILES = ("B1", "B2", "B10", "B10A", "B11")
CONFIG = """
crs: [EPSG:32631]
catalog: {path: catalog.sqlite}
collections:
  planes: {profile: generic, source: planes}
  files: {profile: generic, source: files, pattern: '(?P<id>scene)_(?P<band>\\w+)\\.tif'}
  items: {profile: generic, source: items/item.json}
  series: {profile: generic, source: series}
layers:
  - {name: planes, collection: planes}
  - {name: files, collection: files}
  - {name: items, collection: items}
  - {name: series, collection: series}
"""


def write(path, count, names=(), first=10):
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": count, "dtype": "uint16"}
    place = Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0)
    with rasterio.open(path, "w", crs="EPSG:32631", transform=place, **shape) as file:
        for plane in range(1, count + 1):
            file.write(np.full((SIDE, SIDE), first * plane, "uint16"), plane)
        for plane, name in enumerate(names, start=1):
            file.set_band_description(plane, name)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("order")
    write(folder / "planes/20220601.tif", len(PLANES), PLANES)
    for number, name in enumerate(FILES, start=1):
        write(folder / f"files/scene_{name}.tif", 1, first=10 * number)
    write(folder / "items/all.tif", 4)
    write(folder / "items/mask.tif", 1, first=50)
    named = [{"name": name, "common_name": name.lower()} for name in ("Red", "Green", "Blue", "NIR")]
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "one",
        "geometry": None,
        "properties": {"datetime": "2022-06-01T10:00:00Z"},
        "links": [],
        "assets": {
            "image": {"href": "all.tif", "type": "image/tiff", "eo:bands": named},
            "Cloud": {"href": "mask.tif", "type": "image/tiff"},
        },
    }
    (folder / "items/item.json").write_text(json.dumps(item))
    # The newest of three scenes has neither the first band nor one from within.
    write(folder / "series/s_20220601.tif", 4, ("red", "green", "blue", "nir"))
    write(folder / "series/s_20220602.tif", 3, ("red", "green", "nir"))
    write(folder / "series/s_20220603.tif", 2, ("green", "nir"))
    path = folder / "config.yml"
    path.write_text(CONFIG)
    config = load_config(path, environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    for name, section in config.collections.items():
        profile = effective(load_profile(section.profile), section)
        report = ingest(section.source, name, section, profile, catalog, open_library(), jobs=1)
        assert report.failed == ()
    catalog.close()
    engine = build_engine(config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


ORDERS = {
    "planes": PLANES,
    "files": FILES,
    "items": ("Red", "Green", "Blue", "NIR", "Cloud"),
    "series": ("red", "green", "blue", "nir"),
}
WCS = "/wcs?SERVICE=WCS"


def names_in(document, path):
    found = etree.fromstring(document).xpath(path)
    return tuple(str(name) for name in found)


@pytest.fixture(params=ORDERS)
def layer(request):
    return request.param


def test_the_range_type_of_wcs_2_has_the_order_of_the_file(client, layer):
    answer = client.get(f"{WCS}&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID={layer}")
    assert names_in(answer.data, "//*[local-name()='DataRecord']/*[local-name()='field']/@name") == ORDERS[layer]


def test_the_bands_of_wcs_1_1_have_the_order_of_the_file(client, layer):
    answer = client.get(f"{WCS}&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS={layer}")
    assert names_in(answer.data, "//*[local-name()='AvailableKeys']/*[local-name()='Key']/text()") == ORDERS[layer]


def test_the_bands_of_wcs_1_0_have_the_order_of_the_file(client, layer):
    answer = client.get(f"{WCS}&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE={layer}")
    values = "//*[local-name()='AxisDescription']//*[local-name()='singleValue']/text()"
    assert names_in(answer.data, values) == ORDERS[layer]


def coverage(client, layer, **keys):
    rest = "".join(f"&{key}={value}" for key, value in keys.items())
    return client.get(f"{WCS}&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID={layer}{rest}").data


def test_a_geotiff_has_the_planes_of_the_file(client, layer):
    with rasterio.MemoryFile(coverage(client, layer, FORMAT="image/tiff")) as memory, memory.open() as file:
        assert file.descriptions == ORDERS[layer]


def test_a_geotiff_has_the_numbers_of_the_planes(client):
    with rasterio.MemoryFile(coverage(client, "planes", FORMAT="image/tiff")) as memory, memory.open() as file:
        assert [int(plane[0, 0]) for plane in file.read()] == [10, 20, 30, 40, 50, 60]


def test_a_netcdf_has_its_variables_in_the_order_of_the_file(client, layer):
    body = coverage(client, layer, FORMAT="application/netcdf")
    with netCDF4.Dataset("memory", memory=body) as file:
        grids = [name for name, variable in file.variables.items() if variable.ndim == 2]
    assert tuple(grids) == ORDERS[layer]


def test_a_coverage_json_has_its_parameters_in_the_order_of_the_file(client, layer):
    document = json.loads(coverage(client, layer, FORMAT="application/prs.coverage%2Bjson"))
    assert tuple(document["ranges"]) == ORDERS[layer]


def test_wcps_gives_a_whole_coverage_in_the_order_of_the_file(client, layer):
    query = f'for $c in ({layer}) return encode($c, "image/tiff")'
    body = client.post(
        "/wcs", data={"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query}
    )
    with rasterio.MemoryFile(io.BytesIO(body.data)) as memory, memory.open() as file:
        assert file.descriptions == ORDERS[layer]


def test_a_range_of_bands_is_cut_in_the_order_of_the_file(client):
    with rasterio.MemoryFile(coverage(client, "planes", RANGESUBSET="green:Swir_1")) as memory, memory.open() as file:
        assert file.descriptions == ("green", "blue", "nir", "Swir_1")


@pytest.mark.parametrize("layer", ["planes", "files", "items"])
def test_feature_info_tells_the_bands_in_the_order_of_the_file(client, layer):
    extent = client.get(f"{WCS}&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID={layer}&FORMAT=image/tiff").data
    with rasterio.MemoryFile(extent) as memory, memory.open() as file:
        box = ",".join(map(str, file.bounds))
    answer = client.get(
        f"/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfo&STYLES=&SRS=EPSG:32631&BBOX={box}&WIDTH=8&HEIGHT=8"
        f"&LAYERS={layer}&QUERY_LAYERS={layer}&X=4&Y=4&INFO_FORMAT=application/json"
    )
    told = json.loads(answer.text)["features"][0]["properties"]
    assert tuple(name for name in told if name in ORDERS[layer]) == ORDERS[layer]
