"""Coverages with an axis of time: which requests get one, and that every date of it is what the date alone would be."""

import io
import json

import netCDF4
import numpy as np
import pytest
import rasterio
from lxml import etree
from tests.services.wcs.conftest import read_coverage

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage"}
AREA = [("SUBSET", "E(282000,282300)"), ("SUBSET", "N(5465000,5465200)")]
EAST = [("SUBSET", "Long(0.014,0.018)"), ("SUBSET", "Lat(49.298,49.302)"), ("SUBSETTINGCRS", "EPSG:4326")]
ALL = ("SUBSET", 'time("2021-01-01","2022-12-31")')
NETCDF, COVJSON = "application/netcdf", "application/prs.coverage+json"
OWS = {"ows": "http://www.opengis.net/ows/2.0"}


@pytest.fixture
def get(ask):
    """GetCoverage as netCDF, opened by the netCDF library."""
    opened = []

    def send(*pairs, **keys):
        answer = ask(*pairs, **{**KEYS, "COVERAGEID": "s2_l2a", "FORMAT": NETCDF, **keys})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.content_type == NETCDF
        opened.append(netCDF4.Dataset("memory", memory=answer.get_data()))
        return opened[-1]

    yield send
    for file in opened:
        file.close()


def days(file):
    return [f"{moment:%Y-%m-%d}" for moment in netCDF4.num2date(file["time"][:], file["time"].units)]


def refusal(answer):
    error = etree.fromstring(answer.get_data()).find("ows:Exception", OWS)
    return error.get("exceptionCode"), error.get("locator"), error.findtext("ows:ExceptionText", namespaces=OWS)


def archive_days(site_engine):
    return list(site_engine.times(site_engine.layer("s2_l2a", "wcs")).values)


@pytest.mark.parametrize(
    "time",
    [
        ("SUBSET", 'time("2021-01-01","2022-12-31")'),
        ("SUBSET", "time(2021-01-01,*)"),
        ("TIME", "2021/2022"),
        ("TIME", "2021,2022"),
        ("TIME", "../.."),
    ],
    ids=str,
)
def test_a_time_that_means_all_dates_gives_them_all(get, site_engine, time):
    file = get(*AREA, time, RANGESUBSET="B04")
    assert days(file) == archive_days(site_engine)
    assert file["B04"].dimensions == ("time", "y", "x")


def test_a_year_gives_the_dates_within_it(get, site_engine):
    wanted = [day for day in archive_days(site_engine) if day.startswith("2022")]
    assert days(get(*AREA, ("SUBSET", "time(2022)"), RANGESUBSET="B04")) == wanted


def test_a_list_gives_its_dates_and_no_others(get, site_engine):
    first, *_, last = archive_days(site_engine)
    assert days(get(*AREA, TIME=f"{last},{first}", RANGESUBSET="B04")) == [first, last]


def test_a_month_with_one_date_gives_an_axis_of_one(get):
    file = get(*AREA, ("SUBSET", "time(2022-07)"), RANGESUBSET="B04")
    assert file["B04"].shape[0] == 1


@pytest.mark.parametrize("time", [("SUBSET", 'time("2022-07-19")'), ("TIME", "latest"), None], ids=str)
def test_a_single_time_gives_no_axis(get, time):
    file = get(*AREA, *([time] if time else []), RANGESUBSET="B04")
    assert file["B04"].dimensions == ("y", "x")
    assert days_of_scalar(file) == "2022-07-19"


def days_of_scalar(file):
    return f"{netCDF4.num2date(file['time'][...].item(), file['time'].units):%Y-%m-%d}"


def test_geotiff_keeps_the_mosaic(ask):
    keys = {**KEYS, "COVERAGEID": "s2_l2a", "RANGESUBSET": "B04", "FORMAT": "image/tiff"}
    assert read_coverage(ask(*AREA, ALL, **keys)).values.shape == (1, 20, 30)


@pytest.mark.parametrize(
    "keys",
    [
        {"RANGESUBSET": "B08,B04"},
        {"RANGESUBSET": "B11", "INTERPOLATION": "cubic"},
        {"EXPR": "ndvi=(B08-B04)/(B08+B04);wet=nd(B03,B11)"},
        {"RANGESUBSET": "SCL"},
        {"RANGESUBSET": "B04", "OUTPUTCRS": "EPSG:3857"},
        {"COVERAGEID": "ndvi", "MAXCC": "80"},
    ],
    ids=str,
)
def test_every_date_equals_the_geotiff_of_that_date(get, ask, keys):
    file = get(*AREA, ALL, **keys)
    names = [
        name for name, variable in file.variables.items() if variable.dimensions[:1] == ("time",) and name != "time"
    ]
    names = [name for name in names if file[name].ndim == 3]
    assert len(days(file)) > 1
    for number, day in enumerate(days(file)):
        alone = read_coverage(
            ask(*AREA, **{**KEYS, "COVERAGEID": "s2_l2a", "FORMAT": "image/tiff", "TIME": day, **keys})
        )
        for band, name in enumerate(names):
            read = file[name][number]
            valid = ~np.ma.getmaskarray(read)
            nothing = (
                np.isnan(alone.values[band]) if alone.values.dtype.kind == "f" else alone.values[band] == alone.nodata
            )
            np.testing.assert_array_equal(valid, ~nothing)
            np.testing.assert_array_equal(read.data[valid], alone.values[band][valid])


