"""What the supervisor leaves behind when a change of configuration fails half-way."""

import socket

import pytest

from bandstand.serving.supervisor import Member, Supervisor


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
