"""The short form of the campaign, and that its checks can fail."""

import socketserver
import threading

import pytest
from tests.abuse import campaign, requests, tiffs


def test_the_short_campaign_finds_nothing(tmp_path):
    tally = campaign.run(campaign.QUICK, seed=20220719, clients=4, folder=tmp_path)
    assert tally.faults == []
    assert sum(tally.tried.values()) == sum(campaign.QUICK.values())
    assert {"tiffs read", "tiffs refused", "requests wire", "requests SOAP"} <= tally.tried.keys()


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


def test_the_death_of_a_reader_is_told_and_another_takes_its_place(tmp_path):
    (tmp_path / "x.tif").write_bytes(tiffs.sources(tmp_path)[0])
    reader = tiffs.Reader()
    reader._process.kill()
    reader._process.join()
    try:
        assert reader.tell(tmp_path / "x.tif") == "crash"
        assert reader.tell(tmp_path / "x.tif") == "read"
    finally:
        reader.end()


def test_the_files_that_are_broken_are_sound_ones(tmp_path):
    sound = tiffs.sources(tmp_path)
    assert {path.name: tiffs._told(str(path)) for path in tmp_path.glob("*.tif")} == {
        f"{number}.tif": "read" for number in range(len(sound))
    }
