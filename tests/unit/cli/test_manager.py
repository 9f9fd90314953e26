"""What a service manager is told, in real datagrams."""

import os
import socket

import pytest

from bandstand.cli.manager import Manager


@pytest.fixture(params=["a file", "an abstract name"])
def listening(request, tmp_path):
    """A manager's socket and the name by which it is known."""
    name = str(tmp_path / "s") if request.param == "a file" else f"@bandstand-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)
        server.setblocking(False)
        yield server, name


def heard(server):
    """All that has come."""
    found = []
    while True:
        try:
            found.append(server.recv(4096).decode())
        except BlockingIOError:
            return found


def test_it_hears_of_start_and_changes(listening):
    server, name = listening
    manager = Manager({"NOTIFY_SOCKET": name})
    manager.ready()
    manager.changed("")
    manager.changed("The new configuration\ncannot be served.")
    ready, reloading, again = heard(server)
    assert ready.splitlines()[0] == "READY=1"
    assert reloading.splitlines()[0] == "RELOADING=1"
    assert reloading.splitlines()[1].partition("=")[2].isdecimal()
    # A status of one line: another would be an assignment of its own.
    assert again.splitlines()[0] == "READY=1"
    assert again.splitlines()[1].endswith("The new configuration cannot be served.")


def test_signs_of_life_come_twice_in_the_time_that_it_waits(listening, monkeypatch):
    server, name = listening
    now = [50.0]
    monkeypatch.setattr("bandstand.cli.manager.time.monotonic", lambda: now[0])
    manager = Manager({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "4000000", "WATCHDOG_PID": str(os.getpid())})
    counts = []
    for moment in (50.0, 50.2, 51.9, 52.0, 53.9, 54.1):
        now[0] = moment
        manager.alive()
        counts.append(len(heard(server)))
    assert counts == [1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("rest", [{}, {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
def test_no_signs_of_life_where_none_are_asked_of_us(listening, rest):
    server, name = listening
    Manager({"NOTIFY_SOCKET": name, **rest}).alive()
    assert heard(server) == []


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/at/all", "WATCHDOG_USEC": "1"}])
def test_without_a_manager_that_listens_all_goes_on(environment):
    manager = Manager(environment)
    manager.ready()
    manager.changed("")
    manager.alive()
