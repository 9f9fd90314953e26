"""GetCoverage gives the archive's own numbers: against rasterio on the files, and an exact transform of each pixel."""

import math

import numpy as np
import pytest
import rasterio
from tests.fixtures.reference import centres

ZONES = {"30UYV": "EPSG:32630", "31UBQ": "EPSG:32631"}
PIXELS = {"B01": 60, "B05": 20, "B8A": 20, "B11": 20, "B12": 20, "SCL": 20}
NATIVE = {"left": 281400, "bottom": 5464200, "right": 283320, "top": 5466120}
"""The tile 31UBQ, which lies in the native zone."""
URI = "http://www.opengis.net/def/crs/EPSG/0/"
SCENES = [
    f"{platform}_{tile}_{day}_0_L2A"
    for tile in ZONES
    for platform, day in (("S2A", "20210614"), ("S2A", "20210902"), ("S2B", "20220515"), ("S2A", "20220719"))
]


def day(scene):
    text = scene.split("_")[2]
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def box(left, bottom, right, top):
    return [("SUBSET", f"E({left},{right})"), ("SUBSET", f"N({bottom},{top})")]


@pytest.fixture(scope="session")
def scene_coverage(site, get_coverage):
    """A band of one scene over that scene's own extent, in the scene's own CRS."""

    def get(scene, band, **keys):
        with rasterio.open(site.band(scene, "B02")) as file:
            bounds = file.bounds
        crs = ZONES[scene.split("_")[1]]
        return get_coverage(
            "s2_l2a", *box(*bounds), SUBSETTINGCRS=crs, ITEMS=scene, TIME=day(scene), RANGESUBSET=band, **keys
        )

    return get


@pytest.fixture(scope="session")
def stored(site):
    """A band as the file has it, repeated to pixels of 10 m."""

    def read(scene, band):
        with rasterio.open(site.band(scene, band)) as file:
            times = PIXELS.get(band, 10) // 10
            return file.read(1).repeat(times, axis=0).repeat(times, axis=1), file

    return read


# Numbers


@pytest.mark.parametrize("band", ["B02", "B08", "B11", "B01", "SCL"])
@pytest.mark.parametrize("scene", SCENES)
def test_stored_numbers_in_the_native_grid_are_those_of_the_file(scene_coverage, stored, scene, band):
    expected, file = stored(scene, band)
    got = scene_coverage(scene, band, UNITS="DN")
    assert got.values.dtype == file.dtypes[0]
    assert got.nodata == file.nodata
    assert got.crs == ZONES[scene.split("_")[1]]
    np.testing.assert_array_equal(got.values[0], expected)


@pytest.mark.parametrize("scene", SCENES)
def test_the_transform_is_that_of_the_file(scene_coverage, site, scene):
    with rasterio.open(site.band(scene, "B04")) as file:
        assert scene_coverage(scene, "B04").transform == file.transform


@pytest.mark.parametrize("band", ["B04", "B12"])
@pytest.mark.parametrize("scene", SCENES)
def test_reflectance_is_the_stored_number_by_scale_and_offset(scene_coverage, stored, scene, band):
    numbers, file = stored(scene, band)
    got = scene_coverage(scene, band)
    expected = numbers.astype(np.float64) * 0.0001 + (-0.1 if day(scene) >= "2022-01-25" else 0.0)
    expected[numbers == file.nodata] = np.nan
    assert got.values.dtype == np.float32
    np.testing.assert_allclose(got.values[0], expected, rtol=1e-7, atol=1e-7)


def test_the_archive_has_undefined_pixels_for_these_tests(stored):
    assert any((stored(scene, "B02")[0] == 0).any() for scene in SCENES)


def test_the_void_of_the_elevation_leaves_as_nodata(site, get_coverage):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        expected = file.read(1, masked=True).filled(np.nan)
    assert np.isnan(expected).any()
    np.testing.assert_array_equal(get_coverage("elevation").values[0], expected)


def test_classes_leave_as_they_are_stored(site, get_coverage):
    with rasterio.open(site.folder / "landcover" / "landcover_2022.tif") as file:
        expected, nodata = file.read(1), file.nodata
    got = get_coverage("landcover", TIME="2022")
    assert (got.values.dtype, got.nodata) == (np.uint8, nodata)
    np.testing.assert_array_equal(got.values[0], expected)


