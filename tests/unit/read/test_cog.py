"""Which bytes a window costs, who decodes them, and what comes back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bandstand.errors import InvalidSubset, SourceUnavailable
from bandstand.read.blocks import Decoder
from bandstand.read.library import Library


@pytest.fixture
def counted(monkeypatch):
    """A library, the ranges it asked of its store, and the blocks it decoded."""
    library = Library(threads=1)
    calls, decoded = [], []
    store = library._stores[0]
    read, decode = store.read, Decoder.decode
    monkeypatch.setattr(store, "read", lambda href, ranges, **k: calls.append(list(ranges)) or read(href, ranges, **k))
    monkeypatch.setattr(Decoder, "decode", lambda self, *a, **k: decoded.append(1) or decode(self, *a, **k))
    return library, calls, decoded


@pytest.fixture(scope="module")
def path(write_tiff):
    values = np.arange(1, 1 + 200 * 300, dtype="u2").reshape(1, 200, 300)
    return write_tiff(values, compress="deflate", predictor=2, nodata=0, overviews=(2,))


def test_a_window_decodes_exactly_the_blocks_it_touches_in_one_fetch(counted, path):
    library, calls, decoded = counted
    source = library.open(path)
    calls.clear()
    source.read(1, 0, 60, 60, 10, 10)
    assert len(decoded) == 4
    assert [len(ranges) for ranges in calls] == [4]


def test_a_window_read_again_costs_nothing(counted, path):
    library, calls, decoded = counted
    source = library.open(path)
    source.read(1, 0, 60, 60, 10, 10)
    calls.clear()
    decoded.clear()
    source.read(1, 0, 64, 64, 64, 64)
    assert (calls, decoded) == ([], [])


def test_opening_with_an_index_reads_nothing(counted, path):
    library, calls, _ = counted
    report = Library().describe(path)
    library.open(path, version=report.version, index=report.index)
    assert calls == []


def test_a_window_within_one_block_is_a_view_and_not_a_copy(path):
    source = Library().open(path)
    first, second = source.read(1, 0, 3, 4, 20, 20), source.read(1, 0, 3, 4, 20, 20)
    assert np.shares_memory(first.values, second.values)


def test_a_window_without_an_invalid_pixel_has_no_mask(path):
    assert Library().open(path).read(1, 0, 0, 0, 300, 200).valid is None


def test_a_block_of_nothing_but_nodata_is_kept_as_a_mark(write_tiff):
    values = np.ones((1, 128, 128), "u2")
    values[0, :64, :64] = 0
    library = Library()
    source = library.open(write_tiff(values, compress="deflate", nodata=0))
    found = source.read(1, 0, 0, 0, 64, 64)
    assert not found.valid.any()
    assert library.stats().bytes < 1000


def test_blocks_the_file_leaves_out_are_not_even_asked_for(counted, write_tiff):
    library, calls, decoded = counted
    values = np.zeros((1, 128, 128), "u2")
    values[0, 64:, 64:] = 5
    source = library.open(write_tiff(values, compress="deflate", nodata=0, sparse_ok=True))
    calls.clear()
    found = source.read(1, 0, 0, 0, 128, 128)
    assert found.valid.sum() == 64 * 64
    assert [len(ranges) for ranges in calls] == [1]
    assert len(decoded) == 1


def test_blocks_left_out_of_a_file_without_nodata_are_valid_zeros(write_tiff):
    values = np.zeros((1, 128, 128), "u2")
    values[0, 64:, 64:] = 5
    found = Library().open(write_tiff(values, compress="deflate", sparse_ok=True)).read(1, 0, 0, 0, 60, 60)
    assert found.valid is None
    assert not found.values.any()


def test_threads_that_read_the_same_window_decode_it_once(counted, path):
    library, _, decoded = counted
    source = library.open(path)
    start = threading.Barrier(8)

    def read(_):
        start.wait(10)
        return source.read(1, 0, 0, 0, 200, 150).values.sum(dtype=np.int64)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(read, range(8)))) == 1
    assert len(decoded) == 4 * 3


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_helpers_change_nothing_about_the_pixels(path, threads):
    expected = np.arange(1, 1 + 200 * 300, dtype="u2").reshape(200, 300)
    np.testing.assert_array_equal(Library(threads=threads).open(path).read(1, 0, 0, 0, 300, 200).values, expected)


@pytest.mark.parametrize("window", [(-1, 0, 5, 5), (0, 0, 301, 1), (299, 199, 2, 1), (0, 0, 0, 5), (0, 199, 1, 2)])
def test_a_window_that_leaves_its_level_is_refused(path, window):
    source = Library().open(path)
    with pytest.raises(InvalidSubset):
        source.read(1, 0, *window)


@pytest.mark.parametrize(("plane", "level"), [(0, 0), (2, 0), (1, -1), (1, 2)])
def test_a_plane_or_level_that_does_not_exist_is_refused(path, plane, level):
    source = Library().open(path)
    with pytest.raises(InvalidSubset):
        source.read(plane, level, 0, 0, 1, 1)


def test_a_corrupt_block_is_named_and_its_neighbours_can_be_read(write_tiff, tmp_path):
    values = np.random.default_rng(1).integers(1, 9, (1, 128, 128), dtype="u2")
    data = bytearray(Path(write_tiff(values, compress="deflate")).read_bytes())
    broken = tmp_path / "broken.tif"
    broken.write_bytes(data)
    table = Library().open(str(broken))._sheets[0].table
    offset = int(table.offsets[3])
    data[offset : offset + 40] = bytes(40)
    broken.write_bytes(data)
    source = Library().open(str(broken))
    with pytest.raises(SourceUnavailable, match=r'"broken.tif" is corrupt in block 3: deflate data is corrupt'):
        source.read(1, 0, 0, 0, 128, 128)
    np.testing.assert_array_equal(source.read(1, 0, 0, 0, 128, 64).values, values[0, :64])


def test_a_file_cut_off_after_its_header_gives_the_blocks_it_still_has(path, tmp_path):
    data = Path(path).read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(data)
    offsets = Library().open(str(cut))._sheets[0].table.offsets
    cut.write_bytes(data[: int(offsets[5]) + 10])
    index = Library().describe(path).index
    source = Library().open(str(cut), index=index)
    assert source.read(1, 0, 0, 0, 64, 64).values[0, 0] == 1
    with pytest.raises(SourceUnavailable, match=r'"cut.tif" is cut off: block 5'):
        source.read(1, 0, 0, 64, 64, 64)


def test_a_file_changed_since_ingest_is_refused_with_the_cure(path, tmp_path):
    copy = tmp_path / "copy.tif"
    copy.write_bytes(Path(path).read_bytes())
    report = Library().describe(str(copy))
    copy.write_bytes(copy.read_bytes() + b"more")
    source = Library().open(str(copy), version=report.version, index=report.index)
    with pytest.raises(SourceUnavailable, match="ingest it again"):
        source.read(1, 0, 0, 0, 1, 1)


def test_a_file_that_vanished_is_named_without_its_folder(path, tmp_path):
    copy = tmp_path / "copy.tif"
    copy.write_bytes(Path(path).read_bytes())
    report = Library().describe(str(copy))
    copy.unlink()
    source = Library().open(str(copy), version=report.version, index=report.index)
    with pytest.raises(SourceUnavailable) as caught:
        source.read(1, 0, 0, 0, 1, 1)
    assert '"copy.tif"' in caught.value.message
    assert str(tmp_path) not in caught.value.message
