"""Files that crash, hold or fill their reader, by a store that does so to whoever opens its addresses."""

import os
import signal

import numpy as np
import pytest

from bandstand.errors import SourceUnavailable
from bandstand.read.apart import apart
from bandstand.read.library import Library

STORE = """
import os, pathlib, signal, threading
from bandstand.read.stores.local import LocalStore

class Evil(LocalStore):
    name = "evil"
    def takes(self, href):
        return href.startswith("evil://")
    def version(self, href):
        what = href.removeprefix("evil://")
        if what == "crash": os.kill(os.getpid(), signal.SIGSEGV)
        if what == "hang": threading.Event().wait()
        if what == "fill": bytearray(3_000_000_000)
        if what == "bug": raise KeyError("a bug")
        if what == "tell": raise RuntimeError(" ".join(sorted(os.environ)))
        pathlib.Path(what).write_text(str(os.getpid()))
"""


@pytest.fixture
def readers(tmp_path, monkeypatch):
    plugin = tmp_path / "plugin"
    (plugin / "evil-1.0.dist-info").mkdir(parents=True)
    (plugin / "evil-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (plugin / "evil-1.0.dist-info" / "entry_points.txt").write_text("[bandstand.stores]\nevil = evil_store:Evil\n")
    (plugin / "evil_store.py").write_text(STORE)
    monkeypatch.syspath_prepend(str(plugin))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with apart(timeout_s=2.0, memory_bytes=2_000_000_000, children=1) as found:
        yield found


@pytest.fixture
def raster(write_tiff):
    values = np.arange(64 * 64, dtype="uint16").reshape(1, 64, 64)
    return str(write_tiff(values))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("crash", "its reader ended by SIGSEGV"),
        ("hang", "its reader was still at it after 2 s"),
        ("fill", "its reader needed more memory than archive: file_memory_bytes"),
    ],
)
def test_a_file_that_ends_its_reader_is_a_fault_of_that_file_alone(readers, raster, what, words):
    with pytest.raises(SourceUnavailable, match=f'"{what}" cannot be read: {words}'):
        readers.describe(f"evil://{what}")
    assert readers.describe(raster) == Library().describe(raster)


def test_an_error_of_the_reader_is_that_of_the_caller(readers):
    with pytest.raises(KeyError, match="a bug"):
        readers.describe("evil://bug")
    with pytest.raises(SourceUnavailable, match="no such file"):
        readers.describe("/nowhere/x.tif")


def test_the_reader_has_no_secrets_in_its_environment(readers):
    with pytest.raises(RuntimeError) as caught:
        readers.describe("evil://tell")
    assert "AWS_SECRET_ACCESS_KEY" not in str(caught.value)
    assert "GDAL_SKIP" in str(caught.value)


def test_a_glance_is_that_of_the_library(readers, raster):
    report = readers.describe(raster)
    ours, theirs = Library().glance(report, 1, nodata=None), readers.glance(report, 1, nodata=None)
    assert np.array_equal(ours.values, theirs.values)
    assert ours.share == theirs.share


def test_children_end_with_whoever_asks(tmp_path, monkeypatch, readers):
    written = tmp_path / "pid"
    with pytest.raises(Exception):  # noqa: B017 - what it reads is no raster
        readers.describe(f"evil://{written}")
    readers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(written.read_text()), signal.SIG_DFL)
