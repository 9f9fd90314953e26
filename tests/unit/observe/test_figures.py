"""The page of figures, as the library of Prometheus reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bandstand.observe.figures import BUCKETS_S, FAMILIES, Figures, page

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def parsed(text):
    """Value by name of the sample and its labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def sample(name, **labels):
    return name, frozenset(labels.items())


@given(ANY, ANY)
def test_labels_of_any_text_are_read_back(service, worker):
    figures = Figures()
    figures.count("bandstand_requests_total", service, 'a"\\\n', "2xx")
    labels = {"service": service, "operation": 'a"\\\n', "status": "2xx"} | ({"worker": worker} if worker else {})
    assert parsed(page({worker: figures.read()})) == {sample("bandstand_requests_total", **labels): 1.0}


def test_a_half_character_does_not_spoil_the_page():
    assert page({"1": [("bandstand_waiting", ("\ud800",), (1.0,))]}).encode()


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=50))
def test_a_histogram_counts_each_time_below_every_end_above_it(times):
    figures = Figures()
    for seconds in times:
        figures.time("bandstand_wait_seconds", "light", seconds=seconds)
    found = parsed(page({"1": figures.read()}))
    at = {"lane": "light", "worker": "1"}
    for end in BUCKETS_S:
        spelled = str(int(end)) if end == int(end) else repr(end)
        assert found[sample("bandstand_wait_seconds_bucket", le=spelled, **at)] == sum(t <= end for t in times)
    assert found[sample("bandstand_wait_seconds_bucket", le="+Inf", **at)] == len(times)
    assert found[sample("bandstand_wait_seconds_count", **at)] == len(times)
    assert found[sample("bandstand_wait_seconds_sum", **at)] == pytest.approx(sum(times))


def test_every_family_is_told_with_its_kind_and_help():
    readings = [
        (name, ("x",) * len(f.labels), (1.0,) * (len(BUCKETS_S) + 2 if f.kind == "histogram" else 1))
        for name, f in FAMILIES.items()
    ]
    told = {family.name: family for family in text_string_to_metric_families(page({"1": readings}))}
    for name, family in FAMILIES.items():
        found = told[name.removesuffix("_total")]
        assert (found.type, found.documentation) == (family.kind, family.help)
        assert (family.kind == "counter") == name.endswith("_total")


def test_processes_are_told_apart_and_what_they_share_is_told_once():
    own, other = Figures(), Figures()
    for figures, count in ((own, 2), (other, 3)):
        figures.count("bandstand_sent_bytes_total", by=count)
        figures.watch(lambda: [("bandstand_ready", (), (1.0,))])
    found = parsed(page({"1": own.read(), "2": other.read()}))
    assert found == {
        sample("bandstand_sent_bytes_total", worker="1"): 2,
        sample("bandstand_sent_bytes_total", worker="2"): 3,
        sample("bandstand_ready"): 1,
    }


def test_a_process_goes_on_from_the_counters_of_the_one_before_it():
    before, after = Figures(), Figures()
    before.count("bandstand_sent_bytes_total", by=5)
    before.time("bandstand_wait_seconds", "light", seconds=0.2)
    before.watch(lambda: [("bandstand_connections_total", (), (7.0,)), ("bandstand_open_connections", (), (3.0,))])
    after.take_over(before.read())
    after.count("bandstand_sent_bytes_total", by=1)
    after.watch(lambda: [("bandstand_connections_total", (), (1.0,)), ("bandstand_open_connections", (), (1.0,))])
    found = parsed(page({"1": after.read()}))
    assert found[sample("bandstand_sent_bytes_total", worker="1")] == 6
    assert found[sample("bandstand_connections_total", worker="1")] == 8
    assert found[sample("bandstand_open_connections", worker="1")] == 1
    assert found[sample("bandstand_wait_seconds_count", lane="light", worker="1")] == 1


def test_figures_of_another_version_are_left_out():
    strange = [("bandstand_waiting", (), (1.0,)), ("invented", (), (1.0,)), ("bandstand_wait_seconds", ("a",), (1.0,))]
    figures = Figures()
    figures.take_over(strange)
    assert page({"1": strange, "2": figures.read()}) == ""
