"""GetFeatureInfo: what lies under a pixel of a map."""

import json

import pytest
from lxml import etree
from tests.conformance.blue_lake import where
from tests.conformance.wms.spoken import LAKE_BOX, code

INSIDE = (75, 50)
"""Column and row of the lake in its map of 200 by 100 pixels."""
SQUARES = {"layers": "BasicPolygons", "bounds": (-2.0, 2.0, 2.0, 6.0), "size": (100, 100)}
"""Two squares that overlap in the middle."""
GML = "application/vnd.ogc.gml"


def features(answer):
    """Of GeoJSON."""
    return json.loads(answer.body)["features"]


@pytest.fixture
def is_refused(wms, is_report):
    """Whether a pixel was refused with a code."""
    return lambda answer, expected: is_report(answer) and code(answer) == expected


def test_the_operation_is_offered(wms):
    assert wms.formats("GetFeatureInfo")


def test_each_format_is_what_it_says(wms):
    known = ["text/plain", "text/html", "application/json", "application/geo+json", GML, "text/xml"]
    assert wms.formats("GetFeatureInfo") == known
    for name in known:
        answer = wms.info(*INSIDE, INFO_FORMAT=name)
        assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, name)
        assert "Lakes" in answer.body.decode()


def test_a_format_that_is_not_offered_is_refused(wms, is_refused):
    assert is_refused(wms.info(*INSIDE, INFO_FORMAT="text/bogus"), "InvalidFormat")


def test_without_a_format_one_of_those_offered_comes(wms):
    assert wms.info(*INSIDE, INFO_FORMAT=None).media_type in wms.formats("GetFeatureInfo")


@pytest.mark.parametrize("form", [GML, "text/xml"])
def test_gml_is_offered_and_valid_under_the_schema_that_it_names(wms, form, shared):
    root = wms.info(*INSIDE, INFO_FORMAT=form).root
    assert root.findall(".//{http://www.opengis.net/gml}featureMember")
    _, address = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    schema = wms.cite.get(address.removeprefix(wms.cite.base)).root
    for imported in schema.iter("{http://www.w3.org/2001/XMLSchema}import"):
        place = imported.get("schemaLocation").replace("http://schemas.opengis.net", str(shared / "schemas" / "ogc"))
        imported.set("schemaLocation", place)
    etree.XMLSchema(schema).assertValid(root)


def test_an_unknown_key_changes_nothing(wms):
    answer = wms.info(*INSIDE, VENDOR_KEY="what")
    assert answer.media_type == "text/plain"
    assert answer.body == wms.info(*INSIDE).body


def test_without_a_service_it_is_answered(wms):
    assert wms.info(*INSIDE, SERVICE=None).body == wms.info(*INSIDE).body


@pytest.mark.parametrize("exceptions", [None, "XML"])
def test_a_report_is_xml(wms, is_refused, exceptions):
    keys = {"EXCEPTIONS": exceptions and wms.exceptions(exceptions)}
    assert is_refused(wms.info(*INSIDE, layers="Nowhere", **keys), "LayerNotDefined")


@pytest.mark.parametrize("pixel", [(200, 50), (75, 100), (250, 50), (75, 150), (-1, 50), (75, -1)])
def test_a_pixel_beyond_the_map_is_refused(wms, is_refused, pixel):
    assert is_refused(wms.info(*pixel), "InvalidPoint")


@pytest.mark.parametrize("pixel", [(0, 0), (199, 0), (0, 99), (199, 99)])
def test_the_corners_of_the_map_are_pixels_of_it(wms, pixel):
    assert wms.info(*pixel).media_type == "text/plain"


@pytest.mark.parametrize("pixel", [("x", 5), (5, "1.5"), (None, 5), (5, None), ("", 5)])
def test_what_is_no_pixel_is_refused(wms, is_report, pixel):
    assert is_report(wms.info(*pixel))


@pytest.mark.parametrize("row", [20, 50, 80])
def test_a_pixel_is_counted_from_the_upper_left(wms, row):
    covered, free = where("Lakes", LAKE_BOX, (200, 100))
    # Pixels to both sides of each shore, as near as they can be told.
    columns = [i for i in range(1, 199) if (covered[row, i - 1 : i + 2] | free[row, i - 1 : i + 2]).sum() == 2]
    assert len(columns) >= 2
    for i in columns:
        for near in (i - 1, i, i + 1):
            if covered[row, near] or free[row, near]:
                found = features(wms.info(near, row, INFO_FORMAT="application/json"))
                assert bool(found) == covered[row, near], (near, row)


