"""A server whose header names leave in their canonical spelling, for clients that compare letters."""

import threading
from pathlib import Path

import waitress

from bandstand.cli.console import fail
from bandstand.cli.server import announce, check_site, claim, introduce
from bandstand.config.schema import Config
from bandstand.engine.warm import warm_kernels
from bandstand.errors import ConfigError
from bandstand.web.app import create_app

_MOST_CONNECTIONS = 1000
_IDLE_S = 20


def run_spelled(path: Path, config: Config, *, host: str | None, port: int | None) -> None:
    """Serve until interrupted, in one process.

    Header names are case-insensitive (RFC 9110, 5.1) and the server of `bandstand serve` sends them in lower case;
    several compliance suites look for `Content-Type` and `Warning` by their letters.

    Args:
        path: Of the configuration.
        config: As read from there.
        host: Over the configuration, like the port.
        port: 0 takes any that is free.
    """
    address = host or config.server.host
    number = claim(address, config.server.port if port is None else port)
    check_site(path)
    introduce(path, config)
    try:
        app = create_app(path)
    except ConfigError as error:
        fail(error.message)
    threading.Thread(target=warm_kernels, name="warm", daemon=True).start()
    server = waitress.create_server(
        app,
        host=address,
        port=number,
        threads=config.server.threads,
        ident="",
        # The engine of the suites drops connections without closing them.
        connection_limit=_MOST_CONNECTIONS,
        channel_timeout=_IDLE_S,
        max_request_body_size=config.limits.body_max_bytes + 1_000_000,
    )
    threading.Thread(target=announce, args=(lambda: None, address, number, path), daemon=True).start()
    server.run()
