"""`bandstand reload`: a running server reads its configuration again."""

import os
import signal
import time
from pathlib import Path

import click

from bandstand.cli.check import find_problems
from bandstand.cli.console import config_option, fail, find_config, say
from bandstand.cli.running import State, running
from bandstand.serving.supervisor import SERVED

_LONGEST_S, _LOOK_S = 180.0, 0.1
"""Workers are given up earlier."""


@click.command("reload")
@click.argument("config_argument", metavar="[CONFIG]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(config_argument: Path | None, config_path: Path | None) -> None:
    """Let the server of CONFIG read it again, without losing a request.

    The configuration is checked first; one that cannot be served changes nothing. It ends when new workers serve it,
    and fails where they cannot. Another host, port or number of processes needs a restart. SIGHUP to the server does
    the same, and does not wait.

    \b
    bandstand reload
    bandstand reload config.yml
    """  # noqa: D301 - click wants its mark
    path = find_config(config_argument or config_path)
    errors = [problem for problem in find_problems(path, serving=True) if "  error  " in problem]
    for problem in errors:
        say(problem)
    if errors:
        fail(f"{path} cannot be served as it is; the running server keeps what it has")
    before = running(path)
    if before is None:
        fail(f"no running server of {path} is known to this user")
    os.kill(before.pid, signal.SIGHUP)
    outcome = _outcome(path, before)
    if outcome != SERVED:
        fail(outcome)
    say(f"reload   {path} is served by new workers of process {before.pid}")


def _outcome(path: Path, before: State) -> str:
    """What became of a change that was begun after a state was seen."""
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        state = running(path)
        if state is None or state.pid != before.pid:
            return f"process {before.pid} has ended meanwhile"
        if state.changes > before.changes and state.outcome:
            return state.outcome
        time.sleep(_LOOK_S)
    return f"process {before.pid} has not told within {_LONGEST_S:.0f} s whether {path} is served; see its log"


COMMAND = command
