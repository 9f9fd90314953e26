"""The short form of the campaign, and that its checks can fail."""

import itertools
import json
import socket
import socketserver
import threading
import types

import pytest
from tests.abuse import campaign, documents, ingested, kills, queries, requests, tiffs
from tests.abuse.helper import Helper

from bandstand.errors import SourceUnavailable


def test_the_short_campaign_finds_nothing(tmp_path):
    tally = campaign.run(campaign.QUICK, seed=20220719, clients=4, folder=tmp_path)
    assert tally.faults == []
    assert sum(tally.tried.values()) == sum(campaign.QUICK.values())
    assert {"tiffs read", "tiffs refused", "requests wire", "requests SOAP", "queries answered"} <= tally.tried.keys()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "no answer"),
        (b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "status 500"),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "503 without Retry-After"),
        (b"HTTP/1.1 400 X\r\n\r\nTraceback", "a leak"),
        (b"HTTP/1.1 400 X\r\nContent-Type: text/xml\r\n\r\n<a>", "ill-formed XML"),
        (b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nx", "no answer"),
        (b"HTTP/1.1 503 X\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", ""),
    ],
)
def test_a_bad_answer_is_told(said, told):
    class Answering(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(65536):
                pass
            self.request.sendall(said)

    with socketserver.TCPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        sent = requests.Sent("keys", "GET", b"GET / HTTP/1.1\r\n\r\n")
        wrong = requests.complaint(server.server_address[1], sent, 20)
        thread.join()
    assert wrong.startswith(told)
    assert bool(wrong) == bool(told)


def test_an_answer_after_the_deadline_is_told(monkeypatch):
    clock = itertools.count(0.0, 15.0)
    monkeypatch.setattr(requests, "time", types.SimpleNamespace(monotonic=lambda: next(clock)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answered, args=(server,))
        thread.start()
        sent = requests.Sent("keys", "GET", b"GET / HTTP/1.1\r\n\r\n")
        port = server.getsockname()[1]
        assert requests.complaint(port, sent, 13.5) == "later than the deadline"
        thread.join()


def answered(server):
    connection, _ = server.accept()
    with connection:
        while connection.recv(65536):
            pass
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("memory", "told"),
    [
        ([100, 300, 500, 500, 500], False),
        ([*range(100, 500, 4)], False),
        ([*range(100, 700, 6)], True),
        ([500, 500, 9000, 500, 500, *[500] * 30], False),
    ],
)
def test_memory_that_grows_on_is_told(memory, told):
    assert bool(campaign.growth([count * 1_000_000 for count in memory])) == told


@pytest.mark.parametrize(
    ("after", "said", "told"),
    [
        ([1, 2, 3], [], False),
        ([1, 2, 4], [], True),
        ([1, 2], [], True),
        ([1, 2, 3], ["worker 3 ended by SIGKILL and is replaced"], True),
    ],
)
def test_the_death_of_a_worker_is_told(after, said, told):
    assert bool(campaign.losses([1, 2, 3], after, ["ready http://127.0.0.1/", *said])) == told


def test_the_death_of_a_reader_is_told_and_another_takes_its_place(tmp_path):
    (tmp_path / "x.tif").write_bytes(tiffs.sources(tmp_path)[0])
    reader = Helper(tiffs.begin, tiffs.PATIENCE_S)
    reader.process.kill()
    reader.process.join()
    try:
        assert reader.tell(str(tmp_path / "x.tif")) == "crash"
        assert reader.tell(str(tmp_path / "x.tif")) == "read"
    finally:
        reader.end()


def test_the_files_that_are_broken_are_sound_ones(tmp_path):
    sound = tiffs.sources(tmp_path)
    assert {path.name: tiffs.told(str(path)) for path in tmp_path.glob("*.tif")} == {
        f"{number}.tif": "read" for number in range(len(sound))
    }


# Documents


@pytest.fixture
def soil(sample_archive):
    return ingested.Soil(*documents.sound(sample_archive, None), port=1)


def test_the_documents_that_are_broken_are_sound_ones(soil, tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "config.yml").write_text(
        "collections: {c: {source: archive}}\nlayers: [{name: c, collection: c}]\ncatalog: {path: c.sqlite}\n"
    )
    ids = []
    for number, (document, files) in enumerate(soil.sound):
        soil._furnish(tmp_path / "archive" / str(number), files)
        ids.append(f"s{number}")
        item = documents.item(ingested.random.Random(number), document, [], ids[-1])
        (tmp_path / "archive" / str(number) / "x.json").write_text(json.dumps(item))
    assert ingested.told((str(tmp_path), ids)) == ""


def test_the_same_number_is_the_same_document_alone_and_among_others(soil, tmp_path):
    soil.grow(tmp_path / "a", 5, range(40))
    soil.grow(tmp_path / "b", 5, [21])
    (alone,) = (path for path in (tmp_path / "b").glob("archive/16/*21*") if path.suffix != ".tif")
    assert (tmp_path / "a" / alone.relative_to(tmp_path / "b")).read_bytes() == alone.read_bytes()


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        (("run", lambda _: 1), "ingest ended with 1"),
        (("run", lambda _: 1 / 0), "ZeroDivisionError at test_campaign.py"),
        (("build_engine", lambda _: 1 / 0), "ZeroDivisionError at test_campaign.py"),
        (("ABOUT", ("/nothing",)), "/nothing 404"),
    ],
)
def test_what_goes_wrong_with_documents_is_told(soil, tmp_path, monkeypatch, spoiled, told):
    good = soil.grow(tmp_path / "a", 5, [3])
    monkeypatch.setattr(ingested, *spoiled)
    assert ingested.told((str(tmp_path / "a"), good)).startswith(told)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("archive   found 3   new 3\nwarning  s   a warning: none\n", ""),
        ("x.py:157: RuntimeWarning: overflow encountered in divide\n", "it says 'x.py:157: RuntimeWarning"),
        ("Traceback (most recent call last):\n  x\nKeyError: 5\n", "it says 'Traceback"),
        ("Exception ignored in: log_error\n", "it says 'Exception ignored"),
    ],
)
def test_words_that_are_not_ours_are_told(said, told):
    assert ingested.unseemly(said).startswith(told)
    assert bool(ingested.unseemly(said)) == bool(told)