@pytest.mark.parametrize("method", ["bilinear", "cubic"])
def test_classes_are_never_interpolated(get_coverage, method):
    exact = set(np.unique(get_coverage("landcover").values))
    assert set(np.unique(get_coverage("landcover", INTERPOLATION=method, SCALEFACTOR="1.7").values)) <= exact


@pytest.mark.parametrize(
    ("keys", "crs"),
    [
        ({}, "EPSG:32631"),
        ({"OUTPUTCRS": f"{URI}32630"}, "EPSG:32630"),
        ({"OUTPUTCRS": f"{URI}3857"}, "EPSG:3857"),
        ({"OUTPUTCRS": f"{URI}4326"}, "EPSG:4326"),
        ({"OUTPUTCRS": f"{URI}3035"}, "EPSG:3035"),
        ({"OUTPUTCRS": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}, "EPSG:4326"),  # GeoTIFF has one code
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("date", ["2021-06-14", "2022-07-19"])
def test_every_output_crs_has_the_pixel_under_each_centre(get_coverage, reference, keys, crs, date):
    # Over the seam of the zones: from the western tile into the eastern one.
    got = get_coverage("s2_l2a", *box(280000, 5464500, 283000, 5465800), TIME=date, RANGESUBSET="B08", **keys)
    assert got.crs == crs
    x, y = centres(got.transform, *got.values.shape[1:])
    truth = reference.at(["B08"], x, y, crs, [date])
    fair = truth.clear
    assert fair.mean() > 0.98
    expected = np.where(truth.valid, truth.values["B08"], np.nan)
    np.testing.assert_allclose(got.values[0][fair], expected[fair], rtol=1e-6)


def test_the_area_of_these_tests_takes_pixels_of_both_zones(reference):
    x, y = np.meshgrid(np.arange(280005, 283000, 10.0), np.arange(5464505, 5465800, 10.0))
    found = reference.at(["B08"], x, y, "EPSG:32631", ["2021-06-14"])
    assert len(set(found.scene[found.valid])) == 2


# Where


def test_without_an_output_crs_the_answer_is_in_the_subsetting_crs(get_coverage):
    got = get_coverage(
        "ndvi", ("SUBSET", "Lat(49.300,49.305)"), ("SUBSET", "Long(-0.005,0.003)"), SUBSETTINGCRS=f"{URI}4326"
    )
    assert got.crs == "EPSG:4326"
    left, bottom, right, top = got.bounds
    a, e = got.transform.a, got.transform.e
    assert (left, top) == pytest.approx((-0.005, 49.305), abs=1e-12)
    assert 0.003 <= right < 0.003 + a
    assert 49.300 + e < bottom <= 49.300


def test_the_crs_of_a_subset_itself_counts_like_the_subsetting_crs(get_coverage):
    inline = get_coverage(
        "ndvi", ("SUBSET", f"Lat,{URI}4326(49.300,49.305)"), ("SUBSET", f"Long,{URI}4326(-0.005,0.003)")
    )
    apart = get_coverage(
        "ndvi", ("SUBSET", "Lat(49.300,49.305)"), ("SUBSET", "Long(-0.005,0.003)"), SUBSETTINGCRS=f"{URI}4326"
    )
    assert inline.transform == apart.transform
    np.testing.assert_array_equal(inline.values, apart.values)


def test_degrees_with_the_native_crs_out_stay_on_the_native_lattice(get_coverage):
    got = get_coverage(
        "ndvi",
        ("SUBSET", "Lat(49.300,49.305)"),
        ("SUBSET", "Long(0.000,0.003)"),
        SUBSETTINGCRS=f"{URI}4326",
        OUTPUTCRS=f"{URI}32631",
    )
    assert (got.transform.a, got.transform.e) == (10, -10)
    assert (got.transform.c % 10, got.transform.f % 10) == (0, 0)


def test_degrees_in_any_spelling_of_the_crs_mean_the_same(get_coverage):
    subsets = [("SUBSET", "Lat(49.300,49.305)"), ("SUBSET", "Long(0.000,0.003)")]
    spellings = [
        f"{URI}4326",
        "EPSG:4326",
        "urn:ogc:def:crs:EPSG::4326",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    ]
    transforms = {get_coverage("ndvi", *subsets, SUBSETTINGCRS=name).transform for name in spellings}
    assert len(transforms) == 1


def test_a_pixel_in_another_crs_is_as_large_on_the_ground(get_coverage):
    got = get_coverage("ndvi", *box(282000, 5465000, 282500, 5465400), OUTPUTCRS=f"{URI}3857")
    # Web Mercator stretches by the secant of the latitude; the zone's edge has a scale of its own, below 0.1 %.
    assert got.transform.a == pytest.approx(10 / math.cos(math.radians(49.3)), rel=3e-3)
    assert -got.transform.e == pytest.approx(10 / math.cos(math.radians(49.3)), rel=6e-3)


def test_the_north_first_coverage_takes_its_axes_in_degrees(get_coverage, site):
    with rasterio.open(site.folder / "dem" / "dem.tif") as file:
        window = file.window(-0.005, 49.295, 0.005, 49.300)
        expected = file.read(1, window=window, masked=True).filled(np.nan)
        left, top = file.transform @ (window.col_off, window.row_off)
    got = get_coverage("elevation", ("SUBSET", "Lat(49.295,49.300)"), ("SUBSET", "Long(-0.005,0.005)"))
    assert (got.transform.c, got.transform.f) == pytest.approx((left, top), abs=1e-9)
    np.testing.assert_array_equal(got.values[0], expected)


@pytest.mark.parametrize("labels", ["EN", "xy", "en", "ij", ("easting", "northing"), ("Long", "Lat")])
def test_every_name_of_the_axes_is_understood(get_coverage, labels):
    x, y = labels
    got = get_coverage("ndvi", ("SUBSET", f"{x}(282000,282100)"), ("SUBSET", f"{y}(5465000,5465200)"))
    assert got.bounds == (282000, 5465000, 282100, 5465200)


def test_numbered_and_quoted_subsets_are_understood(get_coverage):
    got = get_coverage("ndvi", SUBSET='E("282000","282100")', SUBSET0="N(5465000,5.4652E6)")
    assert got.bounds == (282000, 5465000, 282100, 5465200)


@pytest.mark.parametrize(
    ("subset", "bounds"),
    [
        ("E(282000,282100)", (282000, 282100)),
        ("E(282001,282099)", (282000, 282100)),
        ("E(282000,282100.0001)", (282000, 282100)),
        ("E(282000,282100.1)", (282000, 282110)),
        ("E(281999.9,282100)", (281990, 282100)),
        ("E(281999.9995,282100.0005)", (282000, 282100)),
        ("E(282000,282000)", (282000, 282010)),
        ("E(282005,282005)", (282000, 282010)),
        ("E(282000)", (282000, 282010)),
        ("E(282009.99)", (282000, 282010)),
        ("E(283310,*)", (283310, 283320)),
        ("E(283310,999999)", (283310, 283320)),
        ("E(283320)", (283310, 283320)),
    ],
)
def test_a_trim_gives_the_cells_it_touches_and_a_slice_one_of_them(get_coverage, subset, bounds):
    got = get_coverage("ndvi", ("SUBSET", subset), ("SUBSET", "N(5465000,5465100)"))
    left, _, right, _ = got.bounds
    assert (left, right) == bounds


def test_a_part_has_the_numbers_of_the_whole(get_coverage):
    whole = get_coverage("ndvi", TIME="2022-05-15")
    part = get_coverage("ndvi", *box(282013, 5465007, 282222, 5465555), TIME="2022-05-15")
    col, row = (round(n) for n in ~whole.transform @ (part.transform.c, part.transform.f))
    height, width = part.values.shape[1:]
    np.testing.assert_array_equal(part.values[0], whole.values[0][row : row + height, col : col + width])


# How large


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        ({}, (10, 20)),
        ({"SCALEFACTOR": "2"}, (20, 40)),
        ({"SCALEFACTOR": "2.0E0"}, (20, 40)),
        ({"SCALEFACTOR": "0.5"}, (5, 10)),
        ({"SCALEFACTOR": "0.33"}, (3, 6)),
        ({"SCALEFACTOR": "0.0001"}, (1, 1)),
        ({"SCALEAXES": "i(3)"}, (30, 20)),
        ({"SCALEAXES": "E(3),N(0.5)"}, (30, 10)),
        ({"SCALESIZE": "i(7),j(9)"}, (7, 9)),
        ({"SCALESIZE": "E(7),N(9)"}, (7, 9)),
        ({"SCALESIZE": "N(9.0)"}, (10, 9)),
        ({"SCALESIZE": " i( 7 ) , j(9) "}, (7, 9)),
        ({"SCALEEXTENT": "i(10:20),j(100:200)"}, (11, 101)),
        ({"SCALEEXTENT": "E(-5:5)"}, (11, 20)),
        ({"WIDTH": "7", "HEIGHT": "9"}, (7, 9)),
        ({"WIDTH": "7"}, (7, 20)),
    ],
    ids=str,
)
def test_scaling_gives_the_size_asked_over_the_very_same_area(get_coverage, keys, size):
    got = get_coverage("ndvi", *box(282000, 5465000, 282100, 5465200), **keys)
    assert got.values.shape[1:] == size[::-1]
    assert got.bounds == pytest.approx((282000, 5465000, 282100, 5465200), abs=1e-6)


