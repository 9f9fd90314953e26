"""Files that tell no place are declared one, by their item or their collection; what cannot be placed is refused."""

import json
import warnings

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning
from rasterio.rpc import RPC
from rasterio.warp import Resampling, reproject

from bandstand.catalog.sqlite import open_catalog
from bandstand.config.profiles import effective, load_profile
from bandstand.config.schema import Collection
from bandstand.engine.ingest import ingest
from bandstand.model.crs import parse_crs
from bandstand.read.library import Library

SIDE = 64
PLACE = (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_400_000.0)
UTM = parse_crs("EPSG:32631")
WKT = UTM.wkt
PROJJSON = json.loads(UTM.proj.to_json())


def write(path, *, place=None, crs=None, values=None, rpcs=None, gcps=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.arange(SIDE * SIDE, dtype="u2").reshape(SIDE, SIDE) if values is None else values
    options = {"transform": rasterio.Affine(*place)} if place else {}
    if gcps:
        options["gcps"] = gcps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", width=SIDE, height=SIDE, count=1, dtype="uint16", crs=crs, **options
        ) as file:
            file.write(values, 1)
            if rpcs:
                file.rpcs = rpcs
    return path


def take(folder, source, section=None):
    section = section or Collection(profile="generic")
    catalog = open_catalog(folder / "catalog.sqlite", writable=True)
    profile = effective(load_profile("generic"), section)
    report = ingest([str(source)], "c", section, profile, catalog, Library(), jobs=1)
    found = catalog.search("c")
    catalog.close()
    return found[0] if found else None, report


def item(folder, *, asset=None, properties=None):
    document = folder / "item.json"
    body = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": "one",
        "geometry": None,
        "properties": {"datetime": "2022-06-01T10:00:00Z", **(properties or {})},
        "links": [],
        "assets": {"red": {"href": "B04.tif", "type": "image/tiff", **(asset or {})}},
    }
    document.write_text(json.dumps(body))
    return document


SYSTEMS = [
    {"proj:code": "EPSG:32631"},
    {"proj:epsg": 32631},
    {"proj:epsg": None, "proj:wkt2": WKT},
    {"proj:projjson": PROJJSON},
    {"proj:code": None, "proj:epsg": None, "proj:projjson": PROJJSON},
]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("where", ["asset", "properties"])
def test_an_item_declares_the_system_of_its_file(tmp_path, system, where):
    write(tmp_path / "B04.tif", place=PLACE)
    scene, report = take(tmp_path, item(tmp_path, **{where: system}))
    assert (report.failed, report.warnings[1:]) == ((), ())
    grid = scene.assets["red"].grid
    assert (grid.crs, grid.bbox.min_x, grid.bbox.max_y) == (UTM, 500_000.0, 5_400_000.0)


@pytest.mark.parametrize("numbers", [list(PLACE), [*PLACE, 0, 0, 1]])
@pytest.mark.parametrize("shape", [{}, {"proj:shape": [SIDE, SIDE]}])
def test_an_item_declares_the_transform_of_its_file(tmp_path, numbers, shape):
    write(tmp_path / "B04.tif")
    properties = {"proj:code": "EPSG:32631", "proj:transform": numbers, **shape}
    scene, report = take(tmp_path, item(tmp_path, properties=properties))
    assert report.failed == ()
    assert scene.assets["red"].grid.bbox.min_x == 500_000.0


def test_a_transform_of_another_shape_is_refused(tmp_path):
    write(tmp_path / "B04.tif")
    properties = {"proj:code": "EPSG:32631", "proj:transform": list(PLACE), "proj:shape": [128, 128]}
    _, report = take(tmp_path, item(tmp_path, properties=properties))
    assert "has 64 x 64 pixels, its metadata place 128 x 128 (proj:shape)" in report.failed[0][1]


def test_the_asset_goes_before_the_item(tmp_path):
    write(tmp_path / "B04.tif", place=PLACE)
    properties, asset = {"proj:code": "EPSG:32632"}, {"proj:code": "EPSG:32631"}
    assert take(tmp_path, item(tmp_path, properties=properties, asset=asset))[0].assets["red"].grid.crs == UTM


def test_the_file_goes_before_its_metadata(tmp_path):
    write(tmp_path / "B04.tif", place=PLACE, crs="EPSG:32631")
    other = {"proj:code": "EPSG:32632", "proj:transform": [20.0, 0.0, 0.0, 0.0, -20.0, 0.0]}
    section = Collection(profile="generic", crs="EPSG:3857")
    grid = take(tmp_path, item(tmp_path, properties=other), section)[0].assets["red"].grid
    assert (grid.crs, grid.bbox.min_x) == (UTM, 500_000.0)


def test_a_collection_declares_the_system_of_its_files(tmp_path):
    write(tmp_path / "files" / "one.tif", place=PLACE)
    section = Collection(profile="generic", crs="EPSG:32631")
    scene, report = take(tmp_path, tmp_path / "files", section)
    assert report.failed == ()
    assert next(iter(scene.assets.values())).grid.crs == UTM


