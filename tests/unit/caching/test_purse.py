"""Memory that requests share: never more than there is, all of it given back."""

import threading
import time

import pytest

from bandstand.caching.purse import Held, Purse
from bandstand.errors import ClientGone, DeadlineExceeded, Overloaded, TooLarge
from bandstand.model.turn import Turn


def turn(seconds=60.0, **rest):
    return Turn(time.monotonic() + seconds, **rest)


def test_what_could_never_fit_is_refused_at_once_and_names_its_key():
    with pytest.raises(TooLarge, match=r"server\.memory_bytes") as refused:
        Purse(1600).take(1401, turn())
    assert refused.value.locator == "size"


def test_who_waited_too_long_is_told_to_come_again():
    purse = Purse(1600, wait_s=0.0)
    with purse.take(1000, turn()), pytest.raises(Overloaded) as refused:
        purse.take(1000, turn())
    assert refused.value.retry_after_s > 0
    assert purse.held == 0


@pytest.mark.parametrize(
    ("over", "error"), [({"seconds": -1.0}, DeadlineExceeded), ({"gone": lambda: True}, ClientGone)]
)
def test_nobody_waits_beyond_the_end_of_the_turn(over, error):
    purse = Purse(1600)
    with purse.take(1000, turn()), pytest.raises(error):
        purse.take(1000, turn(**over))


def test_small_requests_never_wait_for_large_ones():
    purse = Purse(1600, wait_s=0.0)
    with purse.take(1400, turn()), purse.take(100, turn()), purse.take(100, turn()):
        assert purse.held == 1600


def test_many_threads_never_hold_more_than_there_is_and_all_get_their_turn():
    purse = Purse(1600)
    most, done, guard = [0], [], threading.Lock()

    def ask():
        for _ in range(50):
            with purse.take(600, turn()), guard:
                most[0] = max(most[0], purse.held)
        done.append(True)

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 6
    assert most[0] <= 1400
    assert purse.held == 0


def taken(body):
    assert list(body) == [b"a", b"b"]


def begun(body):
    assert next(body) == b"a"
    body.close()


@pytest.mark.parametrize("end", [taken, begun, lambda body: None], ids=["taken", "broken off", "forgotten"])
def test_an_answer_gives_its_memory_back_however_it_ends(end):
    purse = Purse(1600)
    body = Held([b"a", b"b"], purse.take(500, turn()))
    assert purse.held == 500
    end(body)
    del body
    assert purse.held == 0


def test_what_is_not_needed_any_more_is_given_back_before():
    purse = Purse(1600)
    share = purse.take(500, turn())
    share.keep(200)
    assert purse.held == 200
    share.keep(900)
    assert purse.held == 200
    share.close()
    share.close()
    assert purse.held == 0
