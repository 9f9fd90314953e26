"""A file that was written anew in place must not be read by the index of the old one."""

import os

import pytest

from bandstand.errors import SourceUnavailable
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
