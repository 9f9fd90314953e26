"""Without a time, older scenes are shown where the newest lost their files; where a time is named nothing stands in."""

import io
import json
import os
import shutil

import mercantile
import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Transformer
from tests.unit.engine.conftest import open_archive, write_tiff

from bandstand.web.app import Settings, mount_services

SIDE, PIXEL = 64, 10.0
WEST, NORTH = 500000.0, 5400000.0
EAST, SOUTH = WEST + 2 * SIDE * PIXEL, NORTH - SIDE * PIXEL
"""Of two places beside each other."""
DAYS = ("20220601", "20220611", "20220621")
LEFT, RIGHT = (slice(None), slice(0, SIDE)), (slice(None), slice(SIDE, None))
CONFIG = """
crs: [EPSG:3857, EPSG:4326, EPSG:32631]
collections:
  c: {profile: generic, source: c}
  once: {profile: generic, source: once}
layers:
  - {name: c, collection: c, style: grey, resampling: nearest}
  - {name: all, collection: c, style: grey, resampling: nearest, time: {default: all}}
  - {name: first, collection: c, style: grey, resampling: nearest, time: {default: earliest}}
  - {name: second, collection: c, style: grey, resampling: nearest, time: {default: "2022-06-11"}}
  - {name: once, collection: once, style: grey, resampling: nearest}
"""
WMS = {
    "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "c", "STYLES": "", "FORMAT": "image/png",
    "CRS": "EPSG:32631", "BBOX": f"{WEST},{SOUTH},{EAST},{NORTH}", "WIDTH": 2 * SIDE, "HEIGHT": SIDE,
    "TRANSPARENT": "TRUE",
}  # fmt: skip
WCS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": "c", "FORMAT": "image/tiff"}


def numbers(day, place):
    """Those of a scene: no two dates, places and rows share one."""
    row, col = np.mgrid[0:SIDE, 0:SIDE]
    return (1000 * (DAYS.index(day) + 1) + 500 * place + row + col % 3).astype("uint16")


def truth(left, right):
    """The numbers of both places, each of a day."""
    return np.hstack([numbers(left, 0), numbers(right, 1)])


@pytest.fixture
def folder(tmp_path):
    """Two places on three days, `c/<day>_<place>.tif`; and an older scene that reaches far beyond both."""
    for day in DAYS:
        for place in (0, 1):
            write_tiff(
                tmp_path / "c" / f"{'lr'[place]}_{day}.tif", numbers(day, place), nodata=0,
                x=WEST + place * SIDE * PIXEL, y=NORTH, name="v", compress="deflate",
            )  # fmt: skip
    wide = np.full((3 * SIDE, 4 * SIDE), 77, "uint16")
    write_tiff(tmp_path / "c" / "wide_20220501.tif", wide, nodata=0, x=WEST - 640, y=NORTH + 640, name="v")
    write_tiff(tmp_path / "once" / "o_20220601.tif", numbers(DAYS[0], 0), nodata=0, x=WEST, y=NORTH, name="v")
    return tmp_path


@pytest.fixture
def made(folder):
    opened = open_archive(folder, CONFIG)
    yield opened
    opened.engine.close()


@pytest.fixture
def client(made):
    return mount_services(made.engine, Settings()).test_client()


def path_of(folder, place, day):
    return folder / "c" / f"{place}_{day}.tif"


def lose(folder, *scenes, how="deleted"):
    """Take files away, or spoil them."""
    for place, day in scenes:
        path = path_of(folder, place, day)
        data, stamp = path.read_bytes(), path.stat()
        if how in {"deleted", "a folder"}:
            path.unlink()
        if how == "a folder":
            path.mkdir()
        if how == "truncated":
            path.write_bytes(data[: len(data) // 2])
        if how == "broken":
            # Where nothing but the compressed blocks can tell.
            with rasterio.open(path) as file:
                at, length = (int(file.get_tag_item(f"BLOCK_{key}_0_0", "TIFF", bidx=1)) for key in ("OFFSET", "SIZE"))
            path.write_bytes(data[:at] + b"\xff" * length + data[at + length :])
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


@pytest.fixture
def clock(monkeypatch):
    """Ahead of the second in which a file is taken to be as it was."""
    now = [1000.0]
    monkeypatch.setattr("bandstand.read.stores.local.monotonic", lambda: now[0])

    def ahead():
        now[0] += 1.01

    return ahead


def get_map(client, **changes):
    return client.get("/wms", query_string=WMS | changes)


def pixels(answer):
    assert (answer.status_code, answer.mimetype) == (200, "image/png"), answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGBA"))


def alpha(answer):
    return pixels(answer)[..., 3] > 0


def warnings(answer):
    return answer.headers.getlist("Warning")


def coverage(answer):
    assert answer.status_code == 200, answer.text
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as file:
        return file.read(1), file.tags()


def get_coverage(client, *subsets, **changes):
    box = [("SUBSET", f"E({WEST},{EAST})"), ("SUBSET", f"N({SOUTH},{NORTH})"), *(("SUBSET", s) for s in subsets)]
    return client.get("/wcs", query_string=[*(WCS | changes).items(), *box])


def process(client, text):
    keys = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": text}
    return client.get("/wcs", query_string=keys)


# Maps


@pytest.mark.parametrize("how", ["deleted", "truncated", "a folder", "broken"])
def test_a_map_shows_the_next_older_scenes_where_the_newest_cannot_be_read(client, folder, how):
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]), how=how)
    answer = get_map(client)
    assert (pixels(answer) == pixels(get_map(client, TIME="2022-06-11"))).all()
    assert alpha(answer).all()


