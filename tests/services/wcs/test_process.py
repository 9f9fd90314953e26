"""ProcessCoverages on the wire: answers, pictures, several results, parameters, refusals, limits."""

import email
import io
import json
import time

import h5py
import numpy as np
import pytest
import rasterio
from lxml import etree
from PIL import Image
from tests.services.wcs.conftest import read_coverage

from bandstand.engine.build import build_engine
from bandstand.web.app import Settings, mount_services

OWS = {"ows": "http://www.opengis.net/ows/2.0"}
HEAD = "for $c in (s2_l2a) return "
PART = "[E(281580:281980), N(5464940:5465240)]"


@pytest.fixture(scope="session")
def process(client):
    """Sends a query, by POST as a form where it is long."""

    def send(query, **keys):
        args = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query, **keys}
        return client.post("/wcs", data=args) if len(query) > 3000 else client.get("/wcs", query_string=args)

    return send


def report(answer):
    """Code, locator and text of an exception report."""
    (found,) = etree.fromstring(answer.get_data()).iterfind("ows:Exception", OWS)
    return found.get("exceptionCode"), found.get("locator"), found.findtext("ows:ExceptionText", namespaces=OWS)


# The same as elsewhere


def test_the_capabilities_tell_of_the_extension(client):
    text = client.get("/wcs?SERVICE=WCS&REQUEST=GetCapabilities").text
    assert "http://www.opengis.net/spec/WCS_service-extension_processing/2.0/conf/processing" in text
    assert 'name="ProcessCoverages"' in text


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("($c.B08-$c.B04)/($c.B08+$c.B04)", "(B08-B04)/(B08+B04)"),
        ("$c.B08 > 0.3", "B08>0.3"),
        ("sqrt($c.B08) + pow($c.B04, 3) * 2.5", "sqrt(B08)+B04**3*2.5"),
        ("switch case $c.SCL = 4 return $c.B08 default return 0.5", "where(SCL==4, B08, 0.5)"),
    ],
)
def test_what_reads_one_coverage_is_bit_by_bit_what_getcoverage_gives(process, get_coverage, query, expression):
    ours = read_coverage(process(f'{HEAD}encode(({query}){PART}, "image/tiff")'))
    same = get_coverage("s2_l2a", ("SUBSET", "E(281580,281980)"), ("SUBSET", "N(5464940,5465240)"), EXPR=expression)
    assert ours.transform == same.transform
    assert ours.values.tobytes() == same.values.tobytes()


def test_a_coverage_as_it_is_is_what_getcoverage_gives(process, get_coverage):
    ours, same = read_coverage(process(f'{HEAD}encode($c{PART}, "image/tiff")')), get_coverage(
        "s2_l2a", ("SUBSET", "E(281580,281980)"), ("SUBSET", "N(5464940,5465240)")
    )  # fmt: skip
    assert ours.names == same.names
    assert ours.values.tobytes() == same.values.tobytes()


def test_a_part_in_degrees_is_what_getcoverage_gives(process, get_coverage):
    part = '[Lat:"EPSG:4326"(49.295:49.300), Long:"http://www.opengis.net/def/crs/EPSG/0/4326"(0.000:0.010)]'
    ours = read_coverage(process(f'{HEAD}encode($c.B08{part}, "image/tiff")'))
    box = [("SUBSET", "Lat(49.295,49.300)"), ("SUBSET", "Long(0.000,0.010)")]
    same = get_coverage("s2_l2a", *box, SUBSETTINGCRS="EPSG:4326", OUTPUTCRS="EPSG:32631", RANGESUBSET="B08")
    assert ours.transform == same.transform
    assert ours.values.tobytes() == same.values.tobytes()


def test_a_transformed_coverage_lies_on_the_cells_of_its_scenes(process, get_coverage):
    ours = read_coverage(process(f'{HEAD}encode(crsTransform($c.B08, "EPSG:32630", {{}}), "image/tiff")'))
    same = get_coverage("s2_l2a", OUTPUTCRS="EPSG:32630", RANGESUBSET="B08")
    assert (ours.crs, ours.transform) == (same.crs, same.transform)
    assert ours.values.tobytes() == same.values.tobytes()


