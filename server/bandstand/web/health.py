"""Health: whether the process lives, whether it can serve, and which version it is."""

import platform

import flask

from bandstand import __version__
from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError


def mount_health(app: flask.Flask, engine: Engine) -> None:
    """Add `/healthz`, `/readyz` and `/version`."""

    @app.get("/healthz")
    def healthz() -> flask.Response:
        return _plain({"status": "ok"})

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
        return _plain({"status": "ok" if ready else "failing", "checks": checks}, 200 if ready else 503)

    @app.get("/version")
    def version() -> flask.Response:
        return _plain({"bandstand": __version__, "python": platform.python_version()})


def _plain(answer: dict[str, object], status: int = 200) -> flask.Response:
    response = flask.jsonify(answer)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
