"""No header, however wrong, does more than say so."""

import random
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandstand.errors import BandstandError, SourceUnavailable
from bandstand.read.header import parse_nodata
from bandstand.read.library import Library


def _tiff(entries, *, following=0, size=0):
    """A little-endian TIFF of one directory; entries are (tag, type, count, value)."""
    body = struct.pack("<2sHL", b"II", 42, 8) + struct.pack("<H", len(entries))
    for entry in sorted(entries):
        body += struct.pack("<HHLL", *entry)
    return (body + struct.pack("<L", following)).ljust(size, b"\0")


def _tiled(**changes):
    tags = {
        "width": (256, 4, 1, 32),
        "height": (257, 4, 1, 32),
        "bits": (258, 3, 1, 8),
        "compression": (259, 3, 1, 1),
        "photometric": (262, 3, 1, 1),
        "samples": (277, 3, 1, 1),
        "tile_width": (322, 4, 1, 32),
        "tile_height": (323, 4, 1, 32),
        "offsets": (324, 4, 1, 512),
        "counts": (325, 4, 1, 1024),
    }
    return [tag for name, tag in (tags | changes).items() if tag]


def _open(path, data):
    path.write_bytes(data)
    source = Library().open(str(path))
    return source.read(1, 0, 0, 0, source.levels[0].width, source.levels[0].height)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.tif"


def test_the_plain_file_that_the_others_spoil_can_be_read(path):
    data = _tiff(_tiled(), size=512) + bytes(range(256)) * 4
    np.testing.assert_array_equal(_open(path, data).values.ravel(), np.frombuffer(data[512:], "u1"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_tiff(_tiled(), following=8, size=2000), "circle"),
        (_tiff(_tiled(), following=10_000, size=2000), "cut off"),
        (_tiff(_tiled(offsets=(324, 4, 1 << 31, 512)), size=2000), "claims 2147483648 values"),
        (_tiff(_tiled(offsets=(324, 4, 20_000_000, 512)), size=2000), "cut off"),
        (_tiff(_tiled(width=(256, 4, 1, (1 << 32) - 1)), size=2000), "claims"),
        (_tiff(_tiled(width=(256, 4, 1, 0)), size=2000), "claims"),
        (_tiff(_tiled(tile_width=(322, 4, 1, 1 << 29)), size=2000), "blocks claim"),
        (_tiff(_tiled(tile_width=(322, 4, 1, 0)), size=2000), "blocks claim"),
        (_tiff(_tiled(width=(256, 4, 1, 64)), size=2000), "1 block offsets and 1 sizes where 2 belong"),
        (_tiff(_tiled(counts=None), size=2000), "1 block offsets and 0 sizes"),
        (_tiff(_tiled(predictor=(317, 3, 1, 9)), size=2000), "predictor 9"),
        (_tiff(_tiled(counts=(325, 4, 1, 1 << 30)), size=2000), "more than twice"),
        (_tiff(_tiled(bits=(258, 2, 1, 8)), size=2000), "no sensible integers"),
        (struct.pack("<2sHL", b"II", 42, 0), "no directory"),
        (struct.pack("<2sHL", b"II", 42, 8) + struct.pack("<H", 65535), "claims 65535 entries"),
        (struct.pack("<2sHHHQ", b"II", 43, 4, 0, 16), "BigTIFF"),
        (struct.pack("<2sHHHQQ", b"II", 43, 8, 0, 16, 1 << 60), "entries"),
        (b"II*\0\0", "cut off"),
        (_tiff(_tiled(offsets=(324, 4, 1, 4_000_000_000)), size=2000), "cut off"),
        (_tiff(_tiled(compression=(259, 3, 1, 8)), size=512) + b"x" * 1024, "corrupt"),
        (_tiff(_tiled(compression=(259, 3, 1, 50000)), size=512) + b"x" * 1024, "corrupt"),
        (_tiff(_tiled(counts=(325, 4, 1, 900)), size=512) + b"x" * 1024, "decodes to 900 bytes where 1024 belong"),
        (b"", "no raster"),
        (b"hello world, this is text", "no raster"),
        (b"MM\0*", "cut off"),
    ],
)
def test_an_impossible_file_is_refused_with_the_reason(path, data, reason):
    with pytest.raises(SourceUnavailable, match=reason) as caught:
        _open(path, data)
    assert '"file.tif"' in caught.value.message
    assert str(path.parent) not in caught.value.message


def test_a_chain_of_very_many_directories_is_refused(path):
    entries = _tiled()
    length = 2 + 12 * len(entries) + 4
    data = struct.pack("<2sHL", b"II", 42, 8)
    for i in range(1000):
        one = _tiff(entries, following=8 + (i + 1) * length)[8:]
        data += one
    with pytest.raises(SourceUnavailable, match="more than 128 directories"):
        _open(path, data)


@pytest.mark.parametrize("codec", ["deflate", "zstd", "lzw", "lerc_zstd", "webp"])
def test_a_mutated_header_never_does_more_than_raise(write_tiff, path, codec):
    values = np.random.default_rng(0).integers(0, 200, (3, 200, 180), dtype="u1")
    options = {"interleave": "pixel"}
    good = Path(write_tiff(values, compress=codec, overviews=(2, 4), nodata=0, mask=None, **options)).read_bytes()
    rng = random.Random(codec)
    slowest, messages = 0.0, []
    for _ in range(150):
        data = bytearray(good)
        for _ in range(rng.choice([1, 2, 4, 16])):
            place = rng.randrange(rng.choice([16, 200, 1500, len(data)]))
            data[place] = rng.choice([0, 1, 255, rng.randrange(256)])
        if rng.random() < 0.2:
            del data[rng.randrange(len(data)) :]
        started = time.thread_time()
        path.write_bytes(data)
        try:
            source = Library(threads=1).open(str(path))
            for number, level in enumerate(source.levels):
                source.read(1, number, 0, 0, min(level.width, 256), min(level.height, 256))
        except BandstandError as error:
            messages.append(error.message)
        slowest = max(slowest, time.thread_time() - started)
    assert slowest < 1.0
    assert messages
    assert not any(str(path.parent) in m for m in messages)


@given(st.text(), st.sampled_from(["uint8", "int16", "int64", "float16", "float32", "float64"]))
def test_nodata_is_a_value_of_its_type_or_nothing(text, dtype):
    found = parse_nodata(text, dtype)
    if found is not None and not dtype.startswith("float"):
        assert np.dtype(dtype).type(found) == found


@pytest.mark.parametrize(
    ("text", "dtype", "value"),
    [
        ("0", "uint8", 0),
        (" 255 ", "uint8", 255),
        ("-9999", "uint8", None),
        ("-9999.0", "int16", -9999),
        ("1.5", "int16", None),
        ("nan", "int16", None),
        ("18446744073709551615", "uint64", 18446744073709551615),
        ("-3.40282347e+38", "float32", -3.4028234663852886e38),
        ("1e300", "float32", None),
        ("", "float32", None),
    ],
)
def test_nodata_text_is_read(text, dtype, value):
    assert parse_nodata(text, dtype) == value
