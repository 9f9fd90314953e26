"""netCDF: GDAL, xarray and the netCDF library read what was written, and CF's words stand where CF wants them."""

import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import netCDF4
import numpy as np
import pyproj
import pytest
import rasterio
import rioxarray  # noqa: F401 - adds `rio` to xarray's objects
import xarray

from bandstand.encode.registry import find_format, formats
from bandstand.errors import InvalidParameter
from bandstand.model.crs import crs_from_wkt, parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, BBox, Grid
from bandstand.model.raster import Cube, Image, Raster
from bandstand.model.request import Output
from bandstand.model.time import TimeSpan

TYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]
NETCDF = find_format("netcdf", "cube")
BOXES = {
    "EPSG:32631": BBox(400003.5, 5000000.25, 400903.5, 5000700.25),
    "EPSG:4326": BBox(2.1, 40.3, 2.9, 40.7),
    "CRS:84": BBox(2.1, 40.3, 2.9, 40.7),
    "EPSG:3857": BBox(1e6, 2e6, 1e6 + 900, 2e6 + 700),
    "EPSG:3035": BBox(3594500.5, 2958000.5, 3595400.5, 2958700.5),
    "EPSG:2263": BBox(980000, 200000, 980900, 200700),
}
NOON = datetime(2022, 7, 19, 12, tzinfo=UTC)
SPAN = {"SOURCE_TIME_START": "2022-07-19T10:56:19Z", "SOURCE_TIME_END": "2022-07-19T10:56:34Z"}


def raster(dtype="uint16", bands=2, height=70, width=90, *, crs="EPSG:32631", masked=0.1, seed=0, **field):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        values = rng.normal(0, 1, (bands, height, width)).astype(dtype)
    else:
        info = np.iinfo(dtype)
        values = rng.integers(max(info.min, -9000) + 1, min(info.max, 9000), (bands, height, width)).astype(dtype)
    fields = tuple(Field(name=f"B{i}", dtype=dtype, **field) for i in range(bands))
    valid = rng.random((1, height, width)) >= masked
    return Raster(values, valid, fields, Grid.from_bbox(parse_crs(crs), BOXES[crs], width, height))


def write(source, tags=None, **options):
    output = Output(kind="coverage", media_type="application/netcdf", options=tuple(options.items()), name="s2")
    if isinstance(source, Cube):
        return NETCDF.cube(source, output, tags or {})
    return NETCDF.data(source, output, tags or {})


def cube(*rasters, step=timedelta(days=5)):
    times = tuple(TimeSpan.instant(NOON + i * step) for i in range(len(rasters)))
    return Cube(rasters, times)


@pytest.fixture
def library(tmp_path):
    """Reads bytes with the netCDF library."""
    opened = []

    def read(data):
        opened.append(netCDF4.Dataset("memory", memory=data))
        return opened[-1]

    yield read
    for file in opened:
        file.close()


@pytest.fixture
def saved(tmp_path):
    """Writes bytes to a file and gives its path."""

    def save(data):
        path = tmp_path / "part.nc"
        path.write_bytes(data)
        return path

    return save


def expected(plane, valid):
    return np.ma.array(plane, mask=~valid)


@pytest.mark.parametrize("compression", ["deflate", "none"])
@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_comes_back(dtype, compression, library):
    source = raster(dtype)
    file = library(write(source, compression=compression))
    for band, name in enumerate(("B0", "B1")):
        read = file[name][:]
        assert read.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(np.ma.getmaskarray(read), ~source.valid[0])
        np.testing.assert_array_equal(read.compressed(), source.values[band][source.valid[0]])


@pytest.mark.parametrize("size", [(1, 1), (1, 600), (513, 1), (512, 512), (700, 1100)])
def test_every_size_comes_back(size, library):
    source = raster("float32", 1, *size)
    read = library(write(source))["B0"][:]
    np.testing.assert_array_equal(read.filled(np.nan), np.where(source.valid[0], source.values[0], np.nan))


