"""`bandstand demo`: the first time it makes an archive and compiles beside it, later it only serves."""

import json

import pytest

from bandstand.cli import demo, sample
from bandstand.cli.main import run
from bandstand.demo import archive, is_made


@pytest.fixture
def started(monkeypatch):
    """The processes that the command starts, and how often it makes the archive."""
    seen = []

    class Process:
        def __init__(self, command, **_):
            seen.append(" ".join(command[1:]))

        def wait(self):
            return 0

    monkeypatch.setattr(demo.subprocess, "Popen", Process)
    monkeypatch.setattr(demo, "register_missing", lambda *_, **__: None)
    monkeypatch.setattr(sample, "generate", lambda folder, progress: folder.mkdir(parents=True, exist_ok=True))
    return seen


@pytest.fixture
def made(tmp_path):
    """A finished archive of one file."""
    (tmp_path / "a.tif").write_bytes(b"1234")
    wanted = archive._wanted(archive.layout_of(archive._FULL_SIZE), 20240612)
    (tmp_path / archive._MARKER).write_text(json.dumps({**wanted, "files": {"a.tif": 4}}))
    return tmp_path


def test_the_first_start_compiles_beside_the_making_of_the_archive(started, tmp_path):
    assert run(["demo", str(tmp_path / "new"), "--no-serve"]) == 0
    assert started == ["-m bandstand.engine.warm"]


def test_a_later_start_waits_for_no_compiler(started, made):
    assert run(["demo", str(made), "--no-serve"]) == 0
    assert started == []


def test_an_archive_is_made_only_when_it_is_whole(made):
    assert is_made(made)
    (made / "a.tif").write_bytes(b"12")
    assert not is_made(made)
    assert not is_made(made / "nowhere")
