"""Memory that processes share: whole, whenever its writer dies."""

import multiprocessing

import pytest

from bandstand.observe.figures import Figures
from bandstand.serving import slates as module
from bandstand.serving.slates import Slate, Slates

ONE = [("bandstand_sent_bytes_total", (), (1.0,)), ("bandstand_open_connections", (), (2.0,))]
TWO = [("bandstand_sent_bytes_total", (), (3.0,))]


def put(slates, number):
    slates.write(number, ONE)


def test_another_process_writes_and_this_one_reads():
    slates = Slates(3)
    process = multiprocessing.get_context("spawn").Process(target=put, args=(slates, 2))
    process.start()
    process.join(60)
    assert (process.exitcode, slates.read(2), slates.read(1)) == (0, ONE, [])
    assert slates.others(1) == {"2": ONE}
    assert slates.others(2) == {}


def test_of_a_process_that_has_ended_what_lasts_stays():
    slates = Slates(2)
    slates.write(1, ONE)
    slates.retire(1)
    assert slates.read(1) == ONE[:1]


@pytest.mark.parametrize("writes", [1, 2, 3])
def test_a_half_written_slate_has_what_it_had_before(writes, monkeypatch):
    slates = Slates(2)
    for _ in range(writes):
        slates.write(1, ONE)

    class Dies:
        size = module._PART.size
        unpack_from = module._PART.unpack_from

        def pack_into(self, *_):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_PART", Dies())
        with pytest.raises(KeyboardInterrupt):
            slates.write(1, TWO)
    assert slates.read(1) == ONE
    slates.write(1, TWO)
    assert slates.read(1) == TWO


def test_what_does_not_fit_leaves_what_was_there():
    slates = Slates(2)
    slates.write(1, ONE)
    slates.write(1, [("bandstand_waiting", (str(n) * 40,), (1.0,)) for n in range(20_000)])
    assert slates.read(1) == ONE


def test_a_worker_goes_on_from_its_slate_and_writes_its_last_word():
    slates = Slates(2)
    slates.write(1, ONE)
    figures = Figures()
    close = Slate(slates, 1).keep(figures, every_s=3600.0)
    figures.count("bandstand_sent_bytes_total", by=4)
    close()
    assert slates.read(1) == [("bandstand_sent_bytes_total", (), (5.0,))]