def test_each_band_may_have_its_own_mask(library):
    source = raster("int16", 3)
    valid = np.random.default_rng(5).random(source.values.shape) < 0.5
    file = library(write(Raster(source.values, valid, source.fields, source.grid)))
    for band in range(3):
        np.testing.assert_array_equal(np.ma.getmaskarray(file[f"B{band}"][:]), ~valid[band])


def test_truth_values_are_written_as_bytes(library):
    source = raster("uint8", 1)
    truth = Raster(source.values > 100, np.ones_like(source.valid), source.fields, source.grid)
    np.testing.assert_array_equal(library(write(truth))["B0"][:], truth.values[0])


def test_a_type_whose_every_number_is_taken_is_widened(library):
    values = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    valid = np.ones((1, 16, 16), bool)
    source = raster("uint8", 1, 16, 17)
    full = np.concatenate([values, np.zeros((1, 16, 1), np.uint8)], 2)
    mask = np.concatenate([valid, np.zeros((1, 16, 1), bool)], 2)
    read = library(write(Raster(full, mask, source.fields, source.grid)))["B0"][:]
    np.testing.assert_array_equal(read.compressed(), np.arange(256))


def test_whole_numbers_that_are_all_valid_have_no_fill_value(library):
    assert "_FillValue" not in library(write(raster("uint16", 1, masked=0.0)))["B0"].ncattrs()


def test_the_declared_nodata_is_the_fill_value(library):
    assert library(write(raster("int16", 1, nodata=-32768.0)))["B0"]._FillValue == -32768


@pytest.mark.parametrize("crs", BOXES)
def test_gdal_reads_place_and_numbers(crs, saved):
    source = raster("float32", crs=crs)
    path = saved(write(source))
    with rasterio.open(f"netcdf:{path}:B1") as file:
        t = source.grid.transform
        # Where axes are degrees, GDAL's driver divides their length itself.
        assert tuple(file.transform)[:6] == pytest.approx((t.a, t.b, t.c, t.d, t.e, t.f), rel=1e-14)
        assert file.crs == rasterio.CRS.from_user_input(parse_crs(crs).urn)
        np.testing.assert_array_equal(file.read(1), np.where(source.valid[0], source.values[1], np.nan))
        assert np.isnan(file.nodata)


# rioxarray 0.19 multiplies transforms in a way that the affine package does not like any more.
@pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")
@pytest.mark.parametrize("crs", BOXES)
def test_xarray_reads_place_and_numbers(crs, saved):
    source = raster("float32", crs=crs)
    with xarray.open_dataset(saved(write(source)), decode_coords="all") as data:
        t = source.grid.transform
        assert pyproj.CRS.from_user_input(data.rio.crs) == pyproj.CRS.from_user_input(parse_crs(crs).wkt)
        assert tuple(data.rio.transform())[:6] == (t.a, t.b, t.c, t.d, t.e, t.f)
        np.testing.assert_array_equal(data.B0, np.where(source.valid[0], source.values[0], np.nan))


def test_a_system_without_a_code_keeps_its_definition(saved):
    wkt = pyproj.CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=20 +ellps=WGS84 +units=m").to_wkt()
    source = raster("float32", 1)
    grid = Grid.from_bbox(crs_from_wkt(wkt), BBox(0, 0, 900, 700), 90, 70)
    path = saved(write(Raster(source.values, source.valid, source.fields, grid)))
    with xarray.open_dataset(path, decode_coords="all") as data:
        assert pyproj.CRS.from_user_input(data.rio.crs) == pyproj.CRS.from_wkt(wkt)


def test_coordinates_are_the_centres_of_pixels(library):
    file = library(write(raster("uint8", 1)))
    t = raster("uint8", 1).grid.transform
    np.testing.assert_array_equal(file["x"][:], [t.c + (i + 0.5) * t.a for i in range(90)])
    np.testing.assert_array_equal(file["y"][:], [t.f + (i + 0.5) * t.e for i in range(70)])


