"""RANGESUBSET of WCS 1.1: fields, methods, axes and keys."""

import pytest

from bandstand.errors import InvalidParameter, UnknownBand
from bandstand.services.wcs.v11.fields import FieldSubset, read_fields

GOOD = {
    "contents": [("contents", None, ())],
    "contents:linear": [("contents", "linear", ())],
    "contents[bands[B04]]": [("contents", None, ("B04",))],
    "contents[Band[B04]]": [("contents", None, ("B04",))],
    "contents:cubic[bands[B04,B08]]": [("contents", "cubic", ("B04", "B08"))],
    " contents : cubic [ bands [ B04 , B08 ] ] ": [("contents", "cubic", ("B04", "B08"))],
    "contents[bands[B04,,]]": [("contents", None, ("B04",))],
    "B04;B08:nearest": [("B04", None, ()), ("B08", "nearest", ())],
}


@pytest.mark.parametrize("text", GOOD)
def test_fields_are_read(text):
    assert read_fields(text, "bands") == tuple(FieldSubset(*parts) for parts in GOOD[text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "contents;",
        ";contents",
        "contents:",
        ":linear",
        "contents:linear:cubic",
        "contents,other",
        "contents[bands[]]",
        "contents[bands[,]]",
        "contents[bands[B04;B08]]",
        "contents[bands]",
        "contents[bands[B04]",
        "contents bands[B04]]",
        "contents[bandsB04]]",
        "contents[[B04]]",
        "contents[bands[B04]]]",
        "contents;linear[bands[B04]]x",
        "contents[bands[B04],bands[B08]]",
        "contents;CONTENTS",
        "[" * 5000,
    ],
    ids=lambda text: text[:40],
)
def test_what_has_not_the_form_is_refused(text):
    with pytest.raises(InvalidParameter, match="RANGESUBSET"):
        read_fields(text, "bands")


def test_an_unknown_axis_is_told_with_the_known_one():
    with pytest.raises(UnknownBand, match="the axis is bands"):
        read_fields("contents[wavelength[B04]]", "bands")
