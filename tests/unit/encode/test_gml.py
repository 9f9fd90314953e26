"""GML coverages: valid, and every number comes back out of the text."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from lxml import etree

from bandstand.encode.gml import FORMAT
from bandstand.errors import InvalidParameter
from bandstand.model.crs import parse_crs
from bandstand.model.field import Field
from bandstand.model.grid import Affine, Grid
from bandstand.model.raster import Image, Raster
from bandstand.model.request import Output

NS = {
    "gml": "http://www.opengis.net/gml/3.2",
    "swe": "http://www.opengis.net/swe/2.0",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
}
OUTPUT = Output(kind="coverage", media_type="application/gml+xml", name="some_coverage")


def grid_of(shape, crs="EPSG:32631"):
    height, width = shape
    return Grid(parse_crs(crs), Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_400_000.0), width, height)


def raster_of(values, *, valid=None, nodata=None, names=None, crs="EPSG:32631"):
    bands = len(values)
    if valid is None:
        valid = np.ones((1, *values.shape[1:]), np.bool_)
    fields = tuple(
        Field(name=name, dtype=str(values.dtype), nodata=nodata, unit="m", title=f"Field <{name}>")
        for name in (names or [f"B{i}" for i in range(bands)])
    )
    return Raster(values, valid, fields, grid_of(values.shape[1:], crs))


def document(raster, output=OUTPUT):
    return etree.fromstring(FORMAT.data(raster, output, {}))


def tuples(root):
    return [cell.split(",") for cell in root.findtext(".//gml:tupleList", namespaces=NS).split()]


@pytest.fixture(scope="module")
def gmlcov(shared):
    path = shared / "schemas" / "ogc" / "gmlcov" / "1.0" / "gmlcovAll.xsd"
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))


@pytest.mark.parametrize("crs", ["EPSG:32631", "EPSG:3035"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "bool"])
def test_a_document_is_valid(gmlcov, dtype, crs):
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    gmlcov.assertValid(document(raster_of(values, crs=crs)))


def test_a_title_with_characters_that_no_xml_holds_is_valid(gmlcov):
    raster = raster_of(np.zeros((1, 2, 2), np.uint8))
    raster = Raster(raster.values, raster.valid, (Field(name="1 <b>", dtype="uint8", title="a\x01&<"),), raster.grid)
    root = document(raster)
    gmlcov.assertValid(root)
    assert root.xpath("//swe:field/@name", namespaces=NS) == ["_1__b_"]


@settings(max_examples=60, deadline=None)
@given(
    values=hnp.arrays(
        dtype=st.sampled_from([np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64]),
        shape=st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5)),
    )
)
def test_every_number_reads_back_as_itself(values):
    cells = np.array(tuples(document(raster_of(values))))
    spelled = cells.reshape(*values.shape[1:], len(values)).transpose(2, 0, 1)
    np.testing.assert_array_equal(spelled.astype(np.float64).astype(values.dtype), values)


def test_cells_come_row_by_row_and_the_bands_of_a_cell_side_by_side():
    values = np.array([[[1, 2, 3], [4, 5, 6]], [[10, 20, 30], [40, 50, 60]]], np.uint8)
    assert tuples(document(raster_of(values))) == [
        [a, b] for a, b in zip(list("123456"), [f"{n}0" for n in "123456"], strict=True)
    ]


def test_floats_are_spelled_as_xml_schema_has_them():
    values = np.array([[[np.nan, np.inf, -np.inf, 0.1, 1e-7, 2.0]]], np.float32)
    assert [cell for (cell,) in tuples(document(raster_of(values)))] == ["NaN", "INF", "-INF", "0.1", "1e-07", "2"]


def nil(root):
    return root.xpath("//swe:nilValue/text()", namespaces=NS)


def test_invalid_cells_hold_the_nil_value_of_their_field():
    values = np.arange(6, dtype=np.uint16).reshape(1, 2, 3)
    valid = np.array([[[True, False, True], [True, True, False]]])
    root = document(raster_of(values, valid=valid, nodata=255.0))
    assert nil(root) == ["255"]
    assert [cell for (cell,) in tuples(root)] == ["0", "255", "2", "3", "4", "255"]


def test_each_band_has_its_own_mask():
    values = np.array([[[1, 2]], [[3, 4]]], np.uint8)
    valid = np.array([[[False, True]], [[True, False]]])
    assert tuples(document(raster_of(values, valid=valid, nodata=9.0))) == [["9", "3"], ["2", "9"]]


@pytest.mark.parametrize(
    ("values", "free"),
    [
        (np.array([1, 2, 3], np.uint8), "0"),
        (np.array([0, 2, 3], np.uint8), "255"),
        (np.array([0, 255, 7], np.uint8), "256"),
        (np.array([1, 2, 3], np.int16), "-32768"),
        (np.array([True, False, True]), "255"),
    ],
)
def test_a_field_without_a_nil_value_gets_one_that_no_valid_cell_holds(values, free):
    whole = np.concatenate([values, values[:1]]).reshape(1, 1, 4)
    valid = np.array([[[True, True, True, False]]])
    root = document(raster_of(whole, valid=valid))
    assert nil(root) == [free]
    assert tuples(root)[-1] == [free]


def test_a_field_without_a_nil_value_needs_none_where_all_is_valid():
    assert nil(document(raster_of(np.zeros((1, 2, 2), np.uint8)))) == []


def test_the_grid_is_that_of_the_raster():
    root = document(raster_of(np.zeros((1, 3, 5), np.uint8)))
    assert root.findtext(".//gml:high", namespaces=NS) == "4 2"
    assert root.findtext(".//gml:pos", namespaces=NS) == "500005 5399995"
    assert root.xpath("//gml:offsetVector/text()", namespaces=NS) == ["10 0", "0 -10"]
    assert root.findtext(".//gml:upperCorner", namespaces=NS) == "500050 5400000"


def test_coordinates_stand_in_the_order_of_the_crs():
    root = document(raster_of(np.zeros((1, 3, 5), np.uint8), crs="EPSG:3035"))
    assert root.find(".//gml:Envelope", NS).get("axisLabels") == "N E"
    assert root.findtext(".//gml:pos", namespaces=NS) == "5399995 500005"
    assert root.xpath("//gml:offsetVector/text()", namespaces=NS) == ["0 10", "-10 0"]


def test_gml_carries_no_pictures():
    image = Image(np.zeros((1, 1, 4), np.uint8))
    with pytest.raises(InvalidParameter):
        FORMAT.picture(image, OUTPUT, None)


def test_a_nan_of_a_valid_cell_is_told_as_nan():
    assert math.isnan(float(tuples(document(raster_of(np.full((1, 1, 1), np.nan, np.float32))))[0][0]))