def test_the_answer_names_what_is_lost_and_what_is_shown_and_is_not_kept(client, folder, clock):
    whole = get_map(client)
    lose(folder, ("l", DAYS[2]))
    clock()
    answer = get_map(client)
    assert any("scene l_20220621 was left out" in text and "o such file" in text for text in warnings(answer))
    assert any("older scenes" in text and "l_20220611 of 2022-06-11T12:00:00Z" in text for text in warnings(answer))
    assert answer.headers["X-Source-Time"] == "2022-06-11T12:00:00Z/2022-06-21T12:00:00Z"
    assert (answer.headers["Cache-Control"], answer.headers.get("ETag")) == ("no-store", None)
    assert (whole.headers["Cache-Control"], len(warnings(whole))) == ("public, max-age=60", 1)


def test_nothing_changes_where_nothing_is_lost(client, folder):
    wide = WMS | {"BBOX": f"{WEST - 320},{SOUTH - 320},{EAST + 320},{NORTH + 320}", "WIDTH": 192, "HEIGHT": 128}
    before = pixels(client.get("/wms", query_string=wide))
    lose(folder, ("l", DAYS[2]), ("l", DAYS[1]), ("l", DAYS[0]))
    after = pixels(client.get("/wms", query_string=wide | {"TIME": ""}))
    here = np.zeros((128, 192), bool)
    here[32:96, 32:96] = True
    assert (after[~here] == before[~here]).all()
    # The only scene that is left below reaches far beyond: it shows below the lost one alone.
    assert (after[here] == after[40, 40]).all()
    assert (after[here][:, 3] == 255).all()


def test_it_goes_down_as_far_as_it_must(client, folder):
    lose(folder, ("l", DAYS[2]), ("l", DAYS[1]), ("r", DAYS[2]))
    expected = np.hstack([
        pixels(get_map(client, TIME="2022-06-01"))[LEFT], pixels(get_map(client, TIME="2022-06-11"))[RIGHT]
    ])  # fmt: skip
    assert (pixels(get_map(client)) == expected).all()


@pytest.mark.parametrize("how", ["deleted", "broken"])
def test_a_named_time_stays_a_gap(client, folder, how):
    lose(folder, ("l", DAYS[2]), how=how)
    answer = get_map(client, TIME="2022-06-21")
    assert (alpha(answer)[LEFT].any(), alpha(answer)[RIGHT].all()) == (False, True)
    assert any("l_20220621 was left out" in text for text in warnings(answer))


def test_named_scenes_stay_a_gap(client, folder):
    lose(folder, ("l", DAYS[2]))
    assert not alpha(get_map(client, ITEMS="l_20220621")).any()


def test_a_word_for_the_newest_time_names_none(client, folder):
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]))
    assert (pixels(get_map(client, TIME="current")) == pixels(get_map(client))).all()
    assert alpha(get_map(client)).all()


def test_a_layer_of_all_times_shows_the_next(client, folder):
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]))
    answer = get_map(client, LAYERS="all")
    assert (pixels(answer) == pixels(get_map(client, TIME="2022-06-11"))).all()
    assert sum("was left out" in text for text in warnings(answer)) == 2


def test_a_default_time_of_the_configuration_falls_back_to_what_is_older(client, folder):
    lose(folder, ("l", DAYS[1]))
    assert (pixels(get_map(client, LAYERS="second"))[LEFT] == pixels(get_map(client, TIME="2022-06-01"))[LEFT]).all()


def test_below_the_earliest_time_there_is_nothing(client, folder):
    (folder / "c" / "wide_20220501.tif").unlink()
    answer = get_map(client, LAYERS="first")
    assert not alpha(answer).any()
    assert any("wide_20220501 was left out" in text for text in warnings(answer))


