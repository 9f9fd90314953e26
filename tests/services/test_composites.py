"""A scene of a whole year is found by every time within it, in every service, and published as what it is."""

import json

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
CONFIG = """
crs: [EPSG:32631, EPSG:3857]
catalog: {path: catalog.sqlite}
collections:
  years: {profile: generic, source: years, time: {resolution: day}}
layers:
  - {name: years, collection: years}
"""
SCENES = {
    "y2021": (21, {"datetime": None, "start_datetime": "2021-01-01T00:00:00Z", "end_datetime": "2021-12-31T23:59:59Z"}),
    "y2022": (22, {"datetime": None, "start_datetime": "2022-01-01T00:00:00Z", "end_datetime": "2022-12-31T23:59:59Z"}),
    "jan": (101, {"datetime": None, "start_datetime": "2022-01-01T00:00:00Z", "end_datetime": "2022-01-31T23:59:59Z"}),
    "day": (215, {"datetime": "2023-06-15T10:30:00Z"}),
}
"""Value of all pixels, and the properties that tell the time."""


def write(folder, name, value, properties):
    place = Affine(10.0, 0.0, WEST, 0.0, -10.0, NORTH)
    shape = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint8"}
    with rasterio.open(folder / f"{name}.tif", "w", crs="EPSG:32631", transform=place, **shape) as file:
        file.write(np.full((1, SIDE, SIDE), value, "uint8"))
    item = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "geometry": None,
        "properties": properties,
        "links": [],
        "assets": {"mean": {"href": f"{name}.tif", "type": "image/tiff"}},
    }
    (folder / f"{name}.json").write_text(json.dumps(item))


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("composites")
    (folder / "years").mkdir()
    for name, (value, properties) in SCENES.items():
        write(folder / "years", name, value, properties)
    path = folder / "config.yml"
    path.write_text(CONFIG)
    config = load_config(path, environment={})
    catalog = open_catalog(config.catalog.path, writable=True)
    section = config.collections["years"]
    profile = effective(load_profile("generic"), section)
    assert ingest(section.source, "years", section, profile, catalog, open_library(), jobs=1).failed == ()
    catalog.close()
    engine = build_engine(config)
    yield mount_services(engine, Settings()).test_client()
    engine.close()


BOX = f"{WEST},{NORTH - 320},{WEST + 320},{NORTH}"
MAP = f"SERVICE=WMS&VERSION=1.3.0&STYLES=&CRS=EPSG:32631&BBOX={BOX}&WIDTH=8&HEIGHT=8&LAYERS=years&FORMAT=image/png"


def first_value(body):
    with rasterio.MemoryFile(body) as memory, memory.open() as file:
        return int(file.read(1)[SIDE // 2 % file.height, SIDE // 2 % file.width])


def by_info(client, time):
    query = f"{MAP}&REQUEST=GetFeatureInfo&QUERY_LAYERS=years&I=4&J=4&INFO_FORMAT=application/json&TIME={time}"
    return json.loads(client.get(f"/wms?{query}").data)["features"][0]["properties"]["mean"]


def by_wcs_2(client, time):
    query = f'SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=years&SUBSET=time("{time}")&FORMAT=image/tiff'
    return first_value(client.get(f"/wcs?{query}").data)


def by_wcs_1_1(client, time):
    query = (
        "SERVICE=WCS&VERSION=1.1.1&REQUEST=GetCoverage&IDENTIFIER=years&FORMAT=image/tiff"
        f"&BOUNDINGBOX={BOX},urn:ogc:def:crs:EPSG::32631&TIMESEQUENCE={time}"
    )
    body = client.get(f"/wcs?{query}").data
    start = body.index(b"II*\0")
    return first_value(body[start : body.rindex(b"\r\n--")])


def by_wcs_1_0(client, time):
    query = (
        "SERVICE=WCS&VERSION=1.0.0&REQUEST=GetCoverage&COVERAGE=years&FORMAT=GeoTIFF&CRS=EPSG:32631"
        f"&BBOX={BOX}&WIDTH=8&HEIGHT=8&TIME={time}"
    )
    return first_value(client.get(f"/wcs?{query}").data)


def by_wcps(client, time):
    query = f'for $c in (years) return encode($c[ansi("{time}")], "image/tiff")'
    keys = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query}
    return first_value(client.post("/wcs", data=keys).data)


TILE = (
    "/wmts?SERVICE=WMTS&VERSION=1.0.0&REQUEST=GetTile&LAYER=years&STYLE=&TILEMATRIXSET=WebMercatorQuad"
    "&TILEMATRIX=12&TILEROW=1470&TILECOL=2082&FORMAT=image/png"
)
WAYS = (by_info, by_wcs_2, by_wcs_1_1, by_wcs_1_0, by_wcps)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("time", "value"),
    [
        ("2022-06-15", 22),
        ("2022-12-31", 22),
        ("2022-06-15T12:00:00Z", 22),
        ("2021-02-03", 21),
        ("2023-06-15", 215),
    ],
)
def test_a_time_within_the_year_gives_its_numbers(client, way, time, value):
    assert way(client, time) == value


