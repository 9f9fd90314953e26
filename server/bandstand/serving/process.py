"""A worker process: started by the supervisor, it lives no longer than it."""

import contextlib
import ctypes
import logging
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from multiprocessing import connection as pipes
from multiprocessing import parent_process
from typing import Any

from bandstand.config.schema import Config
from bandstand.observe.figures import FIGURES
from bandstand.observe.logs import configure_logs
from bandstand.serving.bounds import Bounds
from bandstand.serving.ledger import Ledger
from bandstand.serving.measures import of_process
from bandstand.serving.slates import Slate
from bandstand.serving.worker import Worker
from bandstand.web.address import PublicAddress
from bandstand.web.app import build_app

logger = logging.getLogger("bandstand.serving")
_OWN_FILES = 1024
"""Descriptors for scenes, the catalogue and the rest."""
_M_MMAP_THRESHOLD = -3
_M_TRIM_THRESHOLD = -1
"""Of mallopt (glibc, malloc.h); others ignore it."""
_LARGE_BYTES = 4_194_304
_SPARE_BYTES = 67_108_864
_SWITCH_S = 0.001
"""How long a thread may keep the interpreter while the front waits for it."""


def bounds_of(config: Config) -> Bounds:
    """What clients may hold, as configured."""
    return Bounds(
        idle_s=config.server.idle_s,
        head_s=config.server.head_s,
        least_rate=config.server.least_rate_bytes_s,
        connections=config.server.connections,
        peer_connections=config.server.peer_connections,
        wait_s=config.server.wait_s,
        queue=config.server.queue,
        body_max_bytes=config.limits.body_max_bytes,
        timeout_s=config.limits.timeout_s,
    )


def work(config: Config, listener: socket.socket, ready: pipes.Connection, slate: Slate) -> None:
    """Serve a configuration until told to stop (SIGTERM), or until the supervisor is gone.

    Args:
        config: Read and checked by the supervisor.
        listener: Shared by all workers.
        ready: Is sent one object as soon as requests are taken, and another one when no more are.
        slate: Where this process writes its figures.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.setswitchinterval(_SWITCH_S)
    _open_files(config.server.connections)
    _give_back()
    configure_logs(config.logging.level, config.logging.format)
    listener.setblocking(False)
    threads = config.server.threads
    address = PublicAddress(config.server.public_url, config.server.trusted_proxies)
    worker = Worker(
        build_app(config, lambda: slate.all(FIGURES)),
        listener,
        bounds_of(config),
        light=max(2, threads // 2),
        heavy=threads,
        ledger=Ledger(access=config.logging.access, client=address.client, figures=FIGURES),
    )
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    _outlive_nobody(worker.stop)
    FIGURES.watch(of_process)
    close_slate = slate.keep(FIGURES)

    def closed() -> None:
        # Nobody hears it where the supervisor is gone.
        with contextlib.suppress(OSError):
            ready.send(False)

    worker.front.closed = closed
    ready.send(True)
    try:
        worker.run(config.server.shutdown_grace_s)
    finally:
        close_slate()


def _give_back() -> None:
    """Have the C library return large pieces of memory at once, instead of keeping ever larger ones for later."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        # As it would be by itself after a while: tiles live below, and must not return their pages every time.
        library.mallopt(_M_TRIM_THRESHOLD, _SPARE_BYTES)


def _open_files(connections: int) -> None:
    """Allow as many descriptors as the connections need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OWN_FILES
    if soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )


def _outlive_nobody(stop: Callable[[], Any]) -> None:
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        pipes.wait([parent.sentinel])
        stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
