"""Hundreds of malformed requests a service: each gets the exception of its standard, valid and soon, and no 5xx.

Every request is timed; one that takes longer than the limit is asked once more, and the better time counts, so that a
machine that was busy elsewhere fails nobody.
"""

import time
from pathlib import Path

import pytest
from tests.fuzz.grammar import good_url, malformed
from tests.fuzz.protocols import PROTOCOLS
from tests.fuzz.reports import FORMS, read_report

import bandstand

LEAST = 400
LIMIT_S = 1.0
LONGEST_TEXT = 2000
REFUSED = {400, 404}
CLASSES = (
    "missing", "empty", "twice", "type", "range", "unknown", "order", "injection", "garbage", "percent", "overlong",
)  # fmt: skip
LEAKS = ("Traceback", "root:x:", str(Path(bandstand.__file__).parent), "site-packages", "uid=0")

CASES = {protocol.name: malformed(protocol) for protocol in PROTOCOLS}
BY_NAME = {protocol.name: protocol for protocol in PROTOCOLS}
GROUPS = [
    (name, kind)
    for name, cases in CASES.items()
    for kind in CLASSES
    if any(case.why.endswith(f" {kind}") for case in cases)
]


def asked(client, url):
    """The answer and the seconds it took, the better of two where the first took long."""
    begin = time.perf_counter()
    answer = client.get(url)
    answer.get_data()
    took = time.perf_counter() - begin
    if took > LIMIT_S:
        begin = time.perf_counter()
        client.get(url).get_data()
        took = min(took, time.perf_counter() - begin)
    return answer, took


def complaint(answer, took, case, protocol, schemas):
    """What is wrong with the answer to a malformed request; empty when it is as it should be."""
    body = answer.get_data()
    if answer.status_code == 200:
        return f"200 {answer.content_type}"
    try:
        report = read_report(body, answer.content_type, FORMS[protocol.form], schemas)
    except (AssertionError, ValueError, SyntaxError) as error:
        return f"{answer.status_code} {error} {body[:200]!r}"
    wrong = [] if answer.status_code in REFUSED else [f"status {answer.status_code}"]
    if report.code not in case.codes:
        wrong.append(f"code {report.code!r}, wanted {sorted(case.codes)}")
    # `IDENTIFIERS` of a request is `identifier` in a report of WCS 1.1.
    if protocol.locators and not case.locator.casefold().startswith(report.locator.casefold()):
        wrong.append(f"locator {report.locator!r}, wanted {case.locator!r}")
    if not report.text or len(report.text) > LONGEST_TEXT:
        wrong.append(f"a text of {len(report.text)} characters")
    wrong += [f"leaks {leak}" for leak in LEAKS if leak in report.text and leak not in case.url]
    wrong += [f"header {name}" for name, _ in answer.headers if name.casefold() == "x-injected"]
    if took > LIMIT_S:
        wrong.append(f"took {took:.2f} s")
    return "; ".join(wrong) + (f" ({report.locator}: {report.text[:100]})" if wrong else "")


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_the_requests_that_are_spoiled_are_good_ones(client, protocol):
    answers = {good_url(protocol, o): client.get(good_url(protocol, o)) for o in protocol.operations}
    assert {url: a.status_code for url, a in answers.items() if a.status_code != 200} == {}


@pytest.mark.parametrize("name", CASES)
def test_there_are_hundreds_of_malformed_requests_and_always_the_same(name):
    assert len(CASES[name]) >= LEAST
    assert malformed(BY_NAME[name]) == CASES[name]


@pytest.mark.parametrize(("name", "kind"), GROUPS)
def test_a_malformed_request_gets_the_exception_of_its_standard(client, schemas, request, name, kind):
    complaints, slowest = [], (0.0, "")
    for case in CASES[name]:
        if case.why.endswith(f" {kind}"):
            answer, took = asked(client, case.url)
            slowest = max(slowest, (took, case.why))
            if text := complaint(answer, took, case, BY_NAME[name], schemas):
                complaints.append(f"{case.why}: {text}\n    {case.url[:300]}")
    request.node.user_properties.append(("slowest", f"{slowest[0]:.3f} s: {slowest[1]}"))
    assert complaints == [], "\n".join(["", *complaints])


@pytest.mark.parametrize("name", [name for name in CASES if not BY_NAME[name].template])
def test_a_malformed_form_gets_the_report_of_the_malformed_address(client, name):
    different = []
    for case in CASES[name][:: len(CASES[name]) // 60]:
        path, _, query = case.url.partition("?")
        by_address = client.get(case.url)
        by_form = client.post(path, data=query.encode(), content_type="application/x-www-form-urlencoded")
        if (by_form.status_code, by_form.get_data()) != (by_address.status_code, by_address.get_data()):
            different.append((case.why, case.url[:200]))
    assert different == []
