"""A packed index says what the header said, and garbage says nothing."""

import dataclasses
import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import SourceUnavailable
from bandstand.read.base import BlockForm, Foreign, Level
from bandstand.read.header import BlockTable, Header
from bandstand.read.index import pack, unpack


def _table(rng, width, height, block, samples, planar, dtype):
    form = BlockForm(
        width=block,
        height=block,
        samples=1 if planar else samples,
        dtype=dtype,
        photometric=1,
        tables=rng.bytes(5),
        lerc=0,
        alpha=False,
    )
    count = -(-width // block) * -(-height // block) * (samples if planar else 1)
    return BlockTable(
        width=width,
        height=height,
        form=form,
        compression=8,
        predictor=2,
        planar=planar,
        bits=np.dtype(dtype).itemsize * 8,
        planes=samples,
        offsets=rng.integers(0, 1 << 40, count),
        counts=rng.integers(0, 2 * form.nbytes, count),
    )


@st.composite
def headers(draw):
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    width, height = draw(st.integers(1, 3000)), draw(st.integers(1, 3000))
    samples, planar = draw(st.integers(2, 5)), draw(st.booleans())
    dtype = draw(st.sampled_from(["<u2", ">u2", "<f4", "|u1"]))
    levels = [_table(rng, max(1, width >> i), max(1, height >> i), 256, samples, planar, dtype) for i in range(3)]
    masked = draw(st.booleans())
    return Header(
        dtype=np.dtype(dtype).newbyteorder("=").name,
        planes=samples - 1 if draw(st.booleans()) else samples,
        alpha=False,
        nodata=draw(st.sampled_from([None, 0, -9999, 2**63, -3.4e38, float("inf")])),
        levels=tuple(levels),
        masks=tuple(_table(rng, t.width, t.height, 256, 1, False, "|u1") if masked else None for t in levels),
    )


def _as_plain(header):
    return dataclasses.asdict(
        header, dict_factory=lambda pairs: {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in pairs}
    )


@given(headers())
def test_a_header_comes_back_as_it_was(header):
    header = dataclasses.replace(header, alpha=header.planes < header.levels[0].planes)
    assert _as_plain(unpack(pack(header), "f")) == _as_plain(header)


def test_a_foreign_file_comes_back_as_it_was():
    foreign = Foreign(dtype="float32", planes=2, levels=(Level(10, 20), Level(5, 10)), is_complex=True)
    assert unpack(pack(foreign), "f") == foreign


def test_the_index_of_a_large_file_takes_a_few_kilobytes():
    rng = np.random.default_rng(0)
    levels = []
    start = 20_000
    for size in (10980, 5490, 2745, 1373, 687, 344):
        table = _table(rng, size, size, 512, 1, False, "<u2")
        counts = rng.integers(270_000, 330_000, len(table.counts))
        offsets = start + np.concatenate([[0], np.cumsum(counts[:-1] + 8)])
        start = int(offsets[-1] + counts[-1] + 8)
        levels.append(dataclasses.replace(table, counts=counts, offsets=offsets))
    header = Header(dtype="uint16", planes=1, alpha=False, nodata=0, levels=tuple(levels), masks=(None,) * 6)
    assert len(pack(header)) < 3_000


@given(st.binary(max_size=300))
def test_garbage_is_refused(data):
    with pytest.raises(SourceUnavailable, match="ingest the file again"):
        unpack(b"BSIX\x01" + data, "f")


@given(st.binary(max_size=300))
def test_garbage_that_inflates_is_refused(data):
    with pytest.raises(SourceUnavailable):
        unpack(b"BSIX\x01" + zlib.compress(data), "f")


def test_a_mutated_index_is_refused_or_sensible():
    rng = np.random.default_rng(1)
    table = _table(rng, 600, 500, 256, 1, False, "<u2")
    header = Header(dtype="uint16", planes=1, alpha=False, nodata=0, levels=(table,), masks=(None,))
    plain = zlib.decompress(pack(header)[5:])
    dice = random.Random(2)
    outcomes = set()
    for _ in range(2000):
        data = bytearray(plain)
        for _ in range(dice.choice([1, 2, 5])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            found = unpack(b"BSIX\x01" + zlib.compress(bytes(data)), "f")
        except SourceUnavailable:
            outcomes.add("refused")
        else:
            outcomes.add("sensible")
            levels = found.levels
            assert all(isinstance(v.width, int) and v.width > 0 for v in levels)
    assert outcomes == {"refused", "sensible"}


def test_an_index_that_inflates_without_end_is_refused_without_holding_it():
    bomb = zlib.compress(bytes(200_000_000), 9)
    with pytest.raises(SourceUnavailable):
        unpack(b"BSIX\x01" + bomb, "f")
