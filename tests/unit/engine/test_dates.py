"""Names tell the times that people mean by them, and numbers that are none are no times."""

from datetime import UTC, datetime

import pytest

from bandstand.engine.dates import date_in, time_in, time_of


def said(span):
    """A span as people write it: a day, or first and last day or second."""
    if span is None:
        return None
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in (span.start, span.end))
    if start == end:
        return start.removesuffix("T12:00:00")
    return f"{start[:10]}/{end[:10]}" if (start[11:], end[11:]) == ("00:00:00", "23:59:59") else f"{start}/{end}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Days
        ("ndvi_20200101", "2020-01-01"),
        ("ndvi20200101", "2020-01-01"),
        ("20200101_v2", "2020-01-01"),
        ("x_2022-01-15_y", "2022-01-15"),
        ("x_2022_01_15_y", "2022-01-15"),
        ("chirps-v2.0.2022.01.15", "2022-01-15"),
        ("x_2022-1-5", "2022-01-05"),
        ("15.01.2022", "2022-01-15"),
        ("15-01-2022", "2022-01-15"),
        ("01-15-2022", "2022-01-15"),
        ("15Jan2022", "2022-01-15"),
        ("2022-Jan-15", "2022-01-15"),
        ("20240229", "2024-02-29"),
        # Days of the year
        ("MOD13Q1.A2022123.h18v04.061.2022139123456.250m_16_days_NDVI", "2022-05-03"),
        ("NDVI_doy2022001_aid0001", "2022-01-01"),
        ("2022-123", "2022-05-03"),
        ("2020366", "2020-12-31"),
        ("LC81980232015123LGN00_B4", "2015-05-03"),
        # Moments
        ("T30UYV_20230520T104629_B04_10m", "2023-05-20T10:46:29"),
        ("2022-01-01T10:30:21Z", "2022-01-01T10:30:21"),
        ("20220101_103021_12_2413_3B_AnalyticMS", "2022-01-01T10:30:21"),
        ("SENTINEL2A_20220101-105855-464_L2A_T31TCJ_C_V3-0_FRE_B4", "2022-01-01T10:58:55"),
        ("HLS.S30.T30UYV.2022123T110621.v2.0.B04", "2022-05-03T11:06:21"),
        ("20220101T0600Z", "2022-01-01T06:00:00"),
        ("gfs_2022010106", "2022-01-01T06:00:00"),
        ("c_gls_NDVI300_202201010630_GLOBE", "2022-01-01T06:30:00"),
        ("PRS_L2D_STD_20200101103021_20200101103025_0001", "2020-01-01T10:30:21"),
        ("S1A_IW_GRDH_1SDV_20200101T060000_20200101T060025_030600", "2020-01-01T06:00:00"),
        ("S2A_OPER_PRD_MSIL1C_PDMC_20160101T120000_R051_V20151229T105512_20151229T105512", "2015-12-29T10:55:12"),
        # Months, weeks, quarters, years
        ("202203", "2022-03-01/2022-03-31"),
        ("ndvi_2022-03", "2022-03-01/2022-03-31"),
        ("chirps-v2.0.2022.02", "2022-02-01/2022-02-28"),
        ("ndvi_Mar2022", "2022-03-01/2022-03-31"),
        ("ndvi_2022_June", "2022-06-01/2022-06-30"),
        ("2022-W05", "2022-01-31/2022-02-06"),
        ("ndvi_2022Q1", "2022-01-01/2022-03-31"),
        ("2022", "2022-01-01/2022-12-31"),
        ("nlcd2011", "2011-01-01/2011-12-31"),
        ("marine2020", "2020-01-01/2020-12-31"),
        ("CLC2018_V2020_20u1", "2018-01-01/2018-12-31"),
        ("ESA_WorldCover_10m_2021_v200_N51E003_Map", "2021-01-01/2021-12-31"),
        ("swissalti3d_2019_2573-1085_0.5_2056_5728", "2019-01-01/2019-12-31"),
        # Ranges
        ("20220101_20220131", "2022-01-01/2022-01-31"),
        ("ndvi_20220101-20220131_mean", "2022-01-01/2022-01-31"),
        ("2022-01-01_2022-01-31", "2022-01-01/2022-01-31"),
        ("2022-01-01-2022-01-31", "2022-01-01/2022-01-31"),
        ("2022-01-01--2022-01-31", "2022-01-01/2022-01-31"),
        ("20220101_to_20220131", "2022-01-01/2022-01-31"),
        ("CB4_64_16D_STK_022024_2018-11-17_2018-12-02_NDVI", "2018-11-17/2018-12-02"),
        ("202201_202203", "2022-01-01/2022-03-31"),
        ("pr_1981-2010", "1981-01-01/2010-12-31"),
        ("2022001_2022016", "2022-01-01/2022-01-16"),
        # The second day of a Landsat product is that of its making.
        ("LC08_L2SP_001062_20201031_20201106_02_T2_SR_B6", "2020-10-31"),
        ("LE07_L1TP_198023_20020101_20160928_01_T1_B3", "2002-01-01"),
    ],
)
def test_a_name_tells_its_time(name, expected):
    assert said(time_in(name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "ortho_2000px",
        "ortho_2000_px",
        "dem_2000m",
        "tile_2048",
        "2048x2048",
        "ortho_2000x2000",
        "1920x1080",
        "swiss-2056",
        "EPSG2000",
        "epsg_2020",
        "crs-2024",
        "product_v2020",
        "20231345",
        "20230229",
        "2022367",
        "LC08_198023",
        "Copernicus_DSM_COG_10_N00_00_E006_00_DEM",
        "tile_9999",
        "N45E006",
        # 1 February or 2 January: nobody can know.
        "01-02-2022",
    ],
)
def test_a_number_that_is_no_time_is_none(name):
    assert time_in(name) is None


def test_years_to_come_are_no_dates():
    assert time_in(f"x_{datetime.now(UTC).year}") is not None
    assert time_in(f"x_{datetime.now(UTC).year + 1}") is None


def test_the_characters_of_a_date_are_known():
    text = "S2_20220101_20220131_ndvi"
    found = date_in(text)
    assert text[found.start : found.end] == "20220101_20220131"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("2021", "01", "31UDS", "B04"), "2021-01-01/2021-01-31"),
        (("2021", "1", "S2B_31TCJ_20210131_0_L2A", "B04"), "2021-01-31"),
        (("31", "U", "DS", "2021", "1", "31", "0", "B04"), "2021-01-31"),
        (("year=2021", "month=01", "day=05", "B04"), "2021-01-05"),
        (("2021", "031", "B04"), "2021-01-31"),
        (("2021", "06", "15"), "2021-06-15"),
        (("2021", "06", "ndvi"), "2021-06-01/2021-06-30"),
        (("2021", "ndvi"), "2021-01-01/2021-12-31"),
        (("downloaded_20230101", "ndvi_20200101"), "2020-01-01"),
        (("downloaded_20200704", "ndvi_2020"), "2020-01-01/2020-12-31"),
        (("20170804T105328", "10m"), "2017-08-04T10:53:28"),
        (("N45", "dem"), None),
    ],
)
def test_folders_tell_what_their_files_do_not(names, expected):
    assert said(time_of(names)) == expected
