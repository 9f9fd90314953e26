"""ProcessCoverages (OGC 08-059r4) and the basics of its language (OGC 08-068r2)."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from tests.conformance.geotiff import read_geotiff
from tests.conformance.truth import read_source
from tests.conformance.wire import Answer

FOR = "for $c in (cite_reflectance) return "
MIME = "{http://www.w3.org/2005/05/xmlmime}contentType"


@pytest.fixture
def process(speak):
    """What a query answers: its media type and bytes; in a SOAP message they stand in base64."""

    def ask(query):
        answer = speak("ProcessCoverages", QUERY=query)
        assert answer.status == 200, answer.body
        if speak.binding == "soap" and answer.root.get(MIME):
            return answer.root.get(MIME).partition(";")[0], base64.b64decode(answer.root.text or "")
        return answer.media_type, answer.body

    return ask


@pytest.mark.parametrize(
    "form", ['for c in ( cite_reflectance ) return encode (c,"png")', f'{FOR}encode($c, "image/png")']
)
def test_a_coverage_can_be_encoded_as_a_picture(process, form):
    media_type, body = process(form)
    assert media_type == "image/png"
    assert Image.open(io.BytesIO(body)).size == (20, 20)


def test_a_coverage_can_be_encoded_as_it_is(process, source, bands):
    media_type, body = process(f'{FOR}encode($c, "image/tiff")')
    found = read_geotiff(body)
    assert (media_type, found.transform, found.epsg) == ("image/tiff", source.transform, source.epsg)
    assert np.array_equal(found.values, source.stack(bands))


EXPRESSIONS = {
    "$c.red": lambda b: b["red"],
    "$c.red + 1": lambda b: b["red"] + 1,
    "2 * $c.nir - $c.red": lambda b: 2 * b["nir"] - b["red"],
    "($c.nir - $c.red) / ($c.nir + $c.red)": lambda b: (b["nir"] - b["red"]) / (b["nir"] + b["red"]),
    "sqrt($c.blue)": lambda b: np.sqrt(b["blue"]),
    "abs($c.blue - $c.green)": lambda b: abs(b["blue"] - b["green"]),
    "$c.red > 900": lambda b: b["red"] > 900,
    "($c.red > 900) and ($c.blue < 800)": lambda b: (b["red"] > 900) & (b["blue"] < 800),
    "not ($c.red > 900)": lambda b: ~(b["red"] > 900),
    "(float) $c.green": lambda b: b["green"],
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_what_is_induced_is_computed_cell_by_cell(process, source, text):
    found = read_geotiff(process(f'{FOR}encode({text}, "image/tiff")')[1])
    numbers = {name: band.astype(float) for name, band in source.bands.items()}
    assert found.transform == source.transform
    assert np.allclose(found.values[0], EXPRESSIONS[text](numbers), rtol=1e-6)


CONDENSED = {
    "max($c.red)": lambda b: b["red"].max(),
    "min($c.red)": lambda b: b["red"].min(),
    "avg($c.nir)": lambda b: b["nir"].mean(),
    "add($c.blue)": lambda b: b["blue"].sum(),
    "count($c.red > 900)": lambda b: (b["red"] > 900).sum(),
    "some($c.red > 900)": lambda b: (b["red"] > 900).any(),
    "all($c.red > 900)": lambda b: (b["red"] > 900).all(),
}


@pytest.mark.parametrize("text", CONDENSED)
def test_what_is_condensed_is_one_word(process, source, text):
    media_type, body = process(FOR + text)
    right = CONDENSED[text]({name: band.astype(float) for name, band in source.bands.items()})
    said = {"true": 1.0, "false": 0.0}.get(word := body.decode().strip(), word)
    assert media_type == "text/plain"
    assert isinstance(said, float) == isinstance(right, np.bool_)
    assert np.isclose(float(said), float(right), rtol=1e-6)


@pytest.mark.parametrize("cut", ["E(500012:500048), N(5499852:5499948)", "N(5499852:5499948), E(500012:500048)"])
def test_a_part_is_that_of_a_coverage_request(process, source, cut):
    found = read_geotiff(process(f'{FOR}encode($c.red[{cut}], "image/tiff")')[1])
    assert found.bounds == (500010, 5499850, 500050, 5499950)
    assert np.array_equal(found.values[0], source.bands["red"][5:15, 1:5])


def test_a_time_is_cut_out(process, cite):
    query = 'for $s in (cite_series) return encode($s.red[ansi("2023-06-14")], "image/tiff")'
    truth = read_source(cite.folder, "cite_series", "series-20230614")
    assert np.array_equal(read_geotiff(process(query)[1]).values[0], truth.bands["red"])


def test_a_condition_chooses_coverages(process):
    query = "for $c in (cite_reflectance, cite_series) where max($c.red) > 100000 return max($c.red)"
    assert process(query)[1].strip() == b""


def test_several_answers_come_as_several_parts(ask, source):
    query = "for $c in (cite_reflectance, cite_series) return max($c.red)"
    answer = ask("ProcessCoverages", QUERY=query)
    assert (answer.status, answer.media_type) == (200, "multipart/mixed")
    said = [float(part.get_payload(decode=True)) for part in answer.parts]
    assert len(said) == 2
    assert said[0] == source.bands["red"].max()


def test_parameters_stand_for_their_values(ask, source):
    answer: Answer = ask("ProcessCoverages", QUERY=f"{FOR}count($c.red > $1)", **{"1": "900"})
    assert float(answer.body) == (source.bands["red"] > 900).sum()


@pytest.mark.parametrize(
    ("query", "code", "status"),
    [
        pytest.param("for", "SyntaxError", 400, id="a word"),
        pytest.param("for $c in (cite_reflectance) return", "SyntaxError", 400, id="no answer"),
        pytest.param("for $c in cite_reflectance return 1", "SyntaxError", 400, id="no brackets"),
        pytest.param(f'{FOR}encode($c "image/tiff")', "SyntaxError", 400, id="no comma"),
        pytest.param(f"{FOR}max($d.red)", "SemanticError", 400, id="unknown variable"),
        pytest.param(f'{FOR}encode($c, "image/bogus")', "SemanticError", 400, id="unknown format"),
        pytest.param("for $c in (bogus) return 1", "NoSuchCoverage", 404, id="unknown coverage"),
        pytest.param(f"{FOR}max($c.bogus)", "NoSuchField", 404, id="unknown field"),
    ],
)
def test_what_is_no_query_is_refused(speak, query, code, status):
    answer = speak("ProcessCoverages", QUERY=query)
    assert (answer.status, answer.media_type) == (status, "text/xml")
    ((told, locator),) = answer.faults
    assert told == code
    # The offending part (table 6).
    assert locator


def test_a_query_is_needed(speak, refused):
    refused(speak("ProcessCoverages"), "MissingParameterValue", "QUERY", 400)