def test_enlarging_by_a_whole_number_repeats_pixels(get_coverage):
    area = box(282000, 5465000, 282100, 5465200)
    once, thrice = (get_coverage("ndvi", *area, SCALEFACTOR=factor).values[0] for factor in ("1", "3"))
    np.testing.assert_array_equal(thrice, once.repeat(3, axis=0).repeat(3, axis=1))


# Which bands, and how


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("B08,B04", ("B08", "B04")),
        ("B04,B08", ("B04", "B08")),
        ("B02:B05", ("B02", "B03", "B04", "B05")),
        ("B12,B02:B03,B12", ("B12", "B02", "B03", "B12")),
        ("nir,red", ("B08", "B04")),
        ("b08, b8a", ("B08", "B8A")),
        ("nir_narrow", ("B8A",)),
        ("B03:B03", ("B03",)),
        ("SCL", ("SCL",)),
    ],
)
def test_fields_come_in_the_order_asked(get_coverage, asked, names):
    area = box(282000, 5465000, 282100, 5465200)
    got = get_coverage("s2_l2a", *area, RANGESUBSET=asked)
    assert got.names == names
    for band, name in zip(got.values, names, strict=True):
        np.testing.assert_array_equal(
            band, get_coverage("s2_l2a", *area, RANGESUBSET=name).values[0].astype(band.dtype)
        )