@pytest.mark.parametrize(
    ("crs", "name", "attributes"),
    [
        ("EPSG:32631", "x", ("projection_x_coordinate", "m", "X")),
        ("EPSG:32631", "y", ("projection_y_coordinate", "m", "Y")),
        ("EPSG:2263", "x", ("projection_x_coordinate", "US_survey_foot", "X")),
        ("EPSG:4326", "lon", ("longitude", "degrees_east", "X")),
        ("CRS:84", "lat", ("latitude", "degrees_north", "Y")),
    ],
)
def test_axes_are_described_as_cf_wants_it(crs, name, attributes, library):
    axis = library(write(raster("uint8", 1, crs=crs)))[name]
    assert (axis.standard_name, axis.units, axis.axis) == attributes


@pytest.mark.parametrize(
    ("crs", "name"),
    [
        ("EPSG:32631", "transverse_mercator"),
        ("EPSG:4326", "latitude_longitude"),
        ("EPSG:3035", "lambert_azimuthal_equal_area"),
        ("EPSG:3857", "mercator"),
        ("EPSG:2263", "lambert_conformal_conic"),
    ],
)
def test_the_grid_mapping_has_a_name_of_cf(crs, name, library):
    assert library(write(raster("uint8", 1, crs=crs)))["spatial_ref"].grid_mapping_name == name


def test_the_parameters_alone_put_web_mercator_where_it_is(library):
    mapping = library(write(raster("uint8", 1, crs="EPSG:3857")))["spatial_ref"]
    alone = {key: mapping.getncattr(key) for key in mapping.ncattrs() if key not in {"crs_wkt", "spatial_ref"}}
    assert alone.pop("grid_mapping_name") == "mercator"
    radius, central = alone["earth_radius"], alone["longitude_of_projection_origin"]
    lon, lat = 11.0, 48.0
    x = radius * math.radians(lon - central) + alone["false_easting"]
    y = radius * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) + alone["false_northing"]
    there = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    assert (x, y) == pytest.approx(there, abs=1e-6)


def test_a_variable_says_what_it_is(library):
    band = library(write(raster("float32", 1, title="Surface temperature", unit="K")))["B0"]
    assert (band.long_name, band.units, band.grid_mapping) == ("Surface temperature", "K", "spatial_ref")


@pytest.mark.parametrize(
    ("name", "unit", "standard"),
    [
        ("ndvi", "", "normalized_difference_vegetation_index"),
        ("elevation", "m", "surface_altitude"),
        ("elevation", "[ft_i]", None),
        ("B04", "", None),
    ],
)
def test_standard_names_stand_where_name_and_unit_are_known(name, unit, standard, library):
    source = raster("float32", 1)
    named = Raster(source.values, source.valid, (Field(name=name, dtype="float32", unit=unit),), source.grid)
    assert getattr(library(write(named))[name], "standard_name", None) == standard


def test_stored_numbers_are_read_back_as_physical_ones(saved):
    source = raster("uint16", 1, masked=0.2, nodata=0.0, scale=1e-4, offset=-0.1)
    with xarray.open_dataset(saved(write(source))) as data:
        physical = np.where(source.valid[0], source.values[0] * 1e-4 - 0.1, np.nan)
        np.testing.assert_allclose(data.B0, physical, rtol=0, atol=1e-12)


def test_classes_are_flags(library):
    source = raster(
        "uint8", 1, categorical=True, classes=((3, "Shadow"), (4, "Bare soil"), (5, "Water, deep!"), (6, ""))
    )
    band = library(write(Raster(source.values, source.valid, source.fields, source.grid)))["B0"]
    assert band.flag_meanings.split() == ["Shadow", "Bare_soil", "Water_deep", "class_6"]
    assert band.flag_values.tolist() == [3, 4, 5, 6]
    assert band.flag_values.dtype == np.uint8
    assert "units" not in band.ncattrs()