@pytest.mark.parametrize("pixel", [(0, 0), (199, 99), (75, 50)])
def test_the_place_is_the_middle_of_the_pixel(wms, pixel):
    east, south = (0.004 * (pixel[0] + 0.5) / 200, 0.002 * (pixel[1] + 0.5) / 100)
    assert f"{east:.5f} E, {south:.5f} S" in wms.info(*pixel).body.decode()


@pytest.mark.parametrize("form", ["application/json", "application/geo+json"])
@pytest.mark.parametrize("layer", ["Lakes", "Forests"])
def test_geojson_has_longitude_first_and_features_by_their_layer(wms, form, layer):
    """RFC 7946, 3.1.1; a client that asks several layers tells their features apart by their ids."""
    (found,) = features(wms.info(*INSIDE, layers=layer, INFO_FORMAT=form))
    place = [0.004 * (INSIDE[0] + 0.5) / 200, -0.002 * (INSIDE[1] + 0.5) / 100]
    assert found["geometry"]["type"] == "Point"
    assert found["geometry"]["coordinates"] == pytest.approx(place, abs=1e-9)
    assert found["id"].rpartition(".")[0] == layer


def test_info_and_map_agree_in_every_system(wms):
    boxes = {"EPSG:4326": (-0.002, 0.0, 0.0, 0.004) if wms.is_13 else LAKE_BOX}
    boxes["EPSG:3857"] = (0.0, -222.638982, 445.277963, 0.0)
    for system, bounds in boxes.items():
        (found,) = features(wms.info(*INSIDE, bounds=bounds, INFO_FORMAT="application/json", **{wms.crs: system}))
        assert found["properties"]["class"] == 1


@pytest.mark.parametrize(
    ("layers", "asked"),
    [
        pytest.param("Lakes", "Lakes", id="one"),
        pytest.param("Forests,Lakes", "Forests,Lakes", id="two"),
        pytest.param("Forests,Lakes,BasicPolygons", "Forests,Lakes,BasicPolygons", id="three"),
        pytest.param("Forests,Lakes,Ponds", "Lakes", id="fewer"),
    ],
)
def test_the_layers_asked_answer_and_no_others(wms, layers, asked):
    text = wms.info(*INSIDE, layers=layers, QUERY_LAYERS=asked).body.decode()
    assert [name for name in ("Forests", "Lakes", "BasicPolygons", "Ponds") if f"({name})" in text] == [
        name for name in ("Forests", "Lakes", "BasicPolygons", "Ponds") if name in asked.split(",")
    ]


@pytest.mark.parametrize("asked", ["Nowhere", "Lakes,Nowhere", "Ponds"])
def test_a_layer_that_is_not_there_or_not_on_the_map_is_refused(wms, is_refused, asked):
    assert is_refused(wms.info(*INSIDE, layers="Lakes", QUERY_LAYERS=asked), "LayerNotDefined")


def test_a_layer_must_be_asked(wms, is_report):
    assert is_report(wms.info(*INSIDE, QUERY_LAYERS=None))


def test_each_layer_answers_if_it_says_so(wms, is_refused):
    for layer in wms.layers:
        name = layer.findtext("{*}Name")
        answer = wms.info(5, 5, layers=name, bounds=wms.geographic(layer), size=(10, 10), TIME="2000/2001")
        if layer.get("queryable") == "1":
            assert (answer.status, answer.media_type) == (200, "text/plain"), name
        else:
            assert is_refused(answer, "LayerNotQueryable"), name


def test_the_layers_of_polygons_can_be_queried(wms):
    for name in ("BasicPolygons", "Forests", "Lakes", "NamedPlaces", "Ponds"):
        assert wms.layer(name).get("queryable") == "1"
    for name in ("DividedRoutes", "MapNeatline", "RoadSegments", "Streams"):
        assert wms.layer(name).get("queryable", "0") == "0"


@pytest.mark.parametrize("count", [None, "", "1"])
def test_one_feature_is_told_unless_more_are_asked(wms, count):
    assert len(features(wms.info(50, 50, INFO_FORMAT="application/json", FEATURE_COUNT=count, **SQUARES))) == 1
    one, two = (wms.info(50, 50, FEATURE_COUNT=number, **SQUARES).body for number in (count, "2"))
    assert len(one) < len(two)


@pytest.mark.parametrize("count", ["2", "3", "50"])
def test_as_many_features_are_told_as_asked_and_there_are(wms, count):
    found = features(wms.info(50, 50, INFO_FORMAT="application/json", FEATURE_COUNT=count, **SQUARES))
    assert len(found) == 2


@pytest.mark.parametrize("count", ["0", "-1", "some"])
def test_what_is_no_count_is_refused(wms, is_report, count):
    assert is_report(wms.info(*INSIDE, FEATURE_COUNT=count))
