"""Readiness answers in time, whatever hangs beneath it."""

import threading
import time

import pytest

from bandstand.engine.readiness import Readiness


class Hangs:
    """Something whose every method waits until it is let go."""

    def __init__(self, then):
        self.release = threading.Event()
        self.asked = 0
        self._then = then

    def __getattr__(self, name):
        def wait(*args):
            self.asked += 1
            self.release.wait(60)
            return getattr(self._then, name)(*args)

        return wait


class Whole:
    """A library whose files are all there."""

    def probe(self, href, version):
        pass


def timed(readiness):
    begin = time.monotonic()
    state = readiness.state()
    return state, time.monotonic() - begin


@pytest.fixture
def hanging(site_engine):
    return Hangs(site_engine.catalog)


def test_a_catalogue_that_hangs_is_told_and_not_waited_for_again(hanging):
    readiness = Readiness(["a"], hanging, Whole())
    state, taken = timed(readiness)
    assert (state.ready, state.trouble) == (False, "The catalogue does not answer.")
    assert taken < 10
    # Those who ask next have nothing to wait for: twenty of them are told within the time of one.
    begin = time.monotonic()
    assert not any(readiness.state().ready for _ in range(20))
    assert time.monotonic() - begin < 1
    assert hanging.asked == 1
    hanging.release.set()
    until = time.monotonic() + 20
    while not readiness.state().ready and time.monotonic() < until:
        threading.Event().wait(0.01)
    assert readiness.state().ready
    readiness.close()


def test_files_that_hang_are_waited_for_once(site_engine):
    hangs = Hangs(Whole())
    readiness = Readiness(["s2_l2a"], site_engine.catalog, hangs)
    state, taken = timed(readiness)
    assert (state.waits, state.trouble, state.ready) == (True, "", False)
    assert taken < 10
    begin = time.monotonic()
    assert all(readiness.state().waits for _ in range(20))
    assert time.monotonic() - begin < 5
    assert hangs.asked == 1
    hangs.release.set()
    readiness.close()


def test_a_fault_in_a_look_is_told_and_the_next_look_is_new(caplog):
    faults = [ZeroDivisionError]

    class Fails:
        def revision(self, name):
            if faults:
                raise faults.pop()
            return 0

        def kinds(self, name):
            return ()

        def count(self, name):
            return 0

        def trouble(self):
            return ""

        def changed_ms(self):
            return 0

    readiness = Readiness(["a"], Fails(), Whole())
    assert readiness.state().trouble == "The catalogue cannot be looked at."
    assert "ZeroDivisionError" in caplog.text
    assert readiness.state().ready
    readiness.close()
