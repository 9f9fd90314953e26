"""`bandstand reload` waits for what becomes of it, and tells it with its exit code."""

import signal

import pytest

from bandstand.cli.main import run
from bandstand.cli.running import marked
from bandstand.serving.supervisor import SERVED

WHY = "The new configuration cannot be served; the old one stays."


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A configuration that this process seems to serve."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    path = tmp_path / "config.yml"
    path.write_text("catalog: {path: catalog.sqlite}\ncollections: {c: {profile: generic, source: .}}\n")
    return path


@pytest.fixture
def on_hup():
    """`on_hup(do)` has this done when SIGHUP comes."""
    before = signal.getsignal(signal.SIGHUP)
    yield lambda do: signal.signal(signal.SIGHUP, lambda *_: do())
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("outcome", "code"), [(SERVED, 0), (WHY, 1)])
def test_the_outcome_is_told(served, on_hup, capsys, outcome, code):
    with marked(served) as tell:
        on_hup(lambda: (tell(""), tell(outcome)))
        assert run(["reload", str(served)]) == code
    said = capsys.readouterr().err
    assert (WHY in said) == (outcome == WHY)


def test_a_change_that_was_under_way_before_is_waited_for_and_not_taken_for_ours(served, on_hup, monkeypatch):
    with marked(served) as tell:
        tell("")
        looks = iter([lambda: tell(WHY), lambda: tell(""), lambda: tell(SERVED)])
        on_hup(lambda: None)
        monkeypatch.setattr("bandstand.cli.reload.time.sleep", lambda _: next(looks)())
        assert run(["reload", str(served)]) == 0


def test_a_server_that_ends_meanwhile_is_told(served, on_hup, monkeypatch, capsys):
    with marked(served) as tell:
        on_hup(lambda: monkeypatch.setattr("bandstand.cli.running._born", lambda _: "another"))
        tell(SERVED)
        assert run(["reload", str(served)]) == 1
    assert "has ended meanwhile" in capsys.readouterr().err


def test_nobody_waits_for_ever(served, on_hup, monkeypatch, capsys):
    with marked(served):
        on_hup(lambda: None)
        now = [0.0]
        monkeypatch.setattr("bandstand.cli.reload.time.monotonic", lambda: now[0])
        monkeypatch.setattr("bandstand.cli.reload.time.sleep", lambda _: now.__setitem__(0, now[0] + 60.0))
        assert run(["reload", str(served)]) == 1
    assert "see its log" in capsys.readouterr().err
