"""A file that was written anew, replaced or taken away must not be read by the index of the old one."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from bandstand.errors import SourceUnavailable
from bandstand.read.library import Library, Piece
from bandstand.read.stores.local import LocalStore


@pytest.mark.parametrize("kept", [False, True], ids=["not-opened-before", "already-open"])
def test_a_file_rewritten_at_the_same_size_is_noticed(tmp_path, kept):
    path = tmp_path / "a.tif"
    path.write_bytes(b"old-data")
    store = LocalStore()
    version = store.version(str(path))
    if kept:
        assert store.read(str(path), [(0, 3)], version=version) == [b"old"]
    path.write_bytes(b"new-data")
    os.utime(path, ns=(1, 1_700_000_000_000_000_000))
    with pytest.raises(SourceUnavailable, match="ingest it again"):
        store.read(str(path), [(0, 3)], version=version)
    store.close()


def test_a_file_of_the_same_size_is_told_by_its_time(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"old-data")
    store = LocalStore()
    version = store.version(str(path))
    os.utime(path, ns=(1, 1_700_000_000_000_000_000))
    with pytest.raises(SourceUnavailable, match=r"written 20\d\d-.*Z then, 2023-11-14T22:13:20Z now\)"):
        store.read(str(path), [(0, 3)], version=version)


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def vanish(path):
    path.unlink()


def replace(path):
    other = path.with_name("other.tif")
    other.write_bytes(path.read_bytes() + b"more")
    other.rename(path)


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


HARMS = pytest.mark.parametrize("harm", [vanish, replace, cut])


@pytest.fixture
def clock(monkeypatch):
    """The clock of every store that is made from now on."""
    clock = Clock()
    monkeypatch.setattr("bandstand.read.stores.local.monotonic", clock)
    return clock


@HARMS
@pytest.mark.parametrize("tiled", [True, False], ids=["own", "gdal"])
@pytest.mark.parametrize("block_bytes", [0, 256_000_000], ids=["uncached", "cached"])
def test_a_file_that_goes_while_it_is_open_is_noticed_within_a_second(
    write_tiff, tmp_path, clock, block_bytes, tiled, harm
):
    path = Path(shutil.copy(write_tiff(np.ones((1, 64, 64), np.uint8), tiled=tiled, blockysize=64), tmp_path))
    library = Library(block_bytes=block_bytes)
    source = library.open(str(path))
    piece = Piece(source, 1, 0, (0, 0, 64, 64))
    library.read([piece])
    harm(path)
    clock.now_s += 1.01
    with pytest.raises(SourceUnavailable, match=r"cannot be opened|has changed"):
        library.read([piece])
    library.close()


def test_a_file_that_comes_back_is_read_again(write_tiff, tmp_path, clock):
    path = Path(shutil.copy(write_tiff(np.ones((1, 64, 64), np.uint8)), tmp_path))
    library = Library()
    piece = Piece(library.open(str(path)), 1, 0, (0, 0, 64, 64))
    library.read([piece])
    away = path.rename(tmp_path / "away.tif")
    clock.now_s += 1.01
    with pytest.raises(SourceUnavailable):
        library.read([piece])
    away.rename(path)
    assert library.read([piece])[0].values.all()


def test_a_file_is_looked_at_once_a_second_at_most(write_tiff, tmp_path, clock, monkeypatch):
    path = Path(shutil.copy(write_tiff(np.ones((1, 64, 64), np.uint8)), tmp_path))
    library = Library()
    piece = Piece(library.open(str(path)), 1, 0, (0, 0, 64, 64))
    library.read([piece])
    looks = []
    stat = Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **how: looks.append(self) or stat(self, **how))
    for _ in range(30):
        clock.now_s += 0.1
        library.read([piece])
    assert 2 <= len(looks) <= 4


def test_a_replaced_file_of_the_same_size_and_time_is_the_one_that_is_read(tmp_path, clock):
    path, other = tmp_path / "a.tif", tmp_path / "b.tif"
    path.write_bytes(b"old-data")
    other.write_bytes(b"new-data")
    for each in (path, other):
        os.utime(each, ns=(1, 1_700_000_000_000_000_000))
    store = LocalStore()
    version = store.version(str(path))
    store.read(str(path), [(0, 3)], version=version)
    other.rename(path)
    assert store.read(str(path), [(0, 3)], version=version) == [b"new"]


def test_a_file_that_was_moved_away_cannot_be_opened_though_it_was_read_before(write_tiff, tmp_path, clock):
    path = Path(shutil.copy(write_tiff(np.ones((1, 64, 64), np.uint8)), tmp_path))
    library = Library()
    version = library.describe(str(path)).version
    library.probe(str(path), version)
    path.rename(tmp_path / "away.tif")
    clock.now_s += 1.01
    with pytest.raises(SourceUnavailable, match="cannot be opened"):
        library.probe(str(path), version)
    library.close()
