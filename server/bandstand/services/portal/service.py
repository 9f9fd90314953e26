"""Routes of the page, of its files, of the manual, and of the JSON API that the page and others use."""

from collections.abc import Callable
from pathlib import Path

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError, UnknownPath, shorten
from bandstand.model.exchange import Arguments, Call, Response
from bandstand.services.base import Route
from bandstand.services.ows.report import problem
from bandstand.services.portal import describe
from bandstand.share import shipped

_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SAFE = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


class Portal:
    """The landing page `/`, the manual `/docs` and the API `/api`."""

    name = "portal"
    routes = (
        Route("/", ("GET",)),
        Route("/static/{file}", ("GET",)),
        Route("/docs/{page}", ("GET",)),
        Route("/api/layers", ("GET",)),
        Route("/api/layers/{layer}/dates", ("GET",)),
        Route("/api/layers/{layer}/bands", ("GET",)),
        Route("/api/expressions/validate", ("GET", "POST")),
        Route("/api/indices", ("GET",)),
        Route("/api/colormaps", ("GET",)),
    )

    def answer(self, call: Call, engine: Engine) -> Response:
        """Answer one of the routes."""
        if call.path == "/":
            return _file("index.html")
        if "file" in call.variables:
            return _file(call.variables["file"])
        if "page" in call.variables:
            return _manual(call.variables["page"])
        arguments = Arguments(call)
        layer = call.variables.get("layer", "")
        topics: dict[str, Callable[[], Response]] = {
            "layers": lambda: describe.layers(engine),
            "dates": lambda: describe.dates(engine, layer, arguments),
            "bands": lambda: describe.bands(engine, layer),
            "validate": lambda: describe.expression(engine, arguments),
            "indices": lambda: describe.indices(engine, arguments),
            "colormaps": lambda: describe.colormaps(engine),
        }
        return topics[call.path.rstrip("/").rsplit("/", 1)[-1]]()

    def fault(self, call: Call, error: BandstandError) -> Response:  # noqa: ARG002 - the seam of every service
        """A problem document (RFC 9457)."""
        return problem(error, name=error.locator or "")


def _file(name: str) -> Response:
    # Only what lies in the folder: the name comes from outside.
    known = {path.name: path for path in _STATIC.iterdir() if path.is_file()}
    path = known.get(name)
    if path is None:
        raise UnknownPath(f'There is no file "{name[:80]}" here.', locator="path")
    body = path.read_bytes()
    headers = [("Cache-Control", "public, max-age=300")]
    if path.suffix == ".html":
        headers = [("Cache-Control", "no-cache"), ("Content-Security-Policy", _SAFE)]
    return Response(media_type=_TYPES.get(path.suffix, "application/octet-stream"), body=body, headers=tuple(headers))


def _manual(name: str) -> Response:
    """A page of the manual as it is written, by its name with or without `.md`; messages point to these addresses."""
    known = {path.stem: path for path in sorted(shipped("docs").glob("*.md"))}
    path = known.get(name.removesuffix(".md"))
    if path is None:
        raise UnknownPath(f'The manual has no page "{shorten(name)}"; there are: {", ".join(known)}.', locator="path")
    # Browsers show this type, and offer to save text/markdown.
    headers = (("Cache-Control", "public, max-age=300"),)
    return Response(media_type="text/plain; charset=utf-8", body=path.read_bytes(), headers=headers)


SERVICE = Portal()
