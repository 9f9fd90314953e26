"""The four keys of scaling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import BandstandError, InvalidParameter
from bandstand.model.exchange import Arguments, Call
from bandstand.services.wcs.v20.scaling import (
    InvalidExtent,
    InvalidScaleFactor,
    ScaleAxisUndefined,
    Scaling,
    read_scaling,
)


def read(**keys):
    return read_scaling(Arguments(Call(method="GET", path="/wcs", args=tuple(keys.items()))))


def test_nothing_asked_leaves_the_size():
    assert not read().wanted
    assert read().size(7, 9) == (7, 9)


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        ({"SCALEFACTOR": "2"}, (200, 100)),
        ({"scalefactor": "0.1"}, (10, 5)),
        ({"SCALEFACTOR": "1e-9"}, (1, 1)),
        ({"SCALEAXES": "i(2),N(3)"}, (200, 150)),
        ({"SCALESIZE": "Lat(7),Long(8)"}, (8, 7)),
        ({"SCALESIZE": "x(1.0)"}, (1, 50)),
        ({"SCALEEXTENT": "i(-3:3),j(10:10)"}, (7, 1)),
        ({"WIDTH": "3", "HEIGHT": "4"}, (3, 4)),
        ({"HEIGHT": "4"}, (100, 4)),
    ],
    ids=str,
)
def test_sizes(keys, size):
    assert read(**keys).size(100, 50) == size


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ({"SCALEFACTOR": "0"}, InvalidScaleFactor),
        ({"SCALEFACTOR": "nan"}, InvalidScaleFactor),
        ({"SCALEFACTOR": "1_0"}, InvalidScaleFactor),
        ({"SCALESIZE": "i(1e10)"}, InvalidScaleFactor),
        ({"SCALESIZE": "i()"}, InvalidScaleFactor),
        ({"SCALEEXTENT": "i(1:inf)"}, InvalidExtent),
        ({"SCALEEXTENT": "i(1.5:3)"}, InvalidExtent),
        ({"SCALEEXTENT": "i(1:2:3)"}, InvalidExtent),
        ({"SCALEEXTENT": "i(0:2000000000)"}, InvalidExtent),
        ({"SCALEAXES": "t(2)"}, ScaleAxisUndefined),
        ({"SCALEAXES": ""}, InvalidParameter),
        ({"SCALEAXES": "i(2),"}, None),
        ({"SCALEAXES": "i(2),,j(2)"}, InvalidParameter),
        ({"SCALEFACTOR": "2", "SCALESIZE": "i(2)"}, InvalidParameter),
        ({"WIDTH": "2", "SCALEFACTOR": "2"}, InvalidParameter),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(keys, error):
    if error is None:
        assert read(**keys) == Scaling(factor_x=2.0)
        return
    with pytest.raises(error):
        read(**keys)


@given(st.sampled_from(["SCALEFACTOR", "SCALEAXES", "SCALESIZE", "SCALEEXTENT"]), st.text("ijE(),:.-1e 0", max_size=20))
def test_any_text_is_read_or_refused(key, text):
    try:
        width, height = read(**{key: text}).size(100, 50)
    except BandstandError:
        return
    assert width >= 1
    assert height >= 1