def test_coverage_json_has_the_same_numbers(get, ask):
    file = get(*AREA, ALL, RANGESUBSET="B04")
    answer = ask(*AREA, ALL, **KEYS, COVERAGEID="s2_l2a", RANGESUBSET="B04", FORMAT=COVJSON)
    assert answer.content_type == COVJSON
    document = json.loads(answer.get_data())
    array = document["ranges"]["B04"]
    values = np.array([np.nan if value is None else value for value in array["values"]], "f4").reshape(array["shape"])
    np.testing.assert_array_equal(values, file["B04"][:].filled(np.nan))
    assert [moment[:10] for moment in document["domain"]["axes"]["t"]["values"]] == days(file)


def test_stored_numbers_of_all_dates_mean_the_same(get, ask):
    """The archive has scenes from before and after the processing baseline that shifted the numbers."""
    file = get(*AREA, ALL, RANGESUBSET="B04", UNITS="DN")
    assert file["B04"].dtype.kind == "u"
    for number, day in enumerate(days(file)):
        keys = {**KEYS, "COVERAGEID": "s2_l2a", "RANGESUBSET": "B04", "FORMAT": "image/tiff", "TIME": day}
        physical = read_coverage(ask(*AREA, **keys)).values[0]
        # The netCDF library applies scale_factor and add_offset.
        np.testing.assert_allclose(file["B04"][number].filled(np.nan), physical, rtol=0, atol=1e-6)


def test_a_date_without_a_scene_that_is_wanted_is_left_out(get, site_engine):
    clear = days(get(*AREA, ALL, RANGESUBSET="B04", MAXCC="0.1"))
    assert clear == [day for day in archive_days(site_engine) if day != "2021-09-02"]


def test_a_date_without_a_scene_in_the_area_is_left_out(get, site_engine):
    """The pass of 15 May ends west of it."""
    file = get(*EAST, ALL, RANGESUBSET="B04")
    assert days(file) == [day for day in archive_days(site_engine) if day != "2022-05-15"]


def test_classes_have_their_meanings(get):
    file = get(COVERAGEID="landcover", TIME="2021/2022", SCALESIZE="i(30),j(20)")
    (name,) = [name for name in file.variables if file[name].ndim == 3]
    assert file[name].flag_values.dtype == file[name].dtype
    assert len(file[name].flag_meanings.split()) == len(file[name].flag_values)
    assert np.isin(file[name][:].compressed(), file[name].flag_values).all()


def test_the_same_request_gives_the_same_bytes_and_tag(ask):
    keys = {**KEYS, "COVERAGEID": "s2_l2a", "FORMAT": NETCDF, "RANGESUBSET": "B04"}
    first, second = ask(*AREA, ALL, **keys), ask(*AREA, ALL, **keys)
    assert first.get_data() == second.get_data()
    assert first.headers["ETag"] == second.headers["ETag"]


def test_the_file_is_named_by_its_dates(ask):
    answer = ask(*AREA, ALL, **KEYS, COVERAGEID="s2_l2a", FORMAT=NETCDF, RANGESUBSET="B04")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="s2_l2a_20210614-20220719_30x20.nc"'


def test_a_series_with_an_open_end_may_not_be_kept_for_long(ask):
    answer = ask(*AREA, **KEYS, COVERAGEID="s2_l2a", FORMAT=NETCDF, RANGESUBSET="B04", TIME="2021-01-01/..")
    assert answer.headers["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("application/x-netcdf", NETCDF),
        ("NetCDF", NETCDF),
        ("nc", NETCDF),
        ("application/prs.coverage+json", COVJSON),
        ("application/vnd.cov+json", COVJSON),
        ("covjson", COVJSON),
        ("application/json", COVJSON),
    ],
)
def test_formats_go_by_their_other_names(ask, name, content):
    answer = ask(*AREA, **KEYS, COVERAGEID="s2_l2a", FORMAT=name, RANGESUBSET="B04", TIME="2022-07-19")
    assert (answer.status_code, answer.content_type) == (200, content)


def test_a_plus_that_nobody_escaped_is_understood(client):
    path = "/wcs?SERVICE=WCS&VERSION=2.0.1&REQUEST=GetCoverage&COVERAGEID=ndvi&SCALESIZE=i(4),j(4)&FORMAT="
    assert client.get(f"{path}application/prs.coverage+json").content_type == COVJSON


