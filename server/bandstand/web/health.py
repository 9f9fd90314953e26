"""Health: whether the process lives, whether it can serve, and which version it is."""

import platform
from collections.abc import Callable
from dataclasses import asdict

import flask

from bandstand import __version__
from bandstand.engine.engine import Engine


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
        state = engine.readiness.state()
        checks = {
            "config": {"status": "ok", "layers": len(engine.layers)},
            "catalog": _checked({"items": state.items} if state.items else {}, state.trouble),
        }
        late = "the storage of the newest scenes does not answer" if state.waits else ""
        files = [asdict(scene) for scene in state.unreadable]
        if not state.trouble:
            broken = f"{len(files)} of the newest scenes cannot be read" if files else ""
            checks["files"] = _checked({"scenes": files} if files else {}, late or broken)
        status = "failing" if not state.ready else "degraded" if files else "ok"
        return plain({"status": status, "checks": checks}, 200 if state.ready else 503)

    @app.get("/version")
    def version() -> flask.Response:
        return plain({"bandstand": __version__, "python": platform.python_version()})


def _checked(answer: dict[str, object], error: str) -> dict[str, object]:
    return {"status": "failing", "error": error, **answer} if error else {"status": "ok", **answer}