def test_coverages_on_other_grids_meet_where_they_are_brought_together(process):
    grid = '"EPSG:3857", {near}, {x: 40, y: 40}, {x(-1000:1000), y(6325000:6326000)}'
    loops = "for $s in (s2_l2a), $d in (elevation) return encode("
    height, near = f"crsTransform($d, {grid})", f"crsTransform($s.B08, {grid})"
    both = read_coverage(process(f'{loops}{{height: {height}; near: {near}}}, "tiff")'))
    alone = [read_coverage(process(f'{loops}{one}, "tiff")')) for one in (height, near)]
    assert both.names == ("height", "near")
    assert both.values.shape == (2, 25, 50)
    for band, one in enumerate(alone):
        assert both.transform == one.transform
        np.testing.assert_array_equal(both.values[band], one.values[0])
    assert np.isfinite(both.values).mean() > 0.5


@pytest.mark.parametrize("method", ["nearest", "bilinear", "cubic", "average"])
def test_a_scaled_coverage_is_what_getcoverage_gives(process, get_coverage, method):
    ours = read_coverage(process(f'{HEAD}encode(scale($c.B08, {{E(0:99), N(0:69)}}, {{{method}}}), "image/tiff")'))
    keys = {"SCALESIZE": "E(100),N(70)", "RESAMPLING": method, "RANGESUBSET": "B08"}
    same = get_coverage("s2_l2a", **keys)
    assert ours.transform == same.transform
    np.testing.assert_array_equal(ours.values, same.values)


def test_a_long_query_comes_as_a_form(process):
    terms = "   +  ".join(["$c.B04"] * 250)
    made = read_coverage(process(f'{HEAD}encode(({terms}){PART}, "tiff")'))
    plain = read_coverage(process(f'{HEAD}encode($c.B04{PART}, "tiff")'))
    np.testing.assert_allclose(made.values, 250 * plain.values, rtol=1e-5)


def test_an_answer_that_is_known_is_not_sent_again(client):
    args = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages"}
    args["QUERY"] = f'{HEAD}encode($c.B04[ansi("2021-06-14")]{PART}, "tiff")'
    first = client.get("/wcs", query_string=args)
    again = client.get("/wcs", query_string=args, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_a_default_time_is_told(process):
    assert "time=2022-07-19" in process(f'{HEAD}encode($c.B04{PART}, "tiff")').headers["Warning"]


def test_all_operands_must_be_readable(make_site):
    def spoil(folder):
        for path in folder.glob("s2_l2a/*/2021/*/*/B08.tif"):
            path.write_bytes(b"no picture")

    engine = build_engine(make_site(spoil=spoil).config)
    query = f'{HEAD}encode($c.B08[ansi("2022-07-19")] - $c.B08[ansi("2021-06-14")], "tiff")'
    args = {"SERVICE": "WCS", "VERSION": "2.0.1", "REQUEST": "ProcessCoverages", "QUERY": query}
    answer = mount_services(engine, Settings()).test_client().get("/wcs", query_string=args)
    engine.close()
    assert answer.status_code == 503
    assert "cannot be read" in answer.text


# Pictures


def picture(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.get_data())).convert("RGBA"))


def test_a_picture_of_three_bands_has_their_bytes(process):
    query = f"{{red: 400 * $c.B04; green: 400 * $c.B03; blue: 400 * $c.B02}}{PART}"
    drawn = picture(process(f'{HEAD}encode({query}, "image/png")'))
    numbers = read_coverage(process(f'{HEAD}encode({query}, "tiff")')).values
    assert (drawn[..., 3] == 255).all()
    np.testing.assert_array_equal(np.moveaxis(drawn[..., :3], -1, 0), np.floor(np.clip(numbers, 0, 255) + 1e-6))


def test_a_picture_of_one_band_is_grey_and_transparent_where_nothing_is(process):
    drawn = picture(process(f'{HEAD}encode((unsigned char)(255 * $c.B08), "png")'))
    numbers = read_coverage(process(f'{HEAD}encode((unsigned char)(255 * $c.B08), "tiff")'))
    valid = numbers.values[0] != numbers.nodata
    np.testing.assert_array_equal(drawn[..., 3] == 255, valid)
    for channel in range(3):
        np.testing.assert_array_equal(drawn[..., channel][valid], numbers.values[0][valid])


