"""How a coverage leaves: what the file says of itself, headers, limits, and files of the archive that are broken."""

import numpy as np
import pytest
import rasterio
from lxml import etree
from tests.services.wcs.conftest import read_coverage

from bandstand.engine.build import build_engine
from bandstand.read.cog import CogSource
from bandstand.read.gdal import GdalSource
from bandstand.read.stores import local
from bandstand.web.app import Settings, mount_services

KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage"}
AREA = [("SUBSET", "E(282000,282100)"), ("SUBSET", "N(5465000,5465200)")]
SCENE = "S2A_31UBQ_20220719_0_L2A"
OWS = {"ows": "http://www.opengis.net/ows/2.0"}


@pytest.fixture(scope="session")
def computed(get_coverage):
    return get_coverage("s2_l2a", *AREA, EXPR="vigour=(B08-B04)/(B08+B04)", TIME="2022-07-19")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("TIFFTAG_DATETIME", "2022:07:19 11:06:28"),
        ("SOURCE_ITEMS", SCENE),
        ("SOURCE_TIME_START", "2022-07-19T11:06:28Z"),
        ("SOURCE_TIME_END", "2022-07-19T11:06:28Z"),
        ("EXPRESSION", "vigour=(B08-B04)/(B08+B04)"),
        ("RESAMPLING", "nearest"),
        ("AREA_OR_POINT", "Area"),
    ],
)
def test_the_file_tells_how_it_came_about(computed, key, value):
    assert computed.tags[key] == value


def test_the_file_names_the_program(computed):
    assert computed.tags["TIFFTAG_SOFTWARE"].startswith("Bandstand ")


def test_numbers_that_are_not_whole_have_nan_for_nodata(computed):
    assert np.isnan(computed.nodata)
    assert computed.names == ("vigour",)


@pytest.mark.parametrize("compression", ["None", "Deflate", "LZW", "ZSTD", "PackBits"])
@pytest.mark.parametrize("predictor", ["None", "auto", "Horizontal"])
def test_every_compression_keeps_the_numbers(ask, computed, compression, predictor):
    answer = ask(
        *AREA,
        COVERAGEID="s2_l2a",
        EXPR="vigour=(B08-B04)/(B08+B04)",
        TIME="2022-07-19",
        **{"GEOTIFF:COMPRESSION": compression, "geotiff:predictor": predictor},
        **KEYS,
    )
    np.testing.assert_array_equal(read_coverage(answer).values, computed.values)


@pytest.mark.parametrize("key", ["GEOTIFF:COMPRESSION", "compression"])
def test_options_count_with_and_without_their_prefix(ask, key):
    answer = ask(*AREA, COVERAGEID="ndvi", **{key: "LZW"}, **KEYS)
    with rasterio.MemoryFile(answer.get_data()) as memory, memory.open() as file:
        assert file.compression.name == "lzw"