def test_the_nodata_is_no_class(library):
    fields = (Field(name="SCL", dtype="uint8", nodata=0.0, categorical=True, classes=((0, "No data"), (1, "Water"))),)
    source = raster("uint8", 1)
    band = library(write(Raster(source.values, source.valid, fields, source.grid)))["SCL"]
    assert np.atleast_1d(band.flag_values).tolist() == [1]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (("B08", "B8A"), ("B08", "B8A")),
        (("(B08-B04)/(B08+B04)",), ("B08_B04_B08_B04",)),
        (("x", "y", "time", "spatial_ref"), ("x_2", "y_2", "time_2", "spatial_ref_2")),
        (("a b", "a-b", "a_b"), ("a_b", "a_b_2", "a_b_3")),
        (("3", "", "../..", "größe"), ("v_3", "v", "v_2", "gr_e")),
        (("n" * 300,), ("n" * 128,)),
    ],
)
def test_names_are_plain_words_each_of_which_stands_once(given, names, library):
    source = raster("uint8", len(given))
    fields = tuple(Field(name=name, dtype="uint8") for name in given)
    file = library(write(Raster(source.values, source.valid, fields, source.grid)))
    assert [name for name in file.variables if name not in {"x", "y", "spatial_ref"}] == list(names)


def test_the_bands_keep_the_order_asked(library):
    source = raster("uint8", 3)
    fields = tuple(Field(name=name, dtype="uint8") for name in ("B08", "B04", "B02"))
    file = library(write(Raster(source.values, source.valid, fields, source.grid)))
    assert [name for name in file.variables if name.startswith("B")] == ["B08", "B04", "B02"]


def test_the_file_says_where_it_comes_from(library):
    tags = {
        "TIFFTAG_SOFTWARE": "Bandstand 1",
        "TIFFTAG_IMAGEDESCRIPTION": "ndvi: größer",
        "TIFFTAG_DATETIME": "2022:07:19 10:56:19",
        "SOURCE_ITEMS": ",".join(f"S2A_31UBQ_{i:06d}" for i in range(6000)),
        "EXPRESSION": "",
    }
    file = library(write(raster("uint8", 1), tags))
    said = {name: file.getncattr(name) for name in file.ncattrs()}
    assert said.pop("Conventions") == "CF-1.9"
    assert said.pop("history") == "Bandstand 1: EXPRESSION of SOURCE_ITEMS, resampled by RESAMPLING"
    assert said == {
        "title": "s2",
        "source": "Bandstand 1",
        "comment": "ndvi: größer",
        "SOURCE_ITEMS": tags["SOURCE_ITEMS"],
    }


def test_one_time_is_a_scalar_coordinate(saved):
    tags = {"SOURCE_TIME_START": "2022-07-19T10:56:19.024Z", "SOURCE_TIME_END": "2022-07-19T10:56:19.024Z"}
    with xarray.open_dataset(saved(write(raster("uint8", 1), tags)), decode_coords="all") as data:
        assert data.B0.dims == ("y", "x")
        assert data.B0.time.values == np.datetime64("2022-07-19T10:56:19.024")
        assert "time_bnds" not in data.variables


def test_what_took_longer_has_bounds(library):
    file = library(write(raster("uint8", 1), SPAN))
    assert file["time"].bounds == "time_bnds"
    bounds = netCDF4.num2date(file["time_bnds"][:], file["time"].units)
    assert [moment.isoformat() for moment in bounds] == ["2022-07-19T10:56:19", "2022-07-19T10:56:34"]


def test_no_time_is_told_where_none_is_known(library):
    assert "time" not in library(write(raster("uint8", 1))).variables