def test_all_bands_come_in_the_order_of_the_description(get_coverage):
    names = get_coverage("s2_l2a", *box(282000, 5465000, 282100, 5465200)).names
    assert names == ("B01", "B02", "B03", "B04", "B05", "B08", "B8A", "B11", "B12", "SCL")


@pytest.mark.parametrize(
    "methods",
    [
        ("nearest", "nearest-neighbor", "http://www.opengis.net/def/interpolation/OGC/1/nearest-neighbor", None),
        ("bilinear", "linear", "LINEAR", "http://www.opengis.net/def/interpolation/OGC/1/linear"),
        ("cubic", "bicubic", "http://www.opengis.net/def/interpolation/OGC/1/cubic"),
    ],
    ids=lambda names: names[0],
)
def test_every_name_of_an_interpolation_means_the_same(ask, methods):
    bodies = set()
    for method in methods:
        keys = {
            "SERVICE": "WCS",
            "VERSION": "2.0.1",
            "REQUEST": "GetCoverage",
            "COVERAGEID": "ndvi",
            "SCALEFACTOR": "0.7",
        }
        keys |= {"INTERPOLATION": method} if method else {}
        bodies.add(ask(*box(282000, 5465000, 282500, 5465200), **keys).get_data())
    assert len(bodies) == 1


def test_interpolations_differ_from_one_another(get_coverage):
    area = box(282000, 5465000, 282500, 5465200)
    pictures = {
        get_coverage("ndvi", *area, SCALEFACTOR="1.7", INTERPOLATION=method).values.tobytes()
        for method in ("nearest", "linear", "cubic")
    }
    assert len(pictures) == 3


