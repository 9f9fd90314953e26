"""Changes of configuration: what is left behind by one that fails half-way, and who watches meanwhile."""

import socket
from multiprocessing import Pipe
from time import monotonic

import pytest

from bandstand.serving.supervisor import SERVED, Member, Supervisor


class Process:
    """A worker that ends when it is told."""

    exitcode = None

    def terminate(self):
        self.exitcode = 0

    def join(self, _timeout=None):
        assert self.exitcode == 0


@pytest.mark.parametrize("error", [OSError("no room"), EOFError()])
def test_workers_of_a_change_that_fails_half_way_are_ended_and_the_old_ones_stay(monkeypatch, error):
    begun, old = [], Member(Process(), None, 0.0, slate=1, ready=True)

    def start(_self, _config):
        if begun:
            raise error
        begun.append(Member(Process(), None, 0.0, slate=2))
        return begun[-1]

    monkeypatch.setattr(Supervisor, "_start", start)
    with socket.socket() as listener:
        supervisor = Supervisor(print, "old", listener, count=2, grace_s=0.0, reread=lambda: "new")
        supervisor._members.append(old)
        supervisor._change()
    assert begun[0].process.exitcode == 0
    assert (supervisor._members, supervisor.config, old.process.exitcode) == ([old], "old", None)


def test_a_worker_that_ends_during_a_change_is_replaced_before_the_new_ones_serve(monkeypatch):
    monkeypatch.setattr("bandstand.serving.supervisor._STARTING_S", 1.0)
    started, outcomes, kept = [], [], []

    def member(slate):
        inbox, outbox = Pipe(duplex=False)
        alive, end = Pipe(duplex=False)
        process = Process()
        process.sentinel, process.pid = alive, None
        kept.append((outbox, end))
        return Member(process, inbox, monotonic(), slate=slate), outbox

    old, _ = member(1)
    old.ready = True

    def start(_self, config):
        found, outbox = member(2 + len(started))
        started.append(config)
        if config == "new":
            # The one that serves dies while this one is not ready yet: with the next start it is.
            old.process.exitcode = -9
            fresh.append(outbox)
        else:
            outbox.send(True)
            fresh[0].send(True)
        return found

    fresh = []
    monkeypatch.setattr(Supervisor, "_start", start)
    with socket.socket() as listener:
        supervisor = Supervisor(
            print, "old", listener, count=1, grace_s=0.0, reread=lambda: "new", outcome=outcomes.append
        )
        supervisor._members.append(old)
        supervisor._taken.add(1)
        for outbox, _ in kept:
            outbox.send(False)
        supervisor._change()
    assert started == ["new", "old"]
    assert outcomes == ["", SERVED]
    assert supervisor.config == "new"
