"""Deaths, new configurations and the end: what becomes of the processes."""

import os
import signal
import socket

import yaml
from tests.abuse.conftest import PATIENCE_S, children, gone

from bandstand.cli.main import run


def worker(server):
    """The worker: the youngest process below the server."""
    return max(children(server.process.pid))


def test_workers_that_are_killed_are_replaced_for_ever(victim):
    server = victim()
    seen = set()
    for number in range(1, 6):
        pid = worker(server)
        assert pid not in seen
        seen.add(pid)
        os.kill(pid, signal.SIGKILL)
        server.hears("and is replaced", times=number)
        # What comes in from now on waits for the next one.
        assert server.get("/healthz")[0] == 200
    assert server.process.poll() is None


def test_a_new_configuration_is_taken_at_once_and_a_bad_one_not_at_all(victim):
    server = victim()
    path = server.site.path
    good = path.read_text()
    path.write_text(good + "\nbad: [")
    server.process.send_signal(signal.SIGHUP)
    server.hears("The configuration is not changed")
    assert any("config.yml:" in line and "error" in line for line in server.said)
    # The broken file is no bomb for the next worker either.
    os.kill(worker(server), signal.SIGKILL)
    server.hears("and is replaced")
    assert server.get("/wms?service=WMS&request=GetCapabilities")[0] == 200
    document = yaml.safe_load(good)
    document["service"]["title"] = "Another title"
    path.write_text(yaml.safe_dump(document))
    server.process.send_signal(signal.SIGHUP)
    server.hears("The configuration was read again")
    assert b"Another title" in server.get("/wms?service=WMS&request=GetCapabilities")[1]


def test_a_service_manager_hears_of_start_life_and_change(victim, tmp_path, monkeypatch):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(PATIENCE_S)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        server = victim()

        def hears(word):
            while not (text := manager.recv(4096).decode()).startswith(word):
                assert text.startswith("WATCHDOG=1")
            return text

        hears("READY=1")
        hears("WATCHDOG=1")
        server.process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in hears("RELOADING=1")
        assert "served" in hears("READY=1")


def test_no_worker_outlives_the_server(victim):
    server = victim()
    below = children(server.process.pid)
    server.process.kill()
    server.process.wait()
    assert all(gone(pid) for pid in below)


def test_the_server_ends_when_it_is_told(victim):
    server = victim()
    below = children(server.process.pid)
    server.process.terminate()
    assert server.process.wait(40) == 0
    assert all(gone(pid) for pid in below)


def test_the_death_of_the_process_that_forks_is_outlived(victim):
    server = victim()
    (forker,) = [pid for pid in children(server.process.pid) if children(pid)]
    orphan = worker(server)
    os.kill(forker, signal.SIGKILL)
    server.hears("and is replaced")
    assert gone(orphan)
    assert server.get("/healthz")[0] == 200


def test_all_processes_may_be_told_to_end_at_once(victim):
    server = victim()
    below = children(server.process.pid)
    os.killpg(server.process.pid, signal.SIGTERM)
    assert server.process.wait(40) == 0
    assert all(gone(pid) for pid in below)
    assert not any("ended" in line for line in server.said)


def test_reload_finds_the_server_of_its_configuration_and_no_other(victim, capsys):
    server = victim()
    server.site.path.write_text(server.site.path.read_text().replace("title: ", "title: New ", 1))
    assert run(["reload", str(server.site.path)]) == 0
    # It has waited: whoever asks now is answered by the new workers.
    assert b"<Title>New " in server.get("/wms?service=WMS&request=GetCapabilities")[1]
    other = server.site.path.with_name("other.yml")
    other.write_text(server.site.path.read_text())
    assert run(["reload", str(other)]) == 1
    assert "no running server" in capsys.readouterr().err
    server.end()
    assert run(["reload", str(server.site.path)]) == 1