def test_a_cube_has_an_axis_of_time(saved):
    slices = [raster("float32", 2, seed=seed) for seed in range(3)]
    with xarray.open_dataset(saved(write(cube(*slices))), decode_coords="all") as data:
        assert data.B1.dims == ("time", "y", "x")
        assert data.time.values.tolist() == [
            np.datetime64(f"2022-07-{day}T12:00", "ns").astype(int) for day in (19, 24, 29)
        ]
        for number, source in enumerate(slices):
            wanted = np.where(source.valid[0], source.values[1], np.nan)
            np.testing.assert_array_equal(data.B1[number], wanted)


def test_gdal_reads_a_cube_as_a_band_a_date(saved):
    slices = [raster("float32", 1, seed=seed) for seed in range(3)]
    with rasterio.open(f"netcdf:{saved(write(cube(*slices)))}:B0") as file:
        assert file.count == 3
        for number, source in enumerate(slices):
            np.testing.assert_array_equal(file.read(number + 1), np.where(source.valid[0], source.values[0], np.nan))


def test_dates_share_a_nodata_that_none_of_them_holds(library):
    slices = [raster("uint8", 1, seed=seed) for seed in range(2)]
    slices[1].values[0, 0, :] = 0
    slices[1].valid[0, 0, :] = True
    read = library(write(cube(*slices)))["B0"][:]
    for number, source in enumerate(slices):
        np.testing.assert_array_equal(np.ma.getmaskarray(read[number]), ~source.valid[0])
        np.testing.assert_array_equal(read[number].compressed(), source.values[0][source.valid[0]])


def test_bounds_of_a_cube_hold_its_times(library):
    source = raster("uint8", 1)
    times = (TimeSpan(NOON, NOON + timedelta(seconds=15)), TimeSpan.instant(NOON + timedelta(days=5)))
    file = library(write(Cube((source, source), times)))
    assert file["time_bnds"].dimensions == ("time", "nv")
    assert (file["time_bnds"][:] - file["time"][:][:, None]).tolist() == [[0, 15], [0, 0]]


def test_the_same_numbers_give_the_same_bytes():
    source = raster("float32")
    first = write(source, SPAN)
    with ThreadPoolExecutor(4) as threads:
        assert all(data == first for data in threads.map(lambda _: write(source, SPAN), range(8)))


def test_a_file_may_be_added_to(saved):
    path = saved(write(raster("uint8", 1), SPAN))
    with netCDF4.Dataset(path, "a") as file:
        file["B0"].note = "looked at"
    with netCDF4.Dataset(path) as file:
        assert file["B0"].note == "looked at"


def test_deflating_makes_it_smaller():
    source = raster("float32", 1, 300, 300)
    assert len(write(source)) < len(write(source, compression="none"))


def test_an_unknown_compression_is_refused():
    with pytest.raises(InvalidParameter, match="deflate, gzip, none") as caught:
        write(raster("uint8", 1), compression="lzw")
    assert caught.value.locator == "compression"


def test_a_rotated_grid_is_refused():
    source = raster("uint8", 1)
    grid = Grid(source.grid.crs, Affine(1.0, 0.5, 0.0, 0.5, -1.0, 0.0), 90, 70)
    with pytest.raises(InvalidParameter, match="rotated"):
        write(Raster(source.values, source.valid, source.fields, grid))


def test_pictures_are_refused():
    with pytest.raises(InvalidParameter, match="image/png"):
        NETCDF.picture(Image(np.zeros((2, 2, 4), np.uint8)), Output(kind="map", media_type="application/netcdf"), None)


@pytest.mark.parametrize("name", ["application/netcdf", "application/x-netcdf", "NetCDF", "nc", "netcdf4"])
def test_its_names(name):
    assert find_format(name, "coverage").media_type == "application/netcdf"


def test_it_is_no_format_for_maps():
    assert NETCDF not in formats("map")


def test_dates_of_several_types_come_in_the_widest(library):
    read = library(write(cube(raster("float32", 1), raster("float64", 1), raster("uint16", 1, masked=0.0))))["B0"][:]
    assert read.dtype == np.float64
    np.testing.assert_array_equal(read[2], raster("uint16", 1).values[0])
