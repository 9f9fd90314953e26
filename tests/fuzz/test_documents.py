"""Hundreds of malformed XML requests of each version of WCS: each gets the exception of its version, valid and soon."""

import time

import pytest
from tests.fuzz import documents
from tests.fuzz.documents import spoiled
from tests.fuzz.reports import FORMS, read_report

LIMIT_S = 1.0
LEAST = 400
STATUSES = {400, 404}
VERSIONS = {
    "2.0.1": (documents.WCS20, documents.WCS20_CODES, "OWS 2.0"),
    "1.1.1": (documents.WCS11, documents.WCS11_CODES, "OWS 1.1"),
    "1.0.0": (documents.WCS10, documents.WCS10_CODES, "WCS 1.0.0"),
}
CASES = {version: spoiled(*rest[:2]) for version, rest in VERSIONS.items()}


def post(client, body):
    return client.post("/wcs", data=body, content_type="text/xml")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_documents_that_are_spoiled_are_good_ones(client, version):
    answers = {document.name: post(client, document.text.encode()) for document in VERSIONS[version][0]}
    wrong = {name: answer.get_data()[:300] for name, answer in answers.items() if answer.status_code != 200}
    assert wrong == {}


def asked(client, body):
    """The answer and the seconds it took, the better of two where the first took long."""
    times = []
    while not times or (times[0] > LIMIT_S and len(times) < 2):
        begin = time.perf_counter()
        answer = post(client, body)
        answer.get_data()
        times.append(time.perf_counter() - begin)
    return answer, min(times)


def complaint(answer, took, case, form, schemas):
    body = answer.get_data()
    if answer.status_code not in STATUSES:
        return f"status {answer.status_code} {answer.content_type} {body[:200]!r}"
    try:
        report = read_report(body, answer.content_type, FORMS[form], schemas)
    except (AssertionError, ValueError, SyntaxError) as error:
        return f"{error} {body[:200]!r}"
    wrong = [] if report.code in case.codes else [f"code {report.code!r}, wanted {sorted(case.codes)}"]
    if not report.text or len(report.text) > 2000 or "Traceback" in report.text:
        wrong.append(f"says {report.text[:200]!r}")
    if took > LIMIT_S:
        wrong.append(f"took {took:.2f} s")
    return "; ".join(wrong) + (f" ({report.locator}: {report.text[:120]})" if wrong else "")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_malformed_document_gets_the_exception_of_its_version(client, schemas, request, version):
    assert len(CASES[version]) >= LEAST
    form = VERSIONS[version][2]
    complaints, slowest = [], (0.0, "")
    for case in CASES[version]:
        answer, took = asked(client, case.body)
        slowest = max(slowest, (took, case.why))
        if text := complaint(answer, took, case, form, schemas):
            complaints.append(f"{case.why}: {text}")
    request.node.user_properties.append(("slowest", f"{slowest[0]:.3f} s: {slowest[1]}"))
    assert complaints == [], "\n".join(["", *complaints])
