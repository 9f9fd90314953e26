"""What is used last stays, within a limit."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from bandstand.caching.recent import Recent

STEPS = st.lists(st.tuples(st.sampled_from("gpk"), st.integers(0, 5), st.integers(1, 4)), max_size=60)


@given(STEPS, st.integers(1, 9))
def test_it_holds_what_a_list_in_order_of_use_holds(steps, limit):
    dropped, expected_dropped = [], []
    recent, model = Recent(limit, drop=dropped.append), []
    for number, (what, key, weight) in enumerate(steps):
        known = next((entry for entry in model if entry[0] == key), None)
        if what == "g":
            assert recent.get(key) == (known and known[1])
            if known:
                model.remove(known)
                model.append(known)
            continue
        held = recent.put(key, number, weight) if what == "p" else recent.keep(key, number, weight)
        assert held == (known[1] if known and what == "k" else number)
        if known and what == "k":
            continue
        if known:
            model.remove(known)
            expected_dropped.append(known[1])
        model.append((key, number, weight))
        while sum(entry[2] for entry in model) > limit and len(model) > 1:
            expected_dropped.append(model.pop(0)[1])
    assert (len(recent), dropped) == (len(model), expected_dropped)
    recent.clear()
    assert sorted(dropped) == sorted([*expected_dropped, *(entry[1] for entry in model)])


def test_of_threads_that_make_one_value_all_have_the_same():
    recent, found, start = Recent(4), [], threading.Barrier(4)

    def make():
        start.wait()
        found.append(recent.keep("key", object()))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {recent.get("key")}