@pytest.mark.parametrize(
    "address",
    [
        f"/wms?{MAP}&REQUEST=GetMap&RANGE=0,255&TIME=",
        "/xyz/years/12/2082/1470.png?range=0,255&time=",
        f"{TILE}&RANGE=0,255&TIME=",
    ],
)
def test_maps_and_tiles_draw_the_year_for_a_day_of_it(client, address):
    drawn = client.get(f"{address}2022-06-15")
    assert (drawn.status_code, drawn.data) == (200, client.get(f"{address}2022-11-01").data)
    assert drawn.data != client.get(f"{address}2021-11-01").data
    assert client.get(f"{address}2024-06-15").status_code == 400


def test_a_tile_in_the_path_of_a_day_within_draws_the_year(client):
    answer = client.get("/wmts/1.0.0/years/default/2022-06-15/WebMercatorQuad/12/1470/2082.png")
    assert answer.status_code == 200


def test_wms_publishes_ranges_and_takes_them_back(client):
    root = etree.fromstring(client.get("/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0").data)
    (text,) = root.xpath("//*[local-name()='Dimension']/text()")
    ranges = text.strip().split(",")
    assert ranges == ["2021-01-01/2021-12-31/P1D", "2022-01-01/2022-12-31/P1D", "2023-06-15"]
    assert {by_info(client, one) for one in ranges} <= {21, 22, 101, 215}
    assert by_info(client, ranges[0]) == 21


def test_wcs_1_publishes_periods(client):
    for address in (
        "/wcs?SERVICE=WCS&VERSION=1.0.0&REQUEST=DescribeCoverage&COVERAGE=years",
        "/wcs?SERVICE=WCS&VERSION=1.1.1&REQUEST=DescribeCoverage&IDENTIFIERS=years",
    ):
        root = etree.fromstring(client.get(address).data)
        periods = [[position.text for position in period] for period in root.iter("{*}timePeriod", "{*}TimePeriod")]
        assert periods == [["2021-01-01", "2021-12-31", "P1D"], ["2022-01-01", "2022-12-31", "P1D"]]


def test_wcs_2_publishes_periods(client):
    root = etree.fromstring(client.get("/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeCoverage&COVERAGEID=years").data)
    domain = root.find(".//{*}TimeDomain")
    told = [[part.text for part in entry] for entry in domain]
    assert told == [["2021-01-01", "2021-12-31"], ["2022-01-01", "2022-12-31"], ["2023-06-15"]]


def test_wmts_publishes_times_that_can_stand_in_a_path(client):
    root = etree.fromstring(client.get("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities").data)
    values = root.xpath("//*[local-name()='Dimension']/*[local-name()='Value']/text()")
    assert values == ["2021-01-01", "2022-01-01", "2023-06-15"]


def test_eo_finds_the_year_by_a_day_of_it_and_its_mosaic_has_its_own_scenes(client):
    query = "SERVICE=WCS&VERSION=2.0.1&REQUEST=DescribeEOCoverageSet&EOID=years_series"
    listed = client.get("/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCapabilities").data
    (name,) = etree.fromstring(listed).xpath("//*[local-name()='DatasetSeriesId']/text()")
    query = query.replace("years_series", name)
    day = client.get(f'/wcs?{query}&SUBSET=phenomenonTime("2022-06-15T00:00:00Z","2022-06-15T23:59:59Z")').data
    found = set(
        etree.fromstring(day).xpath("//*[local-name()='CoverageDescription']/*[local-name()='CoverageId']/text()")
    )
    assert "y2022" in found
    assert not {"jan", "y2021", "day"} & found
