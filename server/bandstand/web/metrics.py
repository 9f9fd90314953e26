"""The page of figures, for Prometheus and for whom the configuration names."""

import ipaddress
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import flask

from bandstand import __version__
from bandstand.engine.engine import Engine
from bandstand.observe.figures import Reading, page
from bandstand.web.address import PublicAddress, within

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Processes = Callable[[], Mapping[str, Iterable[Reading]]]
"""The figures of every process of the server by its name, ours first."""


def mount_metrics(
    app: flask.Flask, engine: Engine, address: PublicAddress, networks: Sequence[str], processes: Processes
) -> None:
    """Add `/metrics` for clients in these networks; for others, and where there is none, it is refused."""
    allowed = [ipaddress.ip_network(text, strict=False) for text in networks]

    @app.get("/metrics")
    def metrics() -> flask.Response:
        client = address.witnessed(flask.request)
        if not within(client, allowed):
            text = "403: these figures are for the networks of server.metrics.\n"
            return _plain(text, status=403, media_type="text/plain; charset=utf-8")
        found = {name: list(readings) for name, readings in processes().items()}
        own = next(iter(found), "")
        found[own] = [*found.get(own, []), *of_site(engine)]
        return _plain(page(found), status=200, media_type=MEDIA_TYPE)


def of_engine(engine: Engine) -> Iterator[Reading]:
    """What an engine holds in memory."""
    cache, purse = engine.cache(), engine.purse
    yield "bandstand_block_cache_hits_total", (), (float(cache.hits),)
    yield "bandstand_block_cache_misses_total", (), (float(cache.misses),)
    yield "bandstand_block_cache_bytes", (), (float(cache.bytes),)
    yield "bandstand_block_cache_limit_bytes", (), (float(cache.limit),)
    yield "bandstand_memory_bytes", (), (float(purse.held),)
    yield "bandstand_memory_limit_bytes", (), (float(purse.limit),)


def of_site(engine: Engine) -> Iterator[Reading]:
    """What is the same for all processes: version, catalogue, files."""
    yield "bandstand_info", (__version__, platform.python_version()), (1.0,)
    state = engine.readiness.state()
    yield "bandstand_ready", (), (float(state.ready),)
    yield "bandstand_unreadable_scenes", (), (float(len(state.unreadable)),)
    for name, count in state.items.items():
        yield "bandstand_catalog_items", (name,), (float(count),)
    if state.changed_ms:
        yield "bandstand_catalog_changed_timestamp_seconds", (), (state.changed_ms / 1000,)


def _plain(text: str, *, status: int, media_type: str) -> flask.Response:
    response = flask.Response(text, status=status, content_type=media_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
