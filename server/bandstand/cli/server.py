"""A running server: the port, the workers, and the line that says it is ready."""

import os
import socket
from pathlib import Path

from bandstand.catalog.sqlite import open_catalog
from bandstand.cli.check import find_problems
from bandstand.cli.console import fail, say
from bandstand.cli.manager import Manager
from bandstand.cli.running import marked
from bandstand.config.load import load_config
from bandstand.config.schema import Config
from bandstand.errors import CatalogUnavailable, ConfigError
from bandstand.model.time import isoformat
from bandstand.observe.logs import configure_logs
from bandstand.serving.process import work
from bandstand.serving.supervisor import Supervisor

_BACKLOG = 2048


def run_server(
    path: Path, config: Config, *, host: str | None, port: int | None, workers: int | None, threads: int | None
) -> None:
    """Serve until interrupted.

    Args:
        path: Of the configuration, which is read again when it shall be.
        config: As read from there.
        host: Over the configuration, like the others.
        port: 0 takes any that is free.
    """

    def override(read: Config) -> Config:
        return (
            read
            if threads is None
            else read.model_copy(update={"server": read.server.model_copy(update={"threads": threads})})
        )

    def reread() -> Config | None:
        problems = [problem for problem in find_problems(path, serving=True) if "  error  " in problem]
        for problem in problems:
            say(problem)
        try:
            return None if problems else override(load_config(path))
        except ConfigError as error:
            say(error.message)
            return None

    config = override(config)
    address = host or config.server.host
    listener = claim(address, config.server.port if port is None else port)
    check_site(path)
    introduce(path, config)
    configure_logs(config.logging.level, config.logging.format)
    base = _base(address, int(listener.getsockname()[1]))
    configured = _automatic() if config.server.workers == "auto" else config.server.workers
    manager = Manager()

    def ready() -> None:
        announce(base)
        manager.ready()

    with marked(path) as tell:

        def outcome(text: str) -> None:
            tell(text)
            manager.changed(text)

        Supervisor(
            work,
            config,
            listener,
            count=workers or configured,
            grace_s=config.server.shutdown_grace_s,
            reread=reread,
            ready=ready,
            outcome=outcome,
            alive=manager.alive,
        ).run()


def _automatic() -> int:
    # A process keeps about two cores busy, and its threads share one cache of blocks.
    return max(1, (len(os.sched_getaffinity(0)) + 1) // 2)


def claim(host: str, port: int) -> socket.socket:
    """Listen, before anything is started; what comes in waits for the first worker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        fail(_why_not(host, port, error))
    return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"port {port} needs the rights of an administrator (try --port 8080)"
    if error.errno in {98, 48}:
        return f"port {port} is already in use (try --port {port + 1})"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"


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
    try:
        catalog = open_catalog(config.catalog.path)
    except CatalogUnavailable as error:
        say(f"catalog  {error.message} The server starts, and is ready as soon as it can be read")
        return
    items = sum(catalog.count(name) for name in config.collections)
    newest = [moments[-1].start for name in config.collections if (moments := catalog.moments(name))]
    catalog.close()
    say(f"catalog  {items} item{'s' * (items != 1)}" + (f", newest {isoformat(max(newest))}" if newest else ""))
    if not items:
        say("         nothing to show yet: run `bandstand ingest`; new scenes are seen without a restart")


def announce(base: str) -> None:
    """Tell that the server answers."""
    say(f"ready    {base}/        WMS /wms  WMTS /wmts  WCS /wcs  tiles /xyz/{{layer}}/{{z}}/{{x}}/{{y}}.png")


def _base(host: str, port: int) -> str:
    """Where this machine reaches a server that listens on a host."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - no bind
    return f"http://{reachable}:{port}"