def test_where_nothing_is_left_the_map_has_a_gap(client, folder):
    (folder / "once" / "o_20220601.tif").unlink()
    answer = get_map(client, LAYERS="once")
    assert not alpha(answer).any()
    assert any("o_20220601 was left out" in text for text in warnings(answer))


def test_a_volume_that_is_away_leaves_a_gap(client, folder):
    shutil.move(folder / "c", folder / "away")
    answer = get_map(client)
    assert not alpha(answer).any()
    assert any("l_20220621 was left out" in text for text in warnings(answer))


def test_it_heals_when_the_files_come_back(client, folder, clock):
    whole = get_map(client)
    path = path_of(folder, "l", DAYS[2])
    shutil.move(path, folder / "kept.tif")
    clock()
    assert get_map(client).headers["Cache-Control"] == "no-store"
    shutil.move(folder / "kept.tif", path)
    answer = get_map(client)
    assert answer.data == whole.data
    assert (answer.headers["ETag"], warnings(answer)) == (whole.headers["ETag"], warnings(whole))


def test_a_map_of_many_scenes_falls_back_too(client, folder, made, monkeypatch):
    monkeypatch.setattr("bandstand.engine.run._MANY", 1)
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]), ("r", DAYS[1]))
    expected = np.hstack([
        pixels(get_map(client, TIME="2022-06-11"))[LEFT], pixels(get_map(client, TIME="2022-06-01"))[RIGHT]
    ])  # fmt: skip
    assert (pixels(get_map(client)) == expected).all()


def test_older_scenes_are_looked_up_a_page_at_a_time(client, folder, monkeypatch):
    monkeypatch.setattr("bandstand.engine.standins._PAGE", 2)
    lose(folder, ("l", DAYS[2]), ("l", DAYS[1]))
    assert (pixels(get_map(client))[LEFT] == pixels(get_map(client, TIME="2022-06-01"))[LEFT]).all()


def test_no_file_is_looked_at_for_it_while_all_can_be_read(client, made, monkeypatch):
    monkeypatch.setattr(made.engine._library, "probe", lambda *_: pytest.fail("a file was looked at"))
    assert alpha(get_map(client)).all()


# Tiles


def tile():
    lon, lat = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform(WEST + 320, NORTH - 320)
    return mercantile.tile(lon, lat, 15)


@pytest.mark.parametrize(
    "path", ["/xyz/c/{z}/{x}/{y}.png", "/wmts/1.0.0/c/default/default/WebMercatorQuad/{z}/{y}/{x}.png"]
)
def test_tiles_fall_back(client, folder, path):
    at = tile()._asdict()
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]))
    answer = client.get(path.format(**at))
    named = client.get("/xyz/c/{z}/{x}/{y}.png".format(**at), query_string={"TIME": "2022-06-11"})
    assert (pixels(answer) == pixels(named)).all()
    assert alpha(answer).any()
    assert any("20220621 was left out" in text for text in warnings(answer))


def test_a_tile_of_a_named_time_stays_a_gap(client, folder):
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]))
    answer = client.get("/xyz/c/{z}/{x}/{y}.png".format(**tile()._asdict()), query_string={"TIME": "2022-06-21"})
    assert not alpha(answer).any()


# Numbers


@pytest.mark.parametrize("how", ["deleted", "truncated", "broken"])
def test_a_mosaic_without_a_time_gives_the_numbers_of_older_scenes(client, folder, how):
    lose(folder, ("l", DAYS[2]), how=how)
    answer = get_coverage(client)
    values, tags = coverage(answer)
    assert (values == truth(DAYS[1], DAYS[2])).all()
    assert set(tags["SOURCE_ITEMS"].split(",")) == {"l_20220611", "r_20220621"}
    assert any("l_20220621 was left out" in text for text in warnings(answer))
    assert (answer.headers["Cache-Control"], answer.headers.get("ETag")) == ("no-store", None)


def test_a_mosaic_of_a_named_time_fails_and_names_the_scene(client, folder):
    lose(folder, ("l", DAYS[2]))
    answer = get_coverage(client, 'ansi("2022-06-21")')
    assert answer.status_code == 503
    assert "l_20220621" in answer.text


def test_a_mosaic_fails_where_nothing_older_is_left(client, folder):
    (folder / "once" / "o_20220601.tif").unlink()
    answer = get_coverage(client, COVERAGEID="once")
    assert answer.status_code == 503
    assert "o_20220601" in answer.text