def test_yes_and_no_are_white_and_black(process):
    drawn = picture(process(f'{HEAD}encode(($c.B08 > 0.3){PART}, "png")'))
    truth = read_coverage(process(f'{HEAD}encode(($c.B08 > 0.3){PART}, "tiff")')).values[0]
    np.testing.assert_array_equal(drawn[..., 0], np.where(truth == 1, 255, 0))


@pytest.mark.parametrize("name", ["jpeg", "image/jpeg", "JPG"])
def test_a_jpeg_has_the_size_of_the_part(process, name):
    answer = process(f'{HEAD}encode((255 * $c.B08){PART}, "{name}", "quality=90")')
    assert answer.content_type == "image/jpeg"
    assert picture(answer).shape == (30, 40, 4)


def test_the_picture_of_the_compliance_suite_is_one(process):
    answer = process('for c in ( elevation ) return encode (c,"png")')
    assert answer.content_type == "image/png"
    assert picture(answer).shape[2] == 4


# Several results, none, text


def parts(answer):
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
    return list(email.message_from_bytes(head + answer.get_data()).get_payload())


def test_several_coverages_answer_in_their_order(process):
    found = parts(process('for $c in (ndvi, elevation) return encode($c, "image/tiff")'))
    names = []
    for part in found:
        assert part.get_content_type() == "image/tiff"
        with rasterio.MemoryFile(part.get_payload(decode=True)) as memory, memory.open() as file:
            names.append(file.descriptions[0])
    assert names == ["ndvi", "elevation"]


def test_two_iterators_answer_for_every_pair(process):
    found = parts(
        process("for $a in (ndvi, elevation), $b in (landcover, ndvi) return identifier($a) = identifier($b)")
    )
    assert [part.get_payload() for part in found] == ["false", "true", "false", "false"]


def test_where_leaves_coverages_out(process):
    answer = process("for $c in (ndvi, elevation) where max($c) > 2 return identifier($c)")
    assert (answer.mimetype, answer.text) == ("text/plain", "elevation")


def test_results_that_are_too_large_together_are_refused(process):
    names = ", ".join(["s2_l2a"] * 20)
    code, _, told = report(process(f'for $c in ({names}) return encode(scale($c.B08, 10), "tiff")'))
    assert (code, "together" in told) == ("NoApplicableCode", True)


def test_nothing_left_is_an_empty_answer(process):
    answer = process("for $c in (ndvi) where false return identifier($c)")
    assert (answer.status_code, answer.get_data()) == (200, b"")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1 + 2 * 3", "7"),
        ("10 / 4", "2.5"),
        ("1 / 0", "null"),
        ("true and not false", "true"),
        ("pow(2, 10) mod 7", "2"),
        ("ln(exp(1))", "1"),
        ("log(1000)", "3"),
        ("(unsigned char) 300.7", "255"),
        ("(short) -2.7", "-2"),
        ("bit(5, 2) and not bit(5, 1)", "true"),
        ("true xor true", "false"),
        ("{a: 1; b: 2.5}", "{1, 2.5}"),
        ("{a: 1; b: 2.5}.b", "2.5"),
        ("identifier($c)", "s2_l2a"),
        ("imageCrs($c)", "CRS:1"),
        ("crsSet($c)", "EPSG:32631, CRS:1"),
        ("domain($c, E)", "(280380:283320)"),
        ("domain($c, N).hi - domain($c, N).lo", "2080"),
        ("domain($c, E).resolution", "10"),
        ("domain($c, ansi)", '("2021-06-14":"2022-07-19")'),
        ('domain($c[ansi("2022":"2022")], ansi).lo', "2022-05-15"),
        ("imageCrsDomain($c)", "E(0:293),N(0:207),time(0:3)"),
        (f"imageCrsDomain($c{PART}, E)", "(0:39)"),
        (f"cellCount($c{PART})", "1200"),
        ("some($c.SCL = 6)", "true"),
        ("all($c.SCL = 6)", "false"),
        ("condense + over $t t(1:4) using $t * $t", "30"),
        ("condense * over $t t(1:4) where $t != 3 using $t", "8"),
        ("switch case 1 > 2 return 3 default return 4", "4"),
    ],
)
def test_texts_and_numbers_come_as_text(process, expression, text):
    answer = process(HEAD + expression)
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/plain", text)


