"""The kernels of the reader against numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.read.predictor import separate, undo_differences, undo_float
from bandstand.read.validity import find_invalid

UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", UNSIGNED)
@pytest.mark.parametrize("samples", [1, 2, 3, 7])
def test_differences_sum_up_and_wrap(dtype, samples):
    rows = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 11, samples), dtype, endpoint=True)
    expected = np.cumsum(rows, axis=1, dtype=dtype)
    found = rows.reshape(9, -1).copy()
    undo_differences(found, samples)
    np.testing.assert_array_equal(found.reshape(rows.shape), expected)


@pytest.mark.parametrize("dtype", UNSIGNED)
def test_samples_are_taken_apart(dtype):
    pixels = np.arange(5000 * 3).astype(dtype).reshape(5000, 3)
    planes = np.empty((3, 5000), dtype)
    separate(pixels, planes)
    np.testing.assert_array_equal(planes, pixels.T)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("samples", [1, 3])
def test_predicted_floats_come_back(dtype, samples):
    values = np.random.default_rng(0).normal(0, 100, (4, 6, samples)).astype(dtype)
    size = values.dtype.itemsize
    # TIFF Technical Note 3: the bytes of a row by significance, then their differences, `samples` apart.
    rows = values.astype(values.dtype.newbyteorder(">")).view("u1").reshape(4, 6 * samples, size).transpose(0, 2, 1)
    rows = rows.reshape(4, -1)
    stored = rows.copy()
    stored[:, samples:] -= rows[:, :-samples]
    np.testing.assert_array_equal(undo_float(stored.view(dtype).reshape(values.shape)), values)


@given(
    st.sampled_from(["uint8", "int8", "int16", "uint16", "int32", "int64", "uint64", "float32", "float64"]),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(0, 1 << 30),
    st.sampled_from([0.0, 0.1, 0.9, 1.0]),
)
def test_validity_agrees_with_numpy_and_ignores_padding(dtype, height, width, seed, share):
    rng = np.random.default_rng(seed)
    block = rng.integers(0, 100, (24, 24)).astype(dtype)
    block[:height, :width][rng.random((height, width)) < share] = 5
    if block.dtype.kind == "f":
        block[rng.random(block.shape) < share / 3] = np.nan
    valid = (block != 5) & (block == block)  # noqa: PLR0124 - NaN
    inside = valid[:height, :width]
    found = find_invalid(block, height, width, 5)
    if inside.all():
        assert found is True
    elif not inside.any():
        assert found is False
    else:
        np.testing.assert_array_equal(found[:height, :width], inside)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_is_never_valid_even_without_nodata(dtype):
    block = np.zeros((4, 4), dtype)
    block[1, 2] = np.nan
    assert find_invalid(block, 4, 4, None).sum() == 15


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nodata_written_with_another_last_digit_is_still_nodata(dtype):
    block = np.zeros((2, 2), dtype)
    block[0, 0] = -3.4028234663852886e38
    assert find_invalid(block, 2, 2, -3.40282306074e38).sum() == 3