def test_numbers_have_no_holes(client, folder):
    (folder / "c" / "wide_20220501.tif").unlink()
    lose(folder, *(("l", day) for day in DAYS))
    answer = get_coverage(client)
    assert answer.status_code == 503
    assert "l_20220621" in answer.text


def test_a_coverage_that_is_made_while_it_is_sent_falls_back_before_its_first_byte(client, folder, monkeypatch):
    monkeypatch.setattr("bandstand.engine.run.STRIP_PX", 128)
    lose(folder, ("l", DAYS[2]))
    values, _ = coverage(get_coverage(client))
    assert (values == truth(DAYS[1], DAYS[2])).all()


def test_a_mosaic_of_all_times_gives_the_numbers_of_the_next(client, folder):
    lose(folder, ("l", DAYS[2]), ("r", DAYS[2]), ("r", DAYS[1]))
    answer = get_coverage(client, COVERAGEID="all")
    assert (coverage(answer)[0] == truth(DAYS[1], DAYS[0])).all()
    assert sum("was left out" in text for text in warnings(answer)) == 3
    info = WMS | INFO | {"LAYERS": "all", "QUERY_LAYERS": "all"}
    (feature,) = json.loads(client.get("/wms", query_string=info).text)["features"]
    assert feature["properties"]["item"] == "l_20220611"


def test_a_mosaic_of_all_times_has_no_holes(client, folder):
    (folder / "c" / "wide_20220501.tif").unlink()
    lose(folder, *(("l", day) for day in DAYS))
    assert get_coverage(client, COVERAGEID="all").status_code == 503


def test_older_versions_fall_back(client, folder):
    lose(folder, ("l", DAYS[2]))
    keys = {
        "SERVICE": "WCS", "VERSION": "1.0.0", "REQUEST": "GetCoverage", "COVERAGE": "c", "CRS": "EPSG:32631",
        "BBOX": f"{WEST},{SOUTH},{EAST},{NORTH}", "WIDTH": 2 * SIDE, "HEIGHT": SIDE, "FORMAT": "GeoTIFF",
    }  # fmt: skip
    answer = client.get("/wcs", query_string=keys)
    assert (coverage(answer)[0] == truth(DAYS[1], DAYS[2])).all()
    assert any("l_20220621 was left out" in text for text in warnings(answer))


INFO = {"REQUEST": "GetFeatureInfo", "QUERY_LAYERS": "c", "INFO_FORMAT": "application/json", "I": 20, "J": 10}


def test_feature_info_tells_the_older_scene(client, folder):
    lose(folder, ("l", DAYS[2]))
    answer = client.get("/wms", query_string=WMS | INFO)
    (feature,) = json.loads(answer.text)["features"]
    told = feature["properties"]
    assert (told["item"], told["v"]) == ("l_20220611", numbers(DAYS[1], 0)[10, 20])
    assert any("l_20220621 was left out" in text for text in warnings(answer))
    assert answer.headers["Cache-Control"] == "no-store"


def test_feature_info_tells_a_history_without_what_is_lost(client, folder):
    lose(folder, ("l", DAYS[2]))
    answer = client.get("/wms", query_string=WMS | INFO | {"FEATURE_COUNT": 9})
    items = [feature["properties"]["item"] for feature in json.loads(answer.text)["features"]]
    assert items == ["l_20220611"]


def test_feature_info_of_a_named_time_fails(client, folder):
    lose(folder, ("l", DAYS[2]))
    answer = client.get("/wms", query_string=WMS | INFO | {"TIME": "2022-06-21"})
    assert answer.status_code == 503
    assert "l_20220621" in answer.text


def test_a_query_computes_with_older_numbers(client, folder):
    lose(folder, ("l", DAYS[2]))
    part = f"$c[E({WEST}:{EAST}), N({SOUTH}:{NORTH})]"
    answer = process(client, f'for $c in (c) return encode({part}.v + 1, "image/tiff")')
    assert (coverage(answer)[0] == truth(DAYS[1], DAYS[2]) + 1.0).all()
    assert any("l_20220621 was left out" in text for text in warnings(answer))


def test_a_query_condenses_older_numbers_and_says_so(client, folder):
    lose(folder, ("l", DAYS[2]))
    answer = process(client, f"for $c in (c) return max($c[E({WEST}:{WEST + 640}), N({SOUTH}:{NORTH})].v)")
    assert float(answer.text) == numbers(DAYS[1], 0).max()
    assert any("l_20220621 was left out" in text for text in warnings(answer))
    named = process(
        client, f'for $c in (c) return max($c[E({WEST}:{WEST + 640}), N({SOUTH}:{NORTH}), ansi("2022-06-21")].v)'
    )
    assert named.status_code == 503
