"""Coordinate reference systems: their order of axes is PROJ's, for every kind of axes there is."""

import math
import os
import subprocess
import sys
from functools import cache

import pyproj
import pytest
import rasterio
from pyproj.database import query_crs_info

from bandstand.cis.coverage import axis_labels, ordered_labels
from bandstand.errors import UnsupportedCrs
from bandstand.model.crs import WEB_MERCATOR, crs_from_wkt, parse_crs

EACH = 24
"""Codes of each pair of directions that are tried; there are thousands of those that are common."""

TRIED = ("east north", "north east", "north north", "south south", "west south", "south west")


@cache
def codes():
    """EPSG codes of projected systems, by the directions of their axes."""
    found = {}
    for info in query_crs_info(auth_name="EPSG", pj_types=["PROJECTED_CRS"]):
        first, second = (axis.direction for axis in pyproj.CRS.from_epsg(info.code).axis_info[:2])
        found.setdefault(f"{first} {second}", []).append(int(info.code))
    return found


def is_turned(code):
    """Whether PROJ has numbers in another order when it is asked for x, y than the authority wants them.

    None where it has no numbers at all, for want of the projection.
    """
    crs = pyproj.CRS.from_epsg(code)
    geographic, area = crs.geodetic_crs, crs.area_of_use
    lon = area.west + 0.37 * ((area.east - area.west) % 360)
    lat = area.south + 0.41 * (area.north - area.south)
    latitude_first = geographic.axis_info[0].direction == "north"
    try:
        as_map = pyproj.Transformer.from_crs(geographic, crs, always_xy=True).transform(lon, lat)
    except pyproj.exceptions.ProjError:
        return None
    as_told = pyproj.Transformer.from_crs(geographic, crs).transform(*((lat, lon) if latitude_first else (lon, lat)))
    assert all(map(math.isfinite, as_map))
    assert not math.isclose(*as_map)
    return as_map != pytest.approx(as_told, rel=1e-9)


@pytest.mark.parametrize("directions", TRIED)
def test_the_order_of_axes_is_that_of_proj(directions):
    known = codes()[directions]
    tried = known[:: max(1, len(known) // EACH)]
    told = {code: turned for code in tried if (turned := is_turned(code)) is not None}
    assert len(told) > len(tried) / 2
    assert {code: parse_crs(f"EPSG:{code}").north_first for code in told} == told


def test_no_pair_of_directions_is_left_out():
    # Systems of northing and westing are all of methods that PROJ does not have.
    others = set(codes()) - set(TRIED)
    assert {is_turned(code) for pair in others for code in codes()[pair]} == {None}


@pytest.mark.parametrize("code", [3031, 3413, 3995, 3976, 5041, 5042, 3571, 6931, 6932, 5936, 3411, 3412])
def test_around_a_pole_easting_comes_first_where_its_name_does(code):
    assert ordered_labels(parse_crs(f"EPSG:{code}")) == ("E", "N")


@pytest.mark.parametrize("code", [32661, 32761])
def test_around_a_pole_northing_comes_first_where_its_name_does(code):
    assert ordered_labels(parse_crs(f"EPSG:{code}")) == ("N", "E")


@pytest.mark.parametrize(("code", "labels"), [(2053, ("W", "S")), (3053, ("W", "N")), (5513, ("x", "y"))])
def test_axes_are_called_by_where_they_point(code, labels):
    assert axis_labels(parse_crs(f"EPSG:{code}")) == labels


@pytest.mark.parametrize("code", [3035, 3031, 32761, 31467, 2180, 5513, 4326])
@pytest.mark.parametrize("spelled", [rasterio.crs.CRS.from_epsg, pyproj.CRS.from_epsg])
def test_a_file_that_names_its_system_means_the_authority_s_order(code, spelled):
    known, read = parse_crs(f"EPSG:{code}"), crs_from_wkt(spelled(code).to_wkt())
    assert (read.key, read.north_first) == (known.key, known.north_first)


CODES = (
    "EPSG:3857",
    "EPSG:900913",
    "EPSG:3785",
    "EPSG:102100",
    "EPSG:102113",
    "ESRI:102100",
    "ESRI:102113",
    "GOOGLE:900913",
)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize(
    "pattern",
    [
        "{}:{}", "{}::{}", "urn:ogc:def:crs:{}::{}", "urn:x-ogc:def:crs:{}::{}", "urn:x-ogc:def:crs:{}:{}",
        "urn:ogc:def:crs:{}:{}", "urn:x-ogc:def:crs:{}:6.18:{}", "http://www.opengis.net/def/crs/{}/0/{}",
        "https://www.opengis.net/def/crs/{}/9.8.15/{}", "http://www.opengis.net/gml/srs/{}.xml#{}", "[{}:{}]",
    ],
)  # fmt: skip
def test_web_mercator_has_many_names(name, pattern):
    for authority in (name.split(":")[0], name.split(":")[0].lower()):
        assert parse_crs(pattern.format(authority, name.split(":")[1])) == WEB_MERCATOR


@pytest.mark.parametrize(
    "name", ["ESRI:4326", "ESRI:54009", "GOOGLE:3857", "EPSG:", "EPSG:::3857", "urn:ogc:def:crs:EPSG", "EPSG:9999999"]
)
def test_other_names_are_refused_with_examples(name):
    with pytest.raises(UnsupportedCrs, match="EPSG:3857"):
        parse_crs(name)


@pytest.mark.parametrize(
    "text",
    [
        pyproj.CRS.from_user_input("ESRI:102100").to_wkt("WKT1_ESRI"),
        pyproj.CRS.from_user_input("ESRI:102113").to_wkt("WKT1_ESRI"),
        pyproj.CRS.from_epsg(3785).to_wkt(),
        "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +no_defs",
    ],
)
def test_files_of_all_makers_are_in_the_same_web_mercator(text):
    assert crs_from_wkt(text) == WEB_MERCATOR


@pytest.mark.parametrize("code", [3395, 3832, 54004])
def test_another_mercator_is_another(code):
    proj = pyproj.CRS.from_user_input(f"{'ESRI' if code == 54004 else 'EPSG'}:{code}")
    assert crs_from_wkt(proj.to_wkt()) != WEB_MERCATOR


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("EPSG:7405", "EPSG:27700"),
        ("EPSG:5555", "EPSG:25832"),
        ("EPSG:9518", "EPSG:4326"),
        ("EPSG:4979", "EPSG:4326"),
        ("EPSG:4937", "EPSG:4258"),
        ("EPSG:32632+5773", "EPSG:32632"),
        ("EPSG:3031+5773", "EPSG:3031"),
        ("EPSG:32632+4979", "EPSG:32632"),
    ],
)
def test_a_system_with_heights_is_its_horizontal_part(name, key):
    """A grid of two axes is described in a system of two (GML 3.2.1, 10.1.3.2: srsDimension is that of the system)."""
    found = [crs_from_wkt(name), crs_from_wkt(pyproj.CRS.from_user_input(name).to_wkt())]
    found += [] if "+" in name else [parse_crs(name)]
    for crs in found:
        assert crs.key == key
        assert crs == parse_crs(key)
        assert crs.north_first == parse_crs(key).north_first
        assert len(crs.proj.axis_info) == 2


