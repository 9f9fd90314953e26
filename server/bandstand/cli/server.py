"""A running server: the port, the workers, and the line that says it is ready."""

import math
import multiprocessing
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.check import find_problems
from bandstand.cli.console import fail, say
from bandstand.config.schema import Config
from bandstand.model.time import isoformat

_PATIENCE_S = 60.0
_QUIET = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "server   %(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {"_granian": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}


def run_server(
    path: Path, config: Config, *, host: str | None, port: int | None, workers: int | None, threads: int | None
) -> None:
    """Serve until interrupted.

    Args:
        path: Of the configuration; the workers read it again.
        config: As read from there.
        host: Over the configuration, like the others.
        port: 0 takes any that is free.
    """
    address = host or config.server.host
    number = claim(address, config.server.port if port is None else port)
    configured = _automatic() if config.server.workers == "auto" else config.server.workers
    count = workers or configured
    os.environ["BANDSTAND_CONFIG"] = str(path.resolve())
    check_site(path)
    introduce(path, config)
    per_worker = threads or config.server.threads
    # Workers start from nothing: this process has threads and open libraries by now, and a fork of it could inherit
    # a lock that nobody will ever release.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "bandstand.web.app:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=address,
        port=number,
        workers=count,
        blocking_threads=per_worker,
        # Idle connections of browsers count as well: keep far more open than are worked on.
        backpressure=max(256, 16 * per_worker),
        respawn_failed_workers=False,
        workers_kill_timeout=max(1, round(config.server.shutdown_grace_s)),
        log_level=LogLevels.error,
        log_dictconfig=_QUIET,
        websockets=False,
        process_name=None,
    )

    def keep_alive() -> None:
        # A worker that fails while the server starts would fail for ever.
        server.respawn_failed_workers = True

    # Asked in vain, so that whatever a question loads is loaded: a worker that is forked while the thread below holds
    # the lock of an import (the codec of host names is one) would wait for that lock for ever.
    _is_up(_base(address, number))
    threading.Thread(target=announce, args=(keep_alive, address, number, path), daemon=True).start()
    server.serve()


def _automatic() -> int:
    # A process keeps about two cores busy, and its threads share one cache of blocks.
    return max(1, (len(os.sched_getaffinity(0)) + 1) // 2)


def claim(host: str, port: int) -> int:
    """Make sure that the port is free, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            fail(f"port {port} needs the rights of an administrator (try --port 8080)")
        except OSError as error:
            if error.errno in {98, 48}:
                fail(f"port {port} is already in use (try --port {port + 1})")
            fail(f"cannot listen on {host}:{port}: {error.strerror or error}")
        return int(probe.getsockname()[1])


def check_site(path: Path) -> None:
    """Find what would stop every worker, before one is started."""
    problems = find_problems(path, serving=True)
    errors = [problem for problem in problems if "  error  " in problem]
    for problem in errors:
        say(problem)
    if errors:
        fail(f"{path} cannot be served as it is")
    if problems:
        say(f"check    {len(problems)} warning{'s' * (len(problems) > 1)}: `bandstand check` tells more")


def introduce(path: Path, config: Config) -> None:
    """Say what is about to be served."""
    count = len(config.collections)
    layers = len(config.published())
    say(f"config   {path} ok ({count} collection{'s' * (count != 1)}, {layers} layer{'s' * (layers != 1)})")
    catalog = open_catalog(config.catalog.path)
    items = sum(catalog.count(name) for name in config.collections)
    newest = [moments[-1].start for name in config.collections if (moments := catalog.moments(name))]
    catalog.close()
    say(f"catalog  {items} item{'s' * (items != 1)}" + (f", newest {isoformat(max(newest))}" if newest else ""))
    if not items:
        say("         nothing to show yet: run `bandstand ingest`; new scenes are seen without a restart")


def announce(answers: Callable[[], None], host: str, port: int, path: Path) -> None:
    """Tell when the server answers; only from then on are failed workers started again."""
    base = _base(host, port)
    until = time.monotonic() + _PATIENCE_S
    while not _is_up(f"{base}/healthz"):
        time.sleep(0.05)
        if time.monotonic() > until:
            say(f"server   {path}: no answer after {_PATIENCE_S:g} s; still waiting")
            until = math.inf
    answers()
    say(f"ready    {base}/        WMS /wms  WMTS /wmts  WCS /wcs  tiles /xyz/{{layer}}/{{z}}/{{x}}/{{y}}.png")


def _base(host: str, port: int) -> str:
    """Where this machine reaches a server that listens on a host."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - no bind
    return f"http://{reachable}:{port}"


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