@pytest.mark.parametrize(("text", "tiled"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_a_switch_is_read_as_xml_schema_spells_it(ask, text, tiled):
    answer = ask(COVERAGEID="ndvi", **{"geotiff:tiling": text, "geotiff:tilewidth": "64"}, **KEYS)
    with rasterio.MemoryFile(answer.get_data()) as memory, memory.open() as file:
        assert (file.block_shapes == [(64, 64)]) == tiled


def test_tiles_are_made_when_asked(ask):
    answer = ask(
        COVERAGEID="s2_l2a",
        RANGESUBSET="B04",
        **{"geotiff:tiling": "true", "geotiff:tilewidth": "64", "geotiff:tileheight": "32"},
        **KEYS,
    )
    with rasterio.MemoryFile(answer.get_data()) as memory, memory.open() as file:
        assert file.block_shapes == [(32, 64)]


@pytest.mark.parametrize(
    "name",
    ["image/tiff", "GeoTIFF", "gtiff", "GeoTIFF_Float", "image/geotiff", "image/tiff; application=geotiff", "TIFF"],
)
def test_every_name_of_the_format_is_understood(get_coverage, name):
    assert get_coverage("ndvi", *AREA, FORMAT=name).values.shape == (1, 20, 10)


def test_the_file_has_a_name_and_a_length(ask):
    answer = ask(*AREA, COVERAGEID="ndvi", TIME="2022-07-19", **KEYS)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ndvi_20220719_10x20.tif"'
    assert int(answer.headers["Content-Length"]) == len(answer.get_data())


def test_a_file_of_many_dates_is_named_after_the_first_and_the_last(ask):
    answer = ask(("SUBSET", 'time("2021-06-01","2021-12-31")'), COVERAGEID="ndvi", **KEYS)
    assert '"ndvi_20210614-20210902_' in answer.headers["Content-Disposition"]


def test_the_time_used_and_the_number_of_scenes_stand_in_headers(ask):
    answer = ask(*AREA, COVERAGEID="ndvi", TIME="2022-07-19", **KEYS)
    assert (answer.headers["X-Source-Time"], answer.headers["X-Source-Items"]) == ("2022-07-19T11:06:28Z", "1")


def test_the_default_time_is_told(ask):
    answer = ask(*AREA, COVERAGEID="ndvi", **KEYS)
    assert "99 Default value used: time=2022-07-19 ISO8601" in answer.headers.getlist("Warning")


def test_head_has_the_headers_of_get_and_no_body(ask):
    answers = [ask(*AREA, COVERAGEID="ndvi", method=method, **KEYS) for method in ("GET", "HEAD")]
    # What is only known when the pixels are made may be left out (RFC 9110, 9.3.2).
    late = {"X-Request-Id", "Content-Length", "Content-Disposition", "X-Source-Items", "X-Source-Time"}
    kept = [{k: v for k, v in answer.headers.items() if k not in late} for answer in answers]
    assert kept[0] == kept[1]
    assert answers[1].get_data() == b""


def test_a_client_that_has_the_coverage_gets_304(client):
    address = "/wcs?service=WCS&version=2.0.1&request=GetCoverage&coverageid=ndvi&subset=E(282000,282100)"
    tag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_the_same_request_gives_the_same_bytes(ask):
    bodies = {ask(*AREA, COVERAGEID="ndvi", TIME="2022-07-19", **KEYS).get_data() for _ in range(3)}
    assert len(bodies) == 1


def test_pages_of_other_hosts_may_read_coverages_and_reports(ask):
    for name in ("ndvi", "bogus"):
        assert ask(*AREA, COVERAGEID=name, **KEYS).headers["Access-Control-Allow-Origin"] == "*"


# Limits


@pytest.fixture
def opened(monkeypatch):
    """The files that are opened or read: a plan knows their block indices from the catalogue and touches none."""
    seen = []
    touch, cog, gdal = local._open, CogSource.plan, GdalSource.read

    def open_(href, version):
        seen.append(href)
        return touch(href, version)

    def watched(read):
        def read_(self, *window):
            seen.append(self.href)
            return read(self, *window)

        return read_

    monkeypatch.setattr(local, "_open", open_)
    monkeypatch.setattr(CogSource, "plan", watched(cog))
    monkeypatch.setattr(GdalSource, "read", watched(gdal))
    return seen


def test_a_coverage_within_the_limits_opens_files(ask, opened):
    assert ask(*AREA, COVERAGEID="ndvi", TIME="2022-07-19", **KEYS).status_code == 200
    assert {href.rpartition("/")[2] for href in opened} == {"B04.tif", "B08.tif"}


@pytest.mark.parametrize("keys", [{"SCALEFACTOR": "200"}, {"SCALESIZE": "i(900000000),j(900000000)"}], ids=str)
def test_too_many_pixels_are_refused_before_a_file_is_opened(ask, opened, keys):
    answer = ask(COVERAGEID="ndvi", **keys, **KEYS)
    assert answer.status_code == 400
    assert "limits.coverage_max_px" in answer.get_data(as_text=True)
    assert opened == []


@pytest.mark.parametrize(
    ("limit", "key"),
    [
        ("coverage_max_items: 3", "limits.coverage_max_items"),
        ("read_max_bytes: 1000000", "limits.read_max_bytes"),
        ("coverage_max_px: 50000", "limits.coverage_max_px"),
    ],
)
def test_every_limit_refuses_before_a_file_is_opened(make_site, opened, limit, key):
    site = make_site(change=lambda text: text.replace("\nlimits:", f"\nlimits:\n  {limit}"))
    engine = build_engine(site.config)
    app = mount_services(engine, Settings()).test_client()
    # The ingest read every file.
    opened.clear()
    answer = app.get("/wcs", query_string={**KEYS, "COVERAGEID": "s2_l2a", "TIME": "2021/2022"})
    engine.close()
    root = etree.fromstring(answer.get_data())
    assert answer.status_code == 400
    assert root.find("ows:Exception", OWS).get("exceptionCode") == "NoApplicableCode"
    assert key in root.findtext(".//ows:ExceptionText", namespaces=OWS)
    assert opened == []


# Broken files


def cut(path):
    path.write_bytes(path.read_bytes()[:2000])


def garble(path):
    """Leave the header and every size as they are, and make rubbish of the pixels."""
    whole = bytearray(path.read_bytes())
    whole[-len(whole) // 2 :] = b"\xa5" * (len(whole) - len(whole) // 2)
    path.write_bytes(whole)


@pytest.mark.parametrize("spoil", [cut, garble, lambda path: path.unlink()], ids=["cut off", "garbled", "vanished"])
def test_a_scene_that_cannot_be_read_is_named_and_the_others_go_on(make_site, report_schema, spoil):
    site = make_site(spoil=lambda folder: spoil(next(folder.glob(f"s2_l2a/*/*/*/{SCENE}/B04.tif"))))
    engine = build_engine(site.config)
    app = mount_services(engine, Settings()).test_client()
    query = [*KEYS.items(), *AREA, ("COVERAGEID", "ndvi")]
    broken = app.get("/wcs", query_string=[*query, ("TIME", "2022-07-19")])
    text = broken.get_data(as_text=True)
    elsewhen = app.get("/wcs", query_string=[*query, ("TIME", "2022-05-15")])
    engine.close()
    report_schema.assertValid(etree.fromstring(text.encode()))
    assert broken.status_code == 503
    assert SCENE in text
    assert str(site.folder) not in text
    assert int(broken.headers["Retry-After"]) > 0
    assert broken.headers["Cache-Control"] == "no-store"
    assert elsewhen.status_code == 200