def test_a_new_system_in_the_configuration_places_the_scene_anew(tmp_path):
    write(tmp_path / "files" / "one.tif", place=PLACE)
    take(tmp_path, tmp_path / "files", Collection(profile="generic", crs="EPSG:32632"))
    scene, report = take(tmp_path, tmp_path / "files", Collection(profile="generic", crs="EPSG:32631"))
    assert (report.updated, next(iter(scene.assets.values())).grid.crs) == (1, UTM)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({}, "crs: of its collection, proj:code of its STAC item"),
        ({"proj:code": "EPSG:999999"}, 'cannot be placed in "EPSG:999999"'),
        ({"proj:code": "no system at all"}, 'cannot be placed in "no system at all"'),
        ({"proj:projjson": {"type": "nothing"}}, "cannot be placed in"),
    ],
)
def test_a_file_without_a_system_is_refused_with_what_to_do(tmp_path, properties, reason):
    write(tmp_path / "B04.tif", place=PLACE)
    _, report = take(tmp_path, item(tmp_path, properties=properties))
    assert reason in report.failed[0][1]


@pytest.mark.parametrize("numbers", [[1, 2], "x", [1, 2, 3, 4, 5, "y"], [0, 0, 0, 0, 0, 0], [None] * 6])
def test_a_strange_transform_is_refused(tmp_path, numbers):
    write(tmp_path / "B04.tif")
    _, report = take(tmp_path, item(tmp_path, properties={"proj:code": "EPSG:32631", "proj:transform": numbers}))
    assert len(report.failed) == 1


def test_a_file_with_rational_polynomials_only_is_refused_with_what_to_do(tmp_path):
    rpcs = RPC(
        height_off=10.0,
        height_scale=100.0,
        lat_off=45.0,
        lat_scale=0.1,
        line_den_coeff=[1.0] + [0.0] * 19,
        line_num_coeff=[0.0, 0.0, -1.0] + [0.0] * 17,
        line_off=32.0,
        line_scale=32.0,
        long_off=3.0,
        long_scale=0.1,
        samp_den_coeff=[1.0] + [0.0] * 19,
        samp_num_coeff=[0.0, 1.0] + [0.0] * 18,
        samp_off=32.0,
        samp_scale=32.0,
    )
    write(tmp_path / "files" / "one.tif", rpcs=rpcs)
    _, report = take(tmp_path, tmp_path / "files")
    assert "rational polynomial coefficients" in report.failed[0][1]
    assert "gdalwarp -rpc" in report.failed[0][1]


def radar():
    """Points as a radar image has them: turned, and bent a little."""
    places = [(c, r) for c in np.linspace(0, SIDE, 5) for r in np.linspace(0, SIDE, 5)]
    return [
        GroundControlPoint(r, c, 10 + 1e-3 * c + 3e-4 * r + 1e-6 * c * c, 50 - 1e-3 * r + 2e-4 * c, 0.0)
        for c, r in places
    ]


def test_a_file_with_ground_control_points_is_served_as_gdal_warps_it(tmp_path, archive):
    values = np.random.default_rng(5).integers(1, 60_000, (SIDE, SIDE)).astype("u2")
    write(tmp_path / "radar" / "one_20220601.tif", gcps=radar(), crs="EPSG:4326", values=values)
    opened = archive(
        "collections:\n  radar: {profile: generic, source: radar}\nlayers:\n  - {name: radar, collection: radar}\n"
    )
    grid = opened.grid("radar")
    found = opened.coverage("radar", grid, units="stored")
    truth = np.zeros((grid.height, grid.width), "u2")
    t = grid.transform
    reproject(
        values,
        truth,
        gcps=radar(),
        src_crs="EPSG:4326",
        dst_crs="EPSG:4326",
        dst_transform=rasterio.Affine(t.a, t.b, t.c, t.d, t.e, t.f),
        resampling=Resampling.nearest,
    )
    mine = np.where(found.valid[0], found.values[0], 0)
    assert (mine == truth).mean() > 0.95
    assert 0.5 < found.valid.mean() < 1


def test_the_fit_of_ground_control_points_is_told_when_ingested(tmp_path):
    write(tmp_path / "files" / "one.tif", gcps=radar(), crs="EPSG:4326")
    _, report = take(tmp_path, tmp_path / "files")
    assert "a polynomial of order 2 near its 25 ground control points" in report.warnings[0][1]


def test_points_without_a_system_are_declared_one(tmp_path):
    write(tmp_path / "files" / "one.tif", gcps=radar(), crs=rasterio.crs.CRS())
    assert "no coordinate reference system" in take(tmp_path, tmp_path / "files")[1].failed[0][1]
    scene, _ = take(tmp_path, tmp_path / "files", Collection(profile="generic", crs="EPSG:4326"))
    assert next(iter(scene.assets.values())).grid.crs == parse_crs("EPSG:4326")
