"""What a query reads and what it tells of that: datasets and mosaics by their names, default times, formulas."""

import numpy as np
import pytest
from lxml import etree
from tests.services.wcs.conftest import read_coverage

KEYS = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages"}
PART = "[E(281580:281980), N(5464940:5465240)]"
BOX = [("SUBSET", "E(281580,281980)"), ("SUBSET", "N(5464940,5465240)")]
DATASET, MOSAIC = "S2A_31UBQ_20210614_0_L2A", "s2_l2a.20210614"


@pytest.fixture
def process(client):
    return lambda query: client.get("/wcs", query_string={**KEYS, "QUERY": query})


# Datasets and mosaics


@pytest.mark.parametrize("name", [DATASET, MOSAIC])
def test_a_dataset_is_what_getcoverage_gives(process, get_coverage, name):
    ours = read_coverage(process(f'for $c in ({name}) return encode($c.B04, "image/tiff")'))
    same = get_coverage(name, RANGESUBSET="B04")
    assert ours.transform == same.transform
    assert ours.values.tobytes() == same.values.tobytes()


@pytest.mark.parametrize("name", [DATASET, MOSAIC])
def test_a_transformed_dataset_lies_on_the_cells_that_getcoverage_gives(process, get_coverage, name):
    ours = read_coverage(process(f'for $c in ({name}) return encode(crsTransform($c.B04, "EPSG:3857", {{}}), "tiff")'))
    same = get_coverage(name, RANGESUBSET="B04", OUTPUTCRS="EPSG:3857")
    assert ours.transform == same.transform
    assert ours.values.tobytes() == same.values.tobytes()


def test_a_dataset_is_condensed(process, get_coverage):
    answer = process(f"for $c in ({DATASET}) return max($c.B04)")
    assert answer.status_code == 200, answer.text
    same = get_coverage(DATASET, EXPR="B04")
    assert float(answer.text) == pytest.approx(np.nanmax(same.values), rel=1e-6)


@pytest.mark.parametrize("name", [DATASET, MOSAIC])
def test_a_dataset_knows_its_name(process, name):
    assert process(f"for $c in ({name}) return identifier($c)").text == name


def test_a_dataset_has_no_axis_of_time(process):
    answer = process(f'for $c in ({DATASET}) return encode($c[ansi("2021-06-14")], "tiff")')
    (found,) = etree.fromstring(answer.get_data())
    assert (answer.status_code, found.get("exceptionCode")) == (404, "InvalidAxisLabel")


# Notes


@pytest.mark.parametrize(
    "query",
    [
        "for $c in (s2_l2a) return avg($c.B04)",
        "for $c in (s2_l2a) return avg($c.B04) + avg($c.B04)",
        "for $c in (s2_l2a) return $c[E(281255), N(5465405)]",
        "for $c in (s2_l2a, s2_l2a) return avg($c.B04)",
        "for $c in (s2_l2a) where avg($c.B04) > 0 return identifier($c)",
    ],
)
def test_a_text_tells_the_default_time_that_its_numbers_are_of(process, query):
    answer = process(query)
    assert answer.status_code == 200, answer.text
    assert "time=2022-07-19" in answer.headers["Warning"]
    assert answer.headers["X-Source-Time"].startswith("2022-07-19")


def test_a_time_that_was_chosen_needs_no_warning(process):
    answer = process('for $c in (s2_l2a) return avg($c.B04[time("2021-06-14")])')
    assert "Warning" not in answer.headers
    assert answer.headers["X-Source-Time"].startswith("2021-06-14")


def test_a_text_that_is_made_of_no_pixel_tells_no_time(process):
    answer = process("for $c in (s2_l2a) return domain($c)")
    assert not {"Warning", "X-Source-Time", "X-Source-Items"} & {key for key, _ in answer.headers}


def test_several_files_tell_their_time_once(process):
    answer = process(f'for $c in (s2_l2a) , $d in (ndvi, s2_l2a) return encode($d{PART}, "tiff")')
    assert answer.mimetype == "multipart/mixed"
    assert answer.headers["X-Source-Time"].startswith("2022-07-19")
    assert len(answer.headers.getlist("X-Source-Time")) == 1


def test_a_condition_of_another_time_is_told_with_the_file(process):
    query = f'where avg($c.B04) > 0 return encode($c.B04[time("2021-06-14")]{PART}, "tiff")'
    answer = process(f"for $c in (s2_l2a) {query}")
    assert "time=2022-07-19" in answer.headers["Warning"]
    assert answer.headers["X-Source-Time"].startswith("2021-06-14")


# The formula in the file


@pytest.mark.parametrize(
    "formula",
    [
        "($c.B08-$c.B04)/($c.B08+$c.B04)",
        "$c.B08 * ($c.B04 + 1)",
        "-($c.B08 - $c.B04)",
        "(($c.B08) + (($c.B04)))",
        "($c.B08 - $c.B04) is null",
        "not ($c.B08 > (0.3))",
        "(float)($c.B08 - $c.B04)",
        "(unsigned char)(100 * ($c.B08 + 1))",
        "($c.B08 + $c.B04)[E(281580:281980)]",
        "({a: $c.B08; b: $c.B04}).b",
        "switch case $c.SCL = 4 return 1 default return (2 + ($c.B08))",
        'condense + over $t ansi("2021":"2022") using ($c.B08[ansi($t)] + (1))',
    ],
)
def test_the_file_tells_the_formula_as_it_was_written(process, formula):
    made = read_coverage(process(f'for $c in (s2_l2a) return encode({formula}, "tiff")'))
    told = made.tags["EXPRESSION"]
    # Brackets around the whole say nothing.
    assert formula in {told, f"({told})"}
