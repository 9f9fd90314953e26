"""Scenes scaled differently are brought to one meaning, and the meaning survives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.model.field import Field
from bandstand.warp.radiometry import common_field, express


def field(offset=0.0, scale=1e-4, dtype="uint16", **more):
    return Field(name="red", dtype=dtype, scale=scale, offset=offset, **more)


@given(
    st.lists(st.integers(-2000, 2000), min_size=1, max_size=4),
    st.sampled_from(["uint16", "int16", "int32"]),
    st.integers(5000, 20000),
)
def test_the_physical_value_survives_shifting(steps, dtype, stored):
    fields = [field(offset=1e-4 * step, dtype=dtype) for step in steps]
    target = common_field(fields)
    for one in fields:
        got = express(np.array([stored], dtype), one, target)
        assert got.dtype.kind in "iu"
        assert float(got[0]) * target.scale + target.offset == pytest.approx(stored * one.scale + one.offset, abs=1e-9)


@given(st.floats(1e-5, 1e-1), st.floats(-1.0, 1.0), st.integers(0, 65535))
def test_the_physical_value_survives_rescaling(scale, offset, stored):
    fields = [field(), field(offset=offset, scale=scale)]
    target = common_field(fields)
    for one in fields:
        got = express(np.array([stored], np.uint16), one, target)
        assert float(got[0]) * target.scale + target.offset == pytest.approx(stored * one.scale + one.offset, abs=1e-9)


def test_fields_alike_keep_the_stored_numbers():
    values = np.array([1, 2], np.uint16)
    assert express(values, field(), common_field([field(), field()])) is values


def test_the_least_offset_is_the_common_one():
    assert common_field([field(0.0), field(-0.1)]).offset == -0.1


def test_a_shift_saturates_instead_of_wrapping():
    got = express(np.array([65000, 10], np.uint16), field(0.0), field(-0.1))
    assert got.tolist() == [65535, 1010]


def test_interpolated_numbers_are_shifted_as_floats():
    assert express(np.array([10.25]), field(0.0), field(-0.1)).tolist() == [1010.25]


def test_different_scales_meet_in_physical_float64():
    target = common_field([field(), field(scale=2.75e-5, offset=-0.2)])
    assert (target.dtype, target.scale, target.offset) == ("float64", 1.0, 0.0)


@pytest.mark.parametrize(("scale", "offset"), [(1e-18, 1e18), (1e-9, 1e11), (5e-324, 1e308)])
def test_offsets_that_lie_more_steps_apart_than_integers_have_meet_in_physical_float64(scale, offset):
    one, other = field(0.0, scale=scale), field(offset, scale=scale)
    target = common_field([one, other])
    assert (target.dtype, target.scale) == ("float64", 1.0)
    assert express(np.array([3], np.uint16), other, target).tolist() == [3 * scale + offset]


def test_classes_are_never_converted():
    values = np.array([3, 4], np.uint8)
    one, other = (field(offset=o, dtype="uint8", categorical=True) for o in (0.0, 1.0))
    assert express(values, one, common_field([one, other])) is values


def test_narrow_integers_are_widened_to_the_widest():
    assert common_field([field(dtype="uint8"), field(dtype="uint16")]).dtype == "uint16"
