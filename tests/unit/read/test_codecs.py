"""Codecs fill what they are given, and nothing makes them take more."""

import imagecodecs
import numpy as np
import pytest

from bandstand.plugins import members
from bandstand.read import codecs
from bandstand.read.base import BlockForm, Codec

BY_NAME = {c.name: c for c in members(codecs, "CODEC", group="bandstand.codecs")}
FORM = BlockForm(width=64, height=64, samples=3, dtype="|u1", photometric=2, tables=b"", lerc=0, alpha=False)
PIXELS = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype="u1")
ENCODE = {
    "none": lambda a: a.tobytes(),
    "deflate": lambda a: imagecodecs.deflate_encode(a.tobytes()),
    "lzw": lambda a: imagecodecs.lzw_encode(a.tobytes()),
    "zstd": lambda a: imagecodecs.zstd_encode(a.tobytes()),
    "lzma": lambda a: imagecodecs.lzma_encode(a.tobytes()),
    "packbits": lambda a: imagecodecs.packbits_encode(a.tobytes()),
    "lerc": imagecodecs.lerc_encode,
    "webp": lambda a: imagecodecs.webp_encode(a, lossless=True),
    "jpeg": lambda a: imagecodecs.jpeg8_encode(a, colorspace="RGB", outcolorspace="RGB", level=95),
}
CUTS_SHORT = {"none", "lzw", "lzma"}


def test_every_codec_is_tried_here():
    assert set(ENCODE) == set(BY_NAME)


@pytest.mark.parametrize("name", sorted(ENCODE))
def test_a_codec_keeps_the_seam(name):
    assert isinstance(BY_NAME[name], Codec)


@pytest.mark.parametrize("name", sorted(set(ENCODE) - {"jpeg"}))
def test_a_lossless_block_comes_back(name):
    out = np.zeros(FORM.nbytes, "u1")
    assert BY_NAME[name].decode(ENCODE[name](PIXELS), FORM, out) == FORM.nbytes
    np.testing.assert_array_equal(out.reshape(PIXELS.shape), PIXELS)


@pytest.mark.parametrize("name", sorted(ENCODE))
def test_a_block_that_wants_more_room_gets_none(name):
    large = np.zeros((256, 256, 3), "u1")
    raw = ENCODE[name](large)
    out = np.zeros(FORM.nbytes, "u1")
    if name in CUTS_SHORT:
        assert BY_NAME[name].decode(raw, FORM, out) == FORM.nbytes
    else:
        with pytest.raises((RuntimeError, ValueError)):
            BY_NAME[name].decode(raw, FORM, out)


@pytest.mark.parametrize("wrap", [1, 2])
def test_a_wrapped_lerc_block_that_wants_more_room_gets_none(wrap):
    encode = imagecodecs.deflate_encode if wrap == 1 else imagecodecs.zstd_encode
    form = BlockForm(width=64, height=64, samples=1, dtype="|u1", photometric=1, tables=b"", lerc=wrap, alpha=False)
    with pytest.raises(RuntimeError):
        BY_NAME["lerc"].decode(encode(bytes(10_000_000)), form, np.zeros(form.nbytes, "u1"))


def test_what_lerc_masks_in_floats_is_nan():
    values = np.ones((64, 64), "f4")
    mask = np.arange(64 * 64).reshape(64, 64) % 3 > 0
    form = BlockForm(width=64, height=64, samples=1, dtype="<f4", photometric=1, tables=b"", lerc=0, alpha=False)
    out = np.zeros(form.nbytes, "u1")
    BY_NAME["lerc"].decode(imagecodecs.lerc_encode(values, masks=mask), form, out)
    np.testing.assert_array_equal(np.isnan(out.view("f4").reshape(64, 64)), ~mask)
