"""RangeSubset of WCS 1.1.1 (OGC 07-067r5, 10.2.2.1): fields, methods, keys of an axis."""

import numpy as np
import pytest
from tests.conformance.wcs11.spoken import Field

UTM = "urn:ogc:def:crs:EPSG::32631"
WHOLE = {
    "IDENTIFIER": "cite_reflectance",
    "BOUNDINGBOX": f"500005,5499805,500195,5499995,{UTM}",
    "FORMAT": "image/tiff",
}
FINER = {"GRIDBASECRS": UTM, "GRIDOFFSETS": "4,-4"}
FIELD, AXIS = "contents", "bands"


def test_the_field_is_all_of_it(speak, delivered, source, bands):
    found = delivered(speak("GetCoverage", **WHOLE, RANGESUBSET=[Field(FIELD)])).picture
    assert [*found.names] == bands
    assert np.array_equal(found.values, source.stack(bands))


@pytest.mark.parametrize(
    "wanted", [("nir",), ("red", "blue"), ("nir", "green", "blue"), ("blue", "green", "red", "nir")]
)
def test_keys_choose_bands_in_their_order(speak, delivered, source, wanted):
    found = delivered(speak("GetCoverage", **WHOLE, RANGESUBSET=[Field(FIELD, axis=AXIS, keys=wanted)])).picture
    assert found.names == wanted
    assert np.array_equal(found.values, source.stack(wanted))


def test_bands_may_be_asked_for_as_several_fields(speak, delivered, source):
    found = delivered(speak("GetCoverage", **WHOLE, RANGESUBSET=[Field("nir"), Field("red")])).picture
    assert found.names == ("nir", "red")
    assert np.array_equal(found.values, source.stack(["nir", "red"]))


def test_every_listed_method_works_and_is_one_of_its_own(speak, delivered, description):
    methods = description("cite_reflectance").xpath(".//*[local-name()='InterpolationMethod']/text()")
    made = [
        delivered(speak("GetCoverage", **WHOLE | FINER, RANGESUBSET=[Field(FIELD, method)])).picture.values
        for method in methods
    ]
    assert len({values.tobytes() for values in made}) == len(methods) > 1


def test_the_default_method_is_the_one_told(ask, delivered, description):
    (default,) = description("cite_reflectance").xpath(".//*[local-name()='Default']/text()")
    named, bare = (
        delivered(ask("GetCoverage", **WHOLE | FINER, RANGESUBSET=[Field(FIELD, method)])).picture
        for method in (default, None)
    )
    assert np.array_equal(named.values, bare.values)


def test_a_method_applies_to_the_chosen_keys(speak, delivered):
    every, one = (
        delivered(speak("GetCoverage", **WHOLE | FINER, RANGESUBSET=[Field(FIELD, "linear", *rest)])).picture
        for rest in ((), (AXIS, ("green",)))
    )
    assert np.array_equal(one.values[0], every.values[every.names.index("green")])


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([Field("bogus")], id="unknown field"),
        pytest.param([Field(FIELD), Field("bogus")], id="known and unknown"),
        pytest.param([Field(FIELD), Field(FIELD)], id="repeated"),
        pytest.param([Field(FIELD, "bogus")], id="unknown method"),
        pytest.param([Field(FIELD, "")], id="empty method"),
        pytest.param([Field(FIELD, axis=AXIS)], id="no key"),
        pytest.param([Field(FIELD, axis=AXIS, keys=("",))], id="empty key"),
        pytest.param([Field(FIELD, axis="bogus", keys=("red",))], id="unknown axis"),
        # The suite lets an unknown key pass; the standard has it among the keys that are described (10.2.2.1).
        pytest.param([Field(FIELD, axis=AXIS, keys=("bogus",))], id="unknown key"),
    ],
)
def test_what_is_not_described_is_refused(speak, refused, fields):
    refused(speak("GetCoverage", **WHOLE, RANGESUBSET=fields), "InvalidParameterValue", "RANGESUBSET")


@pytest.mark.parametrize(
    "text",
    [
        "contents:nir",
        "contents,nir",
        "contents:linear,nir:linear",
        ";contents",
        "contents;",
        "contents;;nir",
        "contents:",
        ":linear",
        "contents[bands[red]",
        "contents[bands[red",
        "contents[bands]",
        "contents[bands[]]",
        "contents[[red]]",
        "contents bands[red]]",
        "contents[bands red]]",
        "contents[bands[red]];",
        "contents[bands[red;nir]]",
        "contents[bands:red]",
        "contents[]",
    ],
)
def test_another_syntax_is_refused(ask, refused, text):
    refused(ask("GetCoverage", **WHOLE, RANGESUBSET=text), "InvalidParameterValue", "RANGESUBSET")