def test_an_expression_gives_its_outputs_by_name(get_coverage, reference):
    got = get_coverage(
        "s2_l2a", *box(282000, 5464500, 282500, 5465200), EXPR="ndvi=(B08-B04)/(B08+B04);sum=B02+B11", TIME="2021-06-14"
    )
    truth = reference.at(
        ["B08", "B04", "B02", "B11"], *centres(got.transform, *got.values.shape[1:]), got.crs, ["2021-06-14"]
    )
    b = truth.values
    assert got.names == ("ndvi", "sum")
    np.testing.assert_allclose(got.values[0], (b["B08"] - b["B04"]) / (b["B08"] + b["B04"]), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(got.values[1], b["B02"] + b["B11"], rtol=1e-6, atol=1e-7)


def test_outputs_of_an_expression_can_be_chosen(get_coverage):
    area = box(282000, 5465000, 282100, 5465200)
    got = get_coverage("s2_l2a", *area, EXPR="a=B08;b=B04;c=B02", RANGESUBSET="c,a")
    assert got.names == ("c", "a")
    np.testing.assert_array_equal(got.values[1], get_coverage("s2_l2a", *area, EXPR="B08").values[0])


def test_a_layer_that_computes_calls_its_field_by_its_own_name(get_coverage):
    assert get_coverage("ndvi", SCALESIZE="i(3),j(3)").names == ("ndvi",)


# When


@pytest.mark.parametrize(
    ("time", "dates"),
    [
        ('time("2021-06-14")', ["2021-06-14"]),
        ("time(2021-06-14)", ["2021-06-14"]),
        ('ansi("2021-06-14T11:06:21Z")', ["2021-06-14"]),
        ('t("2021-01-01","2021-12-31")', ["2021-06-14", "2021-09-02"]),
        ('phenomenonTime("2021-07-01",*)', ["2021-09-02", "2022-05-15", "2022-07-19"]),
        ('time(*,"2021-12-31")', ["2021-06-14", "2021-09-02"]),
        ("time(2022)", ["2022-05-15", "2022-07-19"]),
        ("time(*,*)", ["2022-07-19"]),
        (None, ["2022-07-19"]),
    ],
)
def test_a_time_means_the_newest_valid_pixel_of_its_scenes(get_coverage, reference, time, dates):
    subsets = box(280000, 5464200, 283320, 5466120) + ([("SUBSET", time)] if time else [])
    got = get_coverage("s2_l2a", *subsets, RANGESUBSET="B03")
    truth = reference.at(["B03"], *centres(got.transform, *got.values.shape[1:]), got.crs, dates)
    expected = np.where(truth.valid, truth.values["B03"], np.nan)
    np.testing.assert_allclose(got.values[0][truth.clear], expected[truth.clear], rtol=1e-6, atol=1e-7)


def test_the_time_key_means_the_same_as_a_subset_in_time(ask):
    keys = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": "ndvi"}
    area = box(282000, 5465000, 282100, 5465200)
    by_key = ask(*area, TIME="2021-06-14", **keys)
    by_subset = ask(*area, ("SUBSET", 'time("2021-06-14")'), **keys)
    both = ask(*area, ("SUBSET", 'time("2021-06-14")'), TIME="2021-06-14", **keys)
    assert by_key.get_data() == by_subset.get_data() == both.get_data()


def test_a_place_without_a_scene_on_that_date_is_nodata(get_coverage):
    # Between the lower edge of the eastern tile and that of the coverage lies nothing.
    got = get_coverage("ndvi", ("SUBSET", "E(283310)"), ("SUBSET", "N(5464160,5464190)"))
    assert np.isnan(got.values).all()


@pytest.mark.parametrize(
    "text", ["i:linear,j:linear", "E:linear", "i:http://www.opengis.net/def/interpolation/OGC/1/linear"]
)
def test_one_method_named_for_each_axis_is_the_method_of_all(get_coverage, text):
    area = box(282000, 5465000, 282100, 5465200)
    expected = get_coverage("ndvi", *area, SCALEFACTOR="3", INTERPOLATION="linear")
    np.testing.assert_array_equal(
        get_coverage("ndvi", *area, SCALEFACTOR="3", INTERPOLATION=text).values, expected.values
    )


def test_axes_may_be_named_by_their_uris(get_coverage):
    uri = "http://www.opengis.net/def/axis/OGC/1/"
    got = get_coverage("ndvi", *box(282000, 5465000, 282100, 5465200), SCALESIZE=f"{uri}i(7),{uri}j(9)")
    assert got.values.shape == (1, 9, 7)