def test_a_series_at_a_point_comes_as_csv_and_json(process):
    series = '$c[E(281255), N(5465405), ansi("2021":"2022")]'
    lines = process(f'{HEAD}encode({{near: {series}.B08; red: {series}.B04}}, "text/csv")').text.splitlines()
    assert lines[0] == "time,near,red"
    assert [line.split(",")[0] for line in lines[1:]] == ["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]
    values = json.loads(process(f'{HEAD}encode({series}.B08, "json")').text)
    assert [float(line.split(",")[1]) for line in lines[1:]] == values


def test_a_coverage_with_times_leaves_in_formats_that_have_such_an_axis(process, tmp_path):
    cube = process(f'{HEAD}encode((2 * $c.B08[ansi("2021":"2022")]){PART}, "application/netcdf")')
    assert (cube.status_code, cube.mimetype) == (200, "application/netcdf"), cube.text
    with h5py.File(io.BytesIO(cube.get_data())) as file:
        values = file["B08"][()]
    assert values.shape == (4, 30, 40)
    for step, day in enumerate(["2021-06-14", "2021-09-02", "2022-05-15", "2022-07-19"]):
        one = read_coverage(process(f'{HEAD}encode((2 * $c.B08[ansi("{day}")]){PART}, "tiff")'))
        np.testing.assert_array_equal(values[step], one.values[0])


def test_a_trim_of_one_date_is_an_axis_of_one(process):
    cube = process(f'{HEAD}encode($c.B08[ansi("2022-05":"2022-05")]{PART}, "netcdf")')
    with h5py.File(io.BytesIO(cube.get_data())) as file:
        assert file["B08"].shape == (1, 30, 40)


def test_dates_that_need_each_other_do_not_leave_along_an_axis(process):
    query = f'{HEAD}encode(($c.B08[ansi("2021":"2022")] - $c.B08[ansi("2021-06-14")]){PART}, "netcdf")'
    code, _, told = report(process(query))
    assert (code, "one coverage at one time" in told) == ("SemanticError", True)


def test_parameters_stand_for_their_values(process):
    answer = process("for $c in ($1) return avg($c.B08$2) > $3", **{"1": "s2_l2a", "2": PART, "3": "0.05"})
    assert answer.text == "true"


def test_an_xml_request_has_its_parameters_in_their_order(client):
    body = """<proc:ProcessCoverages service="WCS" version="2.0.1"
        xmlns:proc="http://www.opengis.net/wcs/processing/2.0">
      <proc:query>for $c in ($1) return avg($c) &gt; $2</proc:query>
      <proc:extraParameter>elevation</proc:extraParameter>
      <proc:extraParameter>1</proc:extraParameter>
    </proc:ProcessCoverages>"""
    answer = client.post("/wcs", data=body, content_type="text/xml")
    assert (answer.status_code, answer.text) == (200, "true"), answer.text


def test_a_parameter_that_is_not_given_is_missed(process):
    code, locator, _ = report(process("for $c in ($1) return 1"))
    assert (code, locator) == ("MissingParameterValue", "1")


def test_options_of_a_format_may_be_json(process):
    answer = process(
        f'{HEAD}encode($c.B04{PART}, "tiff", "{{\\"formatParameters\\": {{\\"COMPRESS\\": \\"DEFLATE\\"}}}}")'
    )
    with rasterio.MemoryFile(answer.get_data()) as memory, memory.open() as file:
        assert file.compression.value == "DEFLATE"


# Refusals


@pytest.mark.parametrize(
    ("query", "status", "code", "text"),
    [
        ("for", 400, "SyntaxError", "expected the name of an iterator"),
        (HEAD + 'encode($c, "tiff"', 400, "SyntaxError", 'expected ")"'),
        ("for $c in (s2l2a) return 1", 404, "NoSuchCoverage", 'Did you mean "s2_l2a"?'),
        (HEAD + 'encode($c.B88, "tiff")', 404, "NoSuchField", "B08"),
        (HEAD + 'encode($d, "tiff")', 400, "SemanticError", 'unknown name "$d"'),
        (HEAD + 'encode($c, "hdf4")', 400, "SemanticError", "image/tiff"),
        (HEAD + 'encode($c, "png")', 400, "SemanticError", "a picture has 1, 3 or 4 fields, here are 10"),
        (HEAD + 'encode(1, "png")', 400, "SemanticError", "only a coverage can be encoded"),
        (HEAD + "$c", 400, "SemanticError", "a coverage leaves by encode"),
        (HEAD + 'encode($c[E(1:2)], "tiff")', 404, "InvalidSubsetting", "lies outside"),
        (HEAD + 'encode($c[E(281000:280900)], "tiff")', 404, "InvalidSubsetting", "above the high"),
        (HEAD + 'encode($c[E(1), E(2)], "tiff")', 404, "InvalidAxisLabel", "named twice"),
        (HEAD + 'encode($c[Q(1)], "tiff")', 404, "InvalidAxisLabel", 'no axis "Q"'),
        (HEAD + 'encode($c[E(281255)][E(281255)], "tiff")', 404, "InvalidAxisLabel", "sliced away"),
        (HEAD + 'encode($c[ansi("2020-01-01")], "tiff")', 404, "InvalidSubsetting", "2021-06-14"),
        (HEAD + 'encode($c[ansi("yesterday")], "tiff")', 404, "InvalidSubsetting", "yesterday"),
        (HEAD + 'encode($c[ansi("2001":"2002")], "tiff")', 404, "InvalidSubsetting", "2021-06-14"),
        (HEAD + 'encode($c[ansi("2021":"2022")], "tiff")', 400, "SemanticError", "the coverage has 4 times"),
        (HEAD + 'encode($c[E("a":"b")], "tiff")', 400, "SemanticError", "a coordinate is a number"),
        (HEAD + 'encode($c.B08 + $c, "tiff")', 200, "", ""),
        (HEAD + 'encode({a: $c}, "tiff")', 400, "SemanticError", "takes one field, here are 10"),
        (HEAD + 'encode({a: $c.B04; a: $c.B08}, "tiff")', 400, "SemanticError", "named twice"),
        (HEAD + 'encode({a: $c.B04; b: $c.B08} + $c, "tiff")', 400, "SemanticError", "have 2 and 10 fields"),
        (HEAD + 'encode($c.B08 + "x", "tiff")', 400, "SemanticError", "a number or a coverage is needed"),
        (HEAD + f'encode($c.B08 - $c.B08{PART}, "tiff")', 400, "SemanticError", "lie on different grids"),
        ('for $c in (s2_l2a), $d in (elevation) return encode($c.B08 - $d, "tiff")', 400, "SemanticError", "EPSG:4326"),
        (HEAD + 'encode($c.B08[ansi(*:*)] - $c.B08[ansi("2022":*)], "tiff")', 400, "SemanticError", "different times"),
        (HEAD + 'encode(scale(scale($c, 2), 2), "tiff")', 400, "SemanticError", "resampled before"),
        (HEAD + 'encode(scale($c, -1), "tiff")', 400, "SemanticError", "positive"),
        (HEAD + 'encode(scale($c, {E(9:0)}), "tiff")', 400, "SemanticError", "low to high"),
        (HEAD + 'encode(scale($c, {ansi(0:9)}), "tiff")', 400, "SemanticError", "time axis"),
        (HEAD + 'encode(scale($c, 2, {lanczos}), "tiff")', 400, "SemanticError", "bilinear"),
        (HEAD + 'encode(crsTransform($c, "EPSG:2154"), "tiff")', 400, "SemanticError", "not offered"),
        (HEAD + 'encode(crsTransform($c, "nowhere"), "tiff")', 400, "SemanticError", "nowhere"),
        (HEAD + f'encode(extend($c{PART}, {{E(0:1)}}), "tiff")', 400, "SemanticError", "whole coverage"),
        (HEAD + "1e308 * 10", 400, "SemanticError", "a number grows too large"),
        (HEAD + "condense + over $t t(0:9) using 1e308", 400, "SemanticError", "a number grows too large"),
        (HEAD + "condense avg over $t t(0:9) using 1e308", 400, "SemanticError", "a number grows too large"),
        (HEAD + "condense * over $t t(0:9) using 1e308", 400, "SemanticError", "a number grows too large"),
        (HEAD + "condense + over $p E(0:9) using 1", 400, "SemanticError", "over time alone"),
        (HEAD + "condense + over $t ansi(*:*) using 1", 400, "SemanticError", "nothing is sliced at $t"),
        (HEAD + 'condense + over $t ansi("2001":"2002") using $c[ansi($t)]', 404, "InvalidSubsetting", "No time"),
        (HEAD + 'clip($c, "x")', 400, "SemanticError", "clip() is not offered"),
        (HEAD + 'abs("x")', 400, "SemanticError", "a number or a coverage"),
        (HEAD + "avg(1)", 400, "SemanticError", "a coverage is needed"),
        (HEAD + "bit($c.SCL, 99)", 400, "SemanticError", "0 to 52"),
        (HEAD + 'encode($c.B04, "tiff", "colour=red")', 400, "SemanticError", "not offered"),
        ("for $c in (s2_l2a) where $c.B08 > 1 return 1", 400, "SemanticError", "some("),
        ("for $c in (s2_l2a) let $x := 1e300 * 1e300 return $x", 400, "SemanticError", "too large"),
        (HEAD + 'encode(scale($c, {E(0:99999), N(0:99999)}), "tiff")', 400, "NoApplicableCode", "coverage_max_px"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_code(process, report_schema, query, status, code, text):
    answer = process(query)
    assert answer.status_code == status, answer.text
    if status != 200:
        report_schema.assertValid(etree.fromstring(answer.get_data()))
        found, locator, told = report(answer)
        assert (found, text in told) == (code, True), told
        assert locator


def test_no_query_is_a_missing_parameter(process):
    code, locator, told = report(process(""))
    assert (code, locator) == ("MissingParameterValue", "QUERY")
    assert "for $c in" in told


@pytest.mark.parametrize(
    "query",
    [
        "for $c in (s2_l2a) let $a0 := $c.B08, "
        + ", ".join(f"$a{i} := $a{i - 1} + $a{i - 1}" for i in range(1, 60))
        + ' return encode($a59, "tiff")',
        "for " + ", ".join(f"$c{i} in ({','.join(['ndvi'] * 5)})" for i in range(8)) + " return 1",
        "for $c in (s2_l2a) return condense + over $t t(1:9000) using condense + over $u t(1:9000) using $t * $u",
        HEAD + "condense + over $t t(1:99999999999) using $t",
        "for $c in (s2_l2a) let $a := $c.B08" + " + 1" * 700 + ', $b := $a + $a return encode($b, "tiff")',
        "for $c in (s2_l2a) let $a := $c.B08"
        + " + 1" * 400
        + " return encode({"
        + "; ".join(f"f{i}: $a" for i in range(90))
        + '}, "tiff")',
        HEAD + 'encode(scale($c, 1e300), "tiff")',
        HEAD + 'encode(extend($c, {E(-1e300:1e300)}), "tiff")',
        HEAD + 'encode($c[E:"CRS:1"(0:1e300)], "tiff")',
        HEAD + 'encode($c[ansi:"CRS:1"(1e300)], "tiff")',
        HEAD + 'encode(crsTransform($c, "EPSG:3857", {}, {E: 1e-9, N: 1e-9}), "tiff")',
        HEAD + 'encode(crsTransform($c, "EPSG:3857", {}, {E(-1e300:1e300)}), "tiff")',
        HEAD + 'encode($c.B04, "tiff", "{' + "[" * 900 + '")',
    ],
    ids=lambda query: f"{query[:50]} … {query[-30:]}",
)  # fmt: skip
def test_what_would_grow_without_bounds_is_refused_at_once(process, query):
    started = time.perf_counter()
    answer = process(query)
    assert answer.status_code in {400, 404}, answer.text
    assert time.perf_counter() - started < 2.0
