"""`bandstand reload`: a running server reads its configuration again."""

import os
import signal
from pathlib import Path

import click

from bandstand.cli.check import find_problems
from bandstand.cli.console import config_option, fail, find_config, say
from bandstand.cli.running import running


@click.command("reload")
@click.argument("config_argument", metavar="[CONFIG]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(config_argument: Path | None, config_path: Path | None) -> None:
    """Let the server of CONFIG read it again, without losing a request.

    The configuration is checked first; one that cannot be served changes nothing. Another host, port or number of
    processes needs a restart. SIGHUP to the server does the same.

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
    pid = running(path)
    if pid is None:
        fail(f"no running server of {path} is known to this user")
    os.kill(pid, signal.SIGHUP)
    say(f"reload   process {pid} reads {path}; its log tells when that is served")


COMMAND = command
