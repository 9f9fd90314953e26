"""Tables from rows: medians, ratios round by round, and the block of a document."""

import pytest
from benchmarks import report


def row(target, *, workload="W1p", clients=1, number=1, p50=10.0, rate=100.0, **more):
    facts = {"version": "1", "arrangement": "2 processes", "settings": "none"}
    costs = {"p99_ms": 2 * p50, "cpu_ms_a_request": 5.0, "peak_rss_mb": 300.0, "errors": 0, "wrapped": False}
    named = {"target": target, "workload": workload, "clients": clients, "round": number}
    return named | {"p50_ms": p50, "rate": rate} | costs | facts | more


MACHINE = {"processor": "p", "cores": 2, "system": "s", "day": "2024-01-01", "scale": 1, "rounds": 1, "seconds": 4}


def test_the_median_is_taken_over_the_rounds():
    rows = [row("a", number=number, p50=p50) for number, p50 in ((1, 1.0), (2, 9.0), (3, 2.0))]
    assert report.medians(rows, "p50_ms") == {("W1p", 1, "a"): 2.0}


def test_the_ratio_at_one_client_compares_latency_with_the_best_peer_of_the_round():
    rows = [row("bandstand", p50=2.0), row("a", p50=8.0), row("b", p50=6.0)]
    assert report.ratios(rows, "W1p", 1) == [pytest.approx(3.0)]


def test_the_ratio_at_eight_clients_compares_throughput():
    rows = [row("bandstand", clients=8, rate=50.0), row("a", clients=8, rate=100.0)]
    assert report.ratios(rows, "W1p", 8) == [pytest.approx(0.5)]


def test_a_round_without_a_peer_has_no_ratio():
    assert report.ratios([row("bandstand")], "W1p", 1) == []


@pytest.mark.parametrize("fault", [{"errors": 1}, {"wrapped": True}, {"same_picture": False}])
def test_a_faulty_slot_does_not_count(fault):
    good = row("a")
    assert report.usable([good, row("a", **fault)]) == [good]


def test_a_faulty_slot_is_named_below_the_table():
    rows = [row("a"), row("b", errors=7, clients=8), row("a", clients=8)]
    assert "Left out: b W1p (7 errors)." in report.document(rows, MACHINE)


def test_the_table_has_a_row_a_workload_and_a_column_a_target():
    rows = [row(target, clients=clients) for target in ("bandstand", "a") for clients in (1, 8)]
    lines = report.table(rows).splitlines()
    assert lines[0] == "|  | bandstand | a | ratio, 1 client | ratio, 8 clients |"
    assert lines[2] == "| W1p | 10.0 · 100 | 10.0 · 100 | 1.0 | 1.0 |"


def test_the_range_of_a_ratio_stands_beside_its_median():
    rows = [row("bandstand", number=number, p50=p50) for number, p50 in ((1, 1.0), (2, 2.0), (3, 4.0))]
    rows += [row("a", number=number, p50=8.0) for number in (1, 2, 3)]
    rows += [row(target, clients=8) for target in ("bandstand", "a")]
    assert "4.0 (2.0 to 8.0)" in report.table(rows)


def test_an_update_replaces_what_stands_between_the_marks_and_nothing_else():
    text = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    assert report.update(text, "new") == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"


def test_an_update_twice_is_an_update_once():
    text = report.update(f"{report.BEGIN}{report.END}", "new")
    assert report.update(text, "new") == text


def test_a_document_without_marks_is_refused():
    with pytest.raises(ValueError, match="lacks the marks"):
        report.update("nothing here", "new")


def test_the_chart_draws_a_bar_for_each_ratio():
    rows = [row(target, clients=clients) for target in ("bandstand", "a") for clients in (1, 8)]
    assert report.chart(rows).count("<rect") == 2
