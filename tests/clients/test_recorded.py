"""What clients really send, kept as text: a fresh session sends the same, and every request is answered as it should.

With BANDSTAND_RECORD=1 the sessions write their recordings anew.
"""

import os
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image
from tests.clients.recorder import HOST, Recorder, read, shapes, thinned, written
from tests.clients.sessions import SESSIONS

from bandstand.services.wcs.service import DIALECTS

FOLDER = Path(__file__).with_name("recorded")
SPOKEN = {version for dialect in DIALECTS for version in dialect.versions}
NAMES = [name for name in SESSIONS if "-wcs-" not in name or name.rpartition("-")[2] in SPOKEN]
"""A version of WCS that is not spoken has no session yet."""
FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))


@pytest.mark.filterwarnings("ignore:Truth-testing of elements:FutureWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_client_sends_what_was_recorded(live, tmp_path, name):
    with Recorder(live) as recorder:
        SESSIONS[name].play(recorder.base, tmp_path)
    assert [request for request in recorder.requests if request.status != 200] == []
    path, client = FOLDER / f"{name}.txt", SESSIONS[name].client()
    if os.environ.get("BANDSTAND_RECORD"):
        path.write_text(written(thinned(recorder.requests), client), encoding="utf-8")
    known, requests = read(path.read_text(encoding="utf-8"))
    found, kept = shapes(recorder.requests), shapes(requests)
    # Another version of a client may send more or less, but asks for the same things.
    if known == client:
        assert found == kept
    else:
        assert found.keys() == kept.keys()


def test_every_client_has_its_recording_and_every_recording_its_client():
    assert set(FILES) == set(NAMES)


def asked_format(request):
    """The media type that a request asks for, by its own words; empty where it leaves that to the server."""
    keys = request.keys
    operation = keys.get("request", "").lower()
    if "featureinfo" in operation:
        return keys.get("info_format") or keys.get("infoformat", "")
    if operation in {"getmap", "gettile", "getlegendgraphic"}:
        return keys["format"]
    if operation == "getcoverage":
        return ""
    return {"png": "image/png", "jpg": "image/jpeg", "xml": "application/xml"}.get(request.target[-3:], "")


def is_sound(body, media_type):
    """Whether a body is what its type says, and no exception."""
    if "xml" in media_type:
        return "Exception" not in etree.QName(etree.fromstring(body)).localname
    if media_type in {"image/png", "image/jpeg"}:
        import io  # noqa: PLC0415 - only here

        with Image.open(io.BytesIO(body)) as image:
            image.load()
        return True
    return len(body) > 0


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_request_is_answered(client, name):
    _, requests = read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))
    assert requests
    wrong = []
    for request in requests:
        answer = client.open(
            request.target.replace(HOST, "localhost"),
            method=request.method,
            data=request.body.replace(HOST, "localhost") or None,
            content_type=request.content_type or None,
        )
        media_type = answer.content_type.partition(";")[0]
        wanted = {request.media_type, asked_format(request).partition(";")[0] or request.media_type}
        if answer.status_code != 200 or {media_type} != wanted or not is_sound(answer.get_data(), media_type):
            wrong.append((request.target, answer.status_code, media_type))
    assert wrong == []


def test_a_recording_reads_back_as_it_was_written():
    for name in FILES:
        text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
        known, requests = read(text)
        assert written(requests, known) == text
