"""ITEMS: exactly these scenes, whenever they were taken; one that there is not is refused."""

import io
from html import unescape

import numpy as np
import pytest
from lxml import etree
from PIL import Image

OLD, NEW = "S2A_31UBQ_20210614_0_L2A", "S2A_31UBQ_20220719_0_L2A"
DAYS = {OLD: "2021-06-14", NEW: "2022-07-19"}
BOX = (("SUBSET", "E(281580,281980)"), ("SUBSET", "N(5464940,5465240)"))
GET = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "GetCoverage", "COVERAGEID": "s2_l2a"}
MAP = {
    "SERVICE": "WMS",
    "VERSION": "1.3.0",
    "REQUEST": "GetMap",
    "STYLES": "",
    "CRS": "EPSG:32631",
    "BBOX": "281580,5464940,281980,5465240",
    "WIDTH": "40",
    "HEIGHT": "30",
    "FORMAT": "image/png",
}


@pytest.fixture
def get_map(client):
    def get(layers, **keys):
        return client.get("/wms", query_string={**MAP, "LAYERS": layers, "STYLES": "," * layers.count(","), **keys})

    return get


def pixels(answer):
    assert answer.content_type == "image/png", answer.text
    return np.asarray(Image.open(io.BytesIO(answer.get_data())).convert("RGBA"))


@pytest.mark.parametrize("scene", [OLD, NEW])
def test_a_scene_that_is_named_needs_no_time(get_coverage, scene):
    found = get_coverage("s2_l2a", *BOX, RANGESUBSET="B04", ITEMS=scene)
    same = get_coverage("s2_l2a", *BOX, RANGESUBSET="B04", ITEMS=scene, TIME=DAYS[scene])
    assert (found.values != found.nodata).any()
    np.testing.assert_array_equal(found.values, same.values)


def test_scenes_of_several_days_are_laid_over_one_another_in_the_order_named(get_coverage):
    first = get_coverage("s2_l2a", *BOX, RANGESUBSET="B04", ITEMS=OLD)
    both = get_coverage("s2_l2a", *BOX, RANGESUBSET="B04", ITEMS=f"{OLD},{NEW}")
    there = first.values != first.nodata
    np.testing.assert_array_equal(both.values[there], first.values[there])


def test_a_time_and_a_scene_of_another_one_have_nothing_in_common(get_coverage):
    found = get_coverage("s2_l2a", *BOX, RANGESUBSET="B04", ITEMS=OLD, TIME=DAYS[NEW])
    assert np.isnan(found.values).all() or (found.values == found.nodata).all()


def test_a_map_of_a_named_scene_needs_no_time(get_map):
    found = pixels(get_map("true_color", ITEMS=OLD))
    np.testing.assert_array_equal(found, pixels(get_map("true_color", ITEMS=OLD, TIME=DAYS[OLD])))
    assert found[..., 3].any()


def test_no_default_time_is_told_where_a_scene_is_named(ask):
    answer = ask(*BOX, **GET, RANGESUBSET="B04", ITEMS=OLD)
    assert "Default value used" not in answer.headers.get("Warning", "")


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2.0.1", {"COVERAGEID": "s2_l2a"}),
        (
            "1.0.0",
            {
                "COVERAGE": "s2_l2a",
                "CRS": "EPSG:32631",
                "BBOX": MAP["BBOX"],
                "WIDTH": "4",
                "HEIGHT": "3",
                "FORMAT": "GeoTIFF",
            },
        ),
        (
            "1.1.1",
            {
                "IDENTIFIER": "s2_l2a",
                "BOUNDINGBOX": f"{MAP['BBOX']},urn:ogc:def:crs:EPSG::32631",
                "FORMAT": "image/tiff",
            },
        ),
    ],
)
@pytest.mark.parametrize("scene", ["S2A_31UBQ_20210614_0_L2X", "nope"])
def test_a_scene_that_there_is_not_is_refused(ask, version, keys, scene):
    answer = ask(SERVICE="WCS", VERSION=version, REQUEST="GetCoverage", ITEMS=f"{OLD},{scene}", **keys)
    (report,) = etree.fromstring(answer.get_data()).xpath("//*[@exceptionCode or @code]")
    assert (answer.status_code, report.get("locator")) == (400, "ITEMS")
    assert f'no scene "{scene}"' in "".join(report.itertext())


def test_a_name_that_is_nearly_right_is_suggested(ask):
    answer = ask(*BOX, **GET, ITEMS=OLD.replace("L2A", "L2X"))
    assert f'Did you mean "{OLD}"' in unescape(answer.text)


def test_a_scene_of_another_collection_is_none_of_the_coverage(ask, site_engine):
    other = site_engine.catalog.search("landcover", limit=1)[0].id
    answer = ask(*BOX, **GET, ITEMS=other)
    assert answer.status_code == 400
    assert f'Coverage "s2_l2a" has no scene "{other}"' in unescape(answer.text)


def test_a_map_refuses_a_scene_that_there_is_not(get_map):
    answer = get_map("true_color", ITEMS="nope")
    assert (answer.status_code, etree.fromstring(answer.get_data())[0].get("locator")) == (400, "ITEMS")


def test_a_scene_of_one_layer_leaves_the_other_layers_of_a_map_blank(get_map):
    both, alone = (pixels(get_map(names, ITEMS=OLD)) for names in ("landcover,true_color", "true_color"))
    np.testing.assert_array_equal(both, alone)