SPHERE = 'DATUM["d",SPHEROID["s",6378137,298.257223563]{}],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]'
UTM = (
    'PROJCRS["p",BASEGEOGCRS["b",DATUM["d",ELLIPSOID["s",6378137,298.257223563]]],CONVERSION["c",METHOD["{}"]],'
    'CS[Cartesian,2],AXIS["e",east],AXIS["n",north],LENGTHUNIT["metre",1]]'
)
LONLAT = (
    'GEOGCRS["x",DATUM["d",ELLIPSOID["s",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["lat",north],'
    'AXIS["lon",east],ANGLEUNIT["degree",0.0174532925199433]{}]'
)
BOUND = (
    f"BOUNDCRS[SOURCECRS[{LONLAT.format('')}],TARGETCRS[{LONLAT.format('')}],"
    'ABRIDGEDTRANSFORMATION["t",METHOD["NTv2",ID["EPSG",9615]],'
    'PARAMETERFILE["Latitude and longitude difference file","{}",ID["EPSG",8656]]]]'
)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "~/x", "http://127.0.0.1:1/x.tif", "C:\\x.gsb"])
@pytest.mark.parametrize(
    "text",
    [
        "+proj=longlat +ellps=WGS84 +nadgrids={} +type=crs",
        "+proj=longlat +ellps=WGS84 +nadgrids=@null,@{} +type=crs",
        '+proj=longlat +ellps=WGS84 +nadgrids="{}" +type=crs',
        "+proj=utm +zone=31 +ellps=WGS84 +geoidgrids={} +vunits=m +type=crs",
        "+proj=tinshift +file={} +type=crs",
        "+init={}:1",
        "init={}:1",
        f"GEOGCS[{SPHERE}]".replace("[DATUM", '["x",DATUM').format(',EXTENSION["PROJ4_GRIDS","{}"]'),
        f'GEOGCS["x",{SPHERE.format("")},EXTENSION["PROJ4","+proj=longlat +ellps=WGS84 +nadgrids={{}} +type=crs"]]',
        LONLAT.format(',REMARK["PROJ CRS string: +proj=longlat +ellps=WGS84 +nadgrids={} +type=crs"]'),
        UTM.format("PROJ tinshift file={}"),
        BOUND,
    ],
)
def test_a_system_that_names_a_file_by_its_path_is_refused(text, path):
    with pytest.raises(UnsupportedCrs, match="names a file by its path"):
        crs_from_wkt(text.format(path))


def test_a_system_in_json_that_names_a_file_by_its_path_is_refused():
    text = pyproj.CRS.from_user_input("+proj=longlat +ellps=WGS84 +nadgrids=here +type=crs").to_json()
    with pytest.raises(UnsupportedCrs, match="names a file by its path"):
        crs_from_wkt(text.replace('"here"', '"\\u002fetc\\u002fpasswd"'))


@pytest.mark.parametrize(
    "text",
    [
        "+proj=longlat +ellps=clrk66 +nadgrids=@conus,@alaska,@ntv2_0.gsb,@ntv1_can.dat +type=crs",
        "WGS 84 / UTM zone 31N",
        'PROJCS["a/b = c/d"'
        + pyproj.CRS.from_epsg(32631).to_wkt("WKT1_GDAL").removeprefix('PROJCS["WGS 84 / UTM zone 31N"'),
        LONLAT.format(',ID["x",1,URI["https://example.org/def/crs/x"]]'),
    ],
)
def test_names_and_addresses_that_nobody_opens_are_no_files(text):
    assert crs_from_wkt(text).key


def test_proj_asks_no_network_whatever_the_environment_says():
    code = "import bandstand.model.crs, pyproj.network as n; print(n.is_network_enabled())"
    environment = {**os.environ, "PROJ_NETWORK": "ON"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
