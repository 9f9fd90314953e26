"""Health: whether the process lives, whether it can serve, and which version it is."""

import platform
from collections.abc import Callable

import flask

from bandstand import __version__
from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError


def mount_health(app: flask.Flask, engine: Engine, allow_origin: Callable[[flask.Response], None]) -> None:
    """Add `/healthz`, `/readyz` and `/version`; `allow_origin` says in an answer which pages may read it."""

    def plain(answer: dict[str, object], status: int = 200) -> flask.Response:
        response = flask.jsonify(answer)
        response.status_code = status
        response.headers["Cache-Control"] = "no-store"
        allow_origin(response)
        return response

    @app.get("/healthz")
    def healthz() -> flask.Response:
        return plain({"status": "ok"})

    @app.get("/readyz")
    def readyz() -> flask.Response:
        checks: dict[str, object] = {"config": {"status": "ok", "layers": len(engine.layers)}}
        ready = True
        try:
            names = sorted({layer.collection for layer in engine.layers})
            checks["catalog"] = {"status": "ok", "items": {name: engine.catalog.count(name) for name in names}}
        except BandstandError as error:
            ready = False
            checks["catalog"] = {"status": "failing", "error": error.message}
        return plain({"status": "ok" if ready else "failing", "checks": checks}, 200 if ready else 503)

    @app.get("/version")
    def version() -> flask.Response:
        return plain({"bandstand": __version__, "python": platform.python_version()})