def test_capabilities_offer_both(ask):
    text = ask(SERVICE="WCS", VERSION="2.0.1", REQUEST="GetCapabilities").get_data(as_text=True)
    assert f"<wcs:formatSupported>{NETCDF}</wcs:formatSupported>" in text
    assert f"<wcs:formatSupported>{COVJSON}</wcs:formatSupported>" in text


def test_a_file_of_one_date_may_be_described_in_gml(ask):
    keys = {**KEYS, "COVERAGEID": "ndvi", "FORMAT": NETCDF, "MEDIATYPE": "multipart/related", "TIME": "2022-07-19"}
    answer = ask(SCALESIZE="i(8),j(8)", **keys)
    assert answer.status_code == 200
    head, _, rest = answer.get_data().partition(b"\x89HDF")
    assert b"<gml:mimeType>application/netcdf</gml:mimeType>" in head
    assert rest


def test_a_file_of_several_dates_may_not(ask):
    keys = {**KEYS, "COVERAGEID": "ndvi", "FORMAT": NETCDF, "MEDIATYPE": "multipart/related", "TIME": "2022"}
    answer = ask(*AREA, **keys)
    assert answer.status_code == 400
    assert refusal(answer)[:2] == ("InvalidParameterValue", "MEDIATYPE")


def test_times_without_a_scene_are_refused(ask):
    answer = ask(*AREA, **KEYS, COVERAGEID="s2_l2a", FORMAT=NETCDF, TIME="1999/2000")
    assert answer.status_code == 404
    assert refusal(answer)[:2] == ("InvalidSubsetting", "time")


def test_an_area_without_a_scene_then_is_refused(ask):
    answer = ask(*EAST, **KEYS, COVERAGEID="s2_l2a", FORMAT=NETCDF, TIME="2022-05")
    assert answer.status_code == 404
    assert refusal(answer)[:2] == ("InvalidSubsetting", "time")
    assert "no scene in this area within 2022-05" in refusal(answer)[2]


@pytest.mark.parametrize("compression", ["deflate", "Deflate", "None"])
def test_netcdf_is_compressed_as_asked(get, compression):
    packed = get(*AREA, RANGESUBSET="B04", TIME="2022-07-19", COMPRESSION=compression)["B04"].filters()["zlib"]
    assert packed is (compression != "None")


def test_a_compression_that_netcdf_lacks_is_refused(ask):
    answer = ask(*AREA, **KEYS, COVERAGEID="s2_l2a", FORMAT=NETCDF, COMPRESSION="LZW", TIME="2022-07-19")
    assert answer.status_code == 400
    assert "deflate" in refusal(answer)[2]


@pytest.mark.parametrize(
    ("limit", "name", "key"),
    [
        ("coverage_max_dates: 3", NETCDF, "limits.coverage_max_dates"),
        ("coverage_max_items: 5", NETCDF, "limits.coverage_max_items"),
        # Every date counts: one of them has 600 numbers.
        ("coverage_max_px: 1000", NETCDF, "limits.coverage_max_px"),
        ("coverage_text_max_px: 1000", COVJSON, "limits.coverage_text_max_px"),
    ],
)
def test_every_limit_refuses(make_site, limit, name, key):
    site = make_site(change=lambda text: text.replace("\nlimits:", f"\nlimits:\n  {limit}"))
    engine = build_engine(site.config)
    app = mount_services(engine, Settings()).test_client()
    area = [] if "items" in limit else AREA
    pairs = [*KEYS.items(), ("COVERAGEID", "s2_l2a"), ("RANGESUBSET", "B04"), ("FORMAT", name), ("TIME", "2021/2022")]
    answer = app.get("/wcs", query_string=[*pairs, *area])
    engine.close()
    assert answer.status_code == 400
    assert key in refusal(answer)[2]


def test_gdal_opens_the_answer_of_wcs_1_0(ask, tmp_path):
    answer = ask(
        SERVICE="WCS",
        VERSION="1.0.0",
        REQUEST="GetCoverage",
        COVERAGE="ndvi",
        CRS="EPSG:32631",
        BBOX="282000,5465000,282300,5465200",
        WIDTH="30",
        HEIGHT="20",
        FORMAT="netCDF",
        TIME="2021/2022",
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    path = tmp_path / "ndvi.nc"
    path.write_bytes(answer.get_data())
    with rasterio.open(f"netcdf:{path}:ndvi") as file:
        assert file.count == 4
        assert file.transform[2] == 282000.0


def test_a_geotiff_of_the_whole_list_opens_as_ever(ask):
    answer = ask(*AREA, **KEYS, COVERAGEID="ndvi", TIME="2021/2022", FORMAT="image/tiff")
    with rasterio.open(io.BytesIO(answer.get_data())) as file:
        assert file.count == 1