def test_a_good_document_that_is_lost_is_told(soil, tmp_path):
    good = soil.grow(tmp_path / "a", 5, [3])
    assert ingested.told((str(tmp_path / "a"), [*good, "another"])).startswith("the good ones ['another'] are lost")


def test_a_call_to_another_host_is_heard():
    with ingested.ear() as (port, called):
        assert not called()
        socket.create_connection(("127.0.0.1", port)).close()
        assert called()


class Verdicts:
    """Tells what a test wants of some numbers."""

    def __init__(self, wrong):
        self._wrong = wrong

    def tell(self, question, _):
        first, *last = map(int, question[0].rsplit("/", 1)[1].split("-"))
        return "crash" if self._wrong <= set(range(first, (last or [first])[0] + 1)) else ""


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({13}, ["document 13: crash"]), ({5, 13}, ["documents 0 to 15 together: crash"]), ({99}, [])],
)
def test_the_document_at_fault_is_found(soil, tmp_path, wrong, told):
    assert list(ingested._faults(Verdicts(wrong), soil, lambda: False, tmp_path, 5, range(16))) == told


# Queries


def test_queries_of_the_grammar_are_answered_planned_and_refused(site_engine):
    verdicts = [queries.told(site_engine, queries._query(queries.random.Random(number))) for number in range(60)]
    assert {"answered", "refused"} <= set(verdicts)
    assert verdicts.count("answered") > 15


def test_a_query_that_fails_is_told(site_engine, monkeypatch):
    text = f'for $c in (s2_l2a) return encode($c{queries.SMALL}.B02, "image/tiff")'
    assert queries.told(site_engine, text) == "answered"
    monkeypatch.setattr(queries, "PATIENCE_S", -1.0)
    with pytest.raises(AssertionError, match="it took 0 s"):
        queries.told(site_engine, text)
    monkeypatch.setattr(type(site_engine), "run", lambda *_: (_ for _ in ()).throw(SourceUnavailable("gone")))
    with pytest.raises(AssertionError, match="no fault of the server: SourceUnavailable gone"):
        queries.told(site_engine, text)


# Killed ingests


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (0, ""),
        (50, ""),
        (120, ""),
        (49, "49 scenes are no whole batches of 50"),
        (101, "101 scenes are no whole batches of 50"),
    ],
)
def test_a_batch_that_is_torn_is_told(found, told):
    whole = {str(number): "x" for number in range(120)}
    assert kills.judged({str(number): "x" for number in range(found)}, whole)[1] == told
    assert kills.judged({"0": "torn"}, whole)[1].startswith("1 scenes are not as they should be")
