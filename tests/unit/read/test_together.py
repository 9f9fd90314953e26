"""Windows of several files read in one go."""

from pathlib import Path

import numpy as np
import pytest

from bandstand.errors import SourceUnavailable
from bandstand.read import cog
from bandstand.read.cog import CogSource
from bandstand.read.library import Library, Piece


@pytest.fixture(scope="module")
def paths(write_tiff):
    rng = np.random.default_rng(11)
    values = rng.integers(0, 9000, (2, 200, 300)).astype("u2")
    mask = np.where(rng.random((200, 300)) > 0.3, 255, 0).astype("u1")
    striped = write_tiff(values[:1], tiled=False, blockxsize=None, blockysize=1)
    return [
        write_tiff(values, compress="deflate", predictor=2, nodata=0, interleave="band"),
        write_tiff(values[:1], compress="lzw", mask=mask),
        write_tiff(values, compress="zstd", alpha=True),
        striped,
    ]


def wanted(library, paths):
    sources = [library.open(path) for path in paths]
    return [
        Piece(sources[0], 1, 0, (10, 20, 150, 120)),
        Piece(sources[1], 1, 0, (10, 20, 150, 120)),
        Piece(sources[3], 1, 0, (0, 0, 40, 50)),
        Piece(sources[2], 2, 0, (60, 60, 10, 10)),
        Piece(sources[0], 2, 0, (10, 20, 150, 120)),
        Piece(sources[0], 1, 0, (100, 100, 90, 90)),
    ]


def test_windows_read_together_are_those_read_one_by_one(paths):
    pieces = wanted(Library(threads=4), paths)
    alone = Library(threads=1)
    for together, piece in zip(Library(threads=4).read(pieces), pieces, strict=True):
        source = alone.open(piece.source.href)
        single = source.read(piece.plane, piece.level, *piece.window)
        np.testing.assert_array_equal(together.values, single.values)
        assert (together.valid is None) == (single.valid is None)
        if single.valid is not None:
            np.testing.assert_array_equal(together.valid, single.valid)


def test_the_files_of_this_test_go_both_ways(paths):
    own = [isinstance(piece.source, CogSource) for piece in wanted(Library(), paths)]
    assert set(own) == {True, False}


def test_every_missing_block_is_loaded_once(paths):
    library = Library()
    pieces = wanted(library, paths)
    library.read(pieces)
    misses = library.stats().misses
    library.read(pieces)
    assert library.stats().misses == misses


def test_a_file_that_was_cut_off_fails_the_read_and_leaves_the_others_readable(
    write_tiff, paths, tmp_path, monkeypatch
):
    # No second passes, so that the files are not looked at again.
    monkeypatch.setattr("bandstand.read.stores.local.monotonic", lambda: 0.0)
    lost = tmp_path / "lost.tif"
    lost.write_bytes(Path(write_tiff(np.ones((1, 128, 128), "u2"), compress="lzw")).read_bytes())
    library = Library()
    lost_source, there = library.open(str(lost)), library.open(paths[0])
    library.read([Piece(lost_source, 1, 0, (64, 64, 64, 64))])
    lost.write_bytes(lost.read_bytes()[:300])
    with pytest.raises(SourceUnavailable, match=r"lost\.tif"):
        library.read([Piece(lost_source, 1, 0, (0, 0, 64, 64)), Piece(there, 1, 0, (0, 0, 64, 64))])
    misses = library.stats().misses
    library.read([Piece(there, 1, 0, (0, 0, 64, 64))])
    assert library.stats().misses == misses


@pytest.mark.parametrize("most", [1, 40_000])
def test_blocks_are_decoded_in_groups_that_fit_and_the_windows_stay_the_same(paths, most, monkeypatch):
    whole = Library(threads=2).read(wanted(Library(threads=2), paths))
    asked = []
    load = cog._load
    monkeypatch.setattr(cog, "GROUP_BYTES", most)
    monkeypatch.setattr(cog, "_load", lambda homes, workers: asked.append(homes) or load(homes, workers))
    library = Library(threads=2)
    for grouped, window in zip(library.read(wanted(library, paths)), whole, strict=True):
        np.testing.assert_array_equal(grouped.values, window.values)
        assert (grouped.valid is None) == (window.valid is None)
        np.testing.assert_array_equal(
            True if grouped.valid is None else grouped.valid, True if window.valid is None else window.valid
        )
    sizes = [sum(home.want.sheet.block_bytes for home in homes) for homes in asked]
    assert len(asked) > 4
    assert all(size <= most or len(homes) == 1 for size, homes in zip(sizes, asked, strict=True))
