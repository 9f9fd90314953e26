"""Service to WSGI rules: one try and except for the whole server, and all that HTTP asks of every answer."""

import logging
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import flask
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response as WsgiResponse

from bandstand.engine.engine import Engine
from bandstand.errors import (
    BadRequest,
    BandstandError,
    InternalError,
    Overloaded,
    TooLarge,
    Unavailable,
    UnknownPath,
    shorten,
)
from bandstand.model.exchange import MOST_KEYS, Call, Response, holds_tag
from bandstand.model.fields import sendable
from bandstand.model.turn import Turn, current_turn, taking
from bandstand.observe.note import NOTE, Note, redacted, request_id
from bandstand.services.base import Service
from bandstand.web.address import PublicAddress
from bandstand.web.coding import encoded, plain_tags, tagged
from bandstand.web.operations import operation_of

logger = logging.getLogger("bandstand.web")

_EXPOSED = "Warning, ETag, Retry-After, X-Request-Id, X-Source-Items, X-Source-Time, Content-Disposition"
_MOST_FORM_BYTES = 1_000_000
"""What a form's values cost to decode grows with them; documents have `limits.body_max_bytes`."""
_FORM = "application/x-www-form-urlencoded"
REFUSED = "bandstand.refused"
"""Key of the environment of a request that the server has no room for, with the reason."""
_NAMES = re.compile(r"[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+){0,50}", re.ASCII)
"""Names of header fields (RFC 9110, 5.1) that a browser asks about."""
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the web room is told of the configuration."""

    public_url: str = ""
    """Address that clients use, without a trailing slash; empty: from the request."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose Forwarded and X-Forwarded headers are believed."""
    origins: tuple[str, ...] = ("*",)
    """Origins that browsers may call from."""
    cors_max_age_s: int = 86_400
    body_max_bytes: int = 10_000_000
    metrics: tuple[str, ...] = ()
    """Networks of those who may read the figures."""


class Mount:
    """Registers services with Flask; the application holds no other route to them."""

    def __init__(self, app: flask.Flask, engine: Engine, settings: Settings) -> None:
        """Take the application, the engine that answers, and the settings."""
        self._app = app
        self._engine = engine
        self._settings = settings
        self._roots: dict[str, Service] = {}
        self.address = PublicAddress(settings.public_url, settings.trusted_proxies)

    def add(self, service: Service) -> None:
        """Register every route of a service."""
        for route in service.routes:
            self._roots.setdefault(route.path.split("/")[1], service)
        for number, route in enumerate(service.routes):
            methods = sorted({*route.methods, "HEAD", "OPTIONS"})
            self._app.add_url_rule(
                _PART.sub(r"<\1>", route.path),
                endpoint=f"{service.name}-{number}",
                view_func=self._view(service, methods),
                methods=methods,
                provide_automatic_options=False,
            )

    def refuse(self, error: HTTPException) -> WsgiResponse | None:
        """Word the refusal of an address or method that no route has, as the service above it does.

        Returns:
            None for an address that is below no service.
        """
        request = flask.request
        root, _, rest = request.path[1:].partition("/")
        service = self._roots.get(root) if root else None
        if service is None:
            return None
        below = "  ".join(dict.fromkeys(r.path for r in service.routes if r.path.split("/")[1] == root))
        refused = UnknownPath(
            f'Nothing answers {request.method} "{shorten(request.path)}" here. There are: {below}',
            locator="path" if rest else None,
        )
        refused.http_status = error.code or 404
        call = Call(method="GET", path=request.path, variables={"path": rest}, limits=self._engine.limits)
        _note().service = service.name
        wsgi = self._finish(service.fault(call, refused))
        allow_methods(wsgi, error)
        return wsgi

    def _view(self, service: Service, methods: Sequence[str]) -> Callable[..., WsgiResponse]:
        def view(**variables: str) -> WsgiResponse:
            note, request = _note(), flask.request
            note.service = service.name
            note.operation = operation_of(service.name, request.path, request.environ.get("QUERY_STRING", ""))
            try:
                if flask.request.method == "OPTIONS":
                    return self._preflight(", ".join(methods))
                asked = flask.request.headers
                answer = encoded(
                    tagged(self._answer(service, variables)),
                    asked.get("Accept-Encoding", ""),
                    asked.get("If-None-Match", ""),
                )
                return self._finish(answer)
            except Exception as error:  # noqa: BLE001 - told there, with its trace
                return self._broken(error, service, variables)

        return view

    def broken(self, error: Exception) -> WsgiResponse:
        """Tell of a fault of ours outside every service, or in the telling of another error."""
        service = self._roots.get(flask.request.path[1:].partition("/")[0])
        return self._broken(getattr(error, "original_exception", None) or error, service, {})

    def _broken(self, error: Exception, service: Service | None, variables: dict[str, str]) -> WsgiResponse:
        """The one place where faults of ours are told: by a number, in the words of the service, else in plain ones."""
        request, incident = flask.request, _note().request_id
        url = redacted(request.full_path)[:2000]
        logger.error("failed", exc_info=error, extra={"request_id": incident, "url": url})
        fault = InternalError(f"Something went wrong here; please report the number {incident}.")
        if service is not None:
            call = Call(method="GET", path=request.path, variables=variables, limits=self._engine.limits)
            try:
                return self._finish(service.fault(call, fault))
            except Exception:
                logger.exception("not worded", extra={"request_id": incident, "service": service.name})
        # Of constants alone.
        headers = {"Cache-Control": "no-store", "X-Request-Id": incident, "X-Content-Type-Options": "nosniff"}
        return WsgiResponse(f"500: {fault.message}\n", status=500, headers=headers, mimetype="text/plain")

    def _answer(self, service: Service, variables: dict[str, str]) -> Response:
        """The one place where refusals are caught."""
        request, limits = flask.request, self._engine.limits
        call = Call(method=request.method, path=request.path, variables=variables, limits=limits)
        engine = self._engine.without_pixels() if request.method == "HEAD" else self._engine
        try:
            with taking(current_turn(limits.timeout_s)):
                _admit(request)
                call = self._call(variables)
                answer = _begun(service.answer(call, engine))
        except BandstandError as error:
            return _told(service.fault(call, error), error)
        except HTTPException as error:
            return service.fault(call, self._refused(error))
        # Whatever was put around pixels that nobody computed has no length to tell.
        return replace(answer, body=iter(()), length=None) if engine.left_out else answer

    def _refused(self, error: HTTPException) -> BandstandError:
        """What the web framework did not want to read, in our words."""
        if error.code == 413:
            refused: BandstandError = TooLarge(
                f"The body is larger than {self._settings.body_max_bytes} bytes (limits.body_max_bytes).",
                locator="body",
            )
        else:
            refused = BadRequest(f"The request cannot be read: {error.description or error.name}")
        refused.http_status = error.code or 400
        return refused

    def _call(self, variables: dict[str, str]) -> Call:
        request = flask.request
        args = [(key, value) for key, value in request.args.items(multi=True)]
        body = b""
        if request.method == "POST":
            # Read first: a document is one even where it was declared a form, as curl -d and test engines do.
            start = request.get_data(parse_form_data=False)[:64].lstrip() if request.mimetype == _FORM else b"<"
            if not start.startswith(b"<"):
                _check_form(request.get_data(parse_form_data=False))
                args += [(key, value) for key, value in request.form.items(multi=True)]
            else:
                body = request.get_data(cache=False)
            note = _note()
            note.operation = note.operation or operation_of(note.service, "", _request_key(args), body)
        if len(args) > MOST_KEYS:
            raise TooLarge(f"The request has {len(args)} parameters; at most {MOST_KEYS} are read.")
        headers = {key.lower(): value for key, value in request.headers.items()}
        if "if-none-match" in headers:
            headers["if-none-match"] = plain_tags(headers["if-none-match"])
        return Call(
            method="POST" if request.method == "POST" else "GET",
            path=request.path,
            args=tuple(args),
            headers=headers,
            body=body,
            base_url=self.address.of(request),
            variables=variables,
            limits=self._engine.limits,
        )

    def _finish(self, answer: Response) -> WsgiResponse:
        """Add what every answer carries; HEAD keeps the headers and drops the body, 304 drops both body and type."""
        request = flask.request
        status, body = answer.status, answer.body
        tag = f'"{answer.etag}"' if answer.etag else ""
        if status == 200 and holds_tag(request.headers.get("If-None-Match", ""), answer.etag):
            status = 304
        if status == 304:
            body = b""
        chunks: Iterable[bytes] = (body,) if isinstance(body, bytes) else body
        length = len(body) if isinstance(body, bytes) else answer.length
        # An iterator: werkzeug would count the bytes of anything that has a length.
        wsgi = WsgiResponse(iter(()) if request.method == "HEAD" else chunks, status=status)
        del wsgi.headers["Content-Type"]
        if status != 304:
            wsgi.headers["Content-Type"] = answer.media_type
            if length is not None:
                wsgi.headers["Content-Length"] = str(length)
        for key, value in sendable(answer.headers):
            wsgi.headers.add(key, value)
        if status >= 400 and "Cache-Control" not in wsgi.headers:
            wsgi.headers["Cache-Control"] = "no-store"
        if tag:
            wsgi.headers["ETag"] = tag
        note = _note()
        note.format = answer.media_type
        wsgi.headers["X-Request-Id"] = note.request_id
        wsgi.headers["X-Content-Type-Options"] = "nosniff"
        self.allow_origin(wsgi)
        return wsgi

    def allow_origin(self, wsgi: WsgiResponse) -> None:
        """Say which pages may read an answer, and that it depends on who asks where not all may."""
        origins = self._settings.origins
        origin = flask.request.headers.get("Origin", "")
        if "*" in origins:
            wsgi.headers["Access-Control-Allow-Origin"] = "*"
        else:
            wsgi.headers.add("Vary", "Origin")
            if origin not in origins:
                return
            wsgi.headers["Access-Control-Allow-Origin"] = origin
        wsgi.headers["Access-Control-Expose-Headers"] = _EXPOSED

    def _preflight(self, methods: str) -> WsgiResponse:
        wsgi = WsgiResponse(status=204)
        del wsgi.headers["Content-Type"]
        self.allow_origin(wsgi)
        wsgi.headers["Allow"] = methods
        wsgi.headers["Access-Control-Allow-Methods"] = methods
        wanted = flask.request.headers.get("Access-Control-Request-Headers", "")
        wsgi.headers["Access-Control-Allow-Headers"] = wanted if _NAMES.fullmatch(wanted) else "Content-Type"
        wsgi.headers["Access-Control-Max-Age"] = str(self._settings.cors_max_age_s)
        return wsgi


def allow_methods(wsgi: WsgiResponse, error: HTTPException) -> None:
    """Name the methods of an address that was asked by another one (RFC 9110, 15.5.6); nobody shall keep that."""
    if isinstance(error, MethodNotAllowed):
        wsgi.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        wsgi.headers["Cache-Control"] = "no-store"


def _begun(answer: Response) -> Response:
    """The answer with the first of its parts made, so that what goes wrong there is still told, and the rest timed."""
    if isinstance(answer.body, bytes):
        return answer
    parts = iter(answer.body)
    return replace(answer, body=_timed(next(parts, b""), parts, current_turn(math.inf)))


def _timed(first: bytes, rest: Iterator[bytes], turn: Turn) -> Iterator[bytes]:
    """Parts of an answer while there is time for them."""
    try:
        yield first
        for part in rest:
            turn.check()
            yield part
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()


def _admit(request: flask.Request) -> None:
    """Refuse what the server has no room for.

    Raises:
        Overloaded: With the reason.
    """
    if REFUSED in request.environ:
        raise Overloaded(request.environ[REFUSED])


def _told(answer: Response, error: BandstandError) -> Response:
    """The answer to an error, with the time after which it is worth asking again (RFC 9110, 10.2.3)."""
    if isinstance(error, Unavailable) and all(key != "Retry-After" for key, _ in answer.headers):
        return replace(answer, headers=(*answer.headers, ("Retry-After", str(error.retry_after_s))))
    return answer


def _check_form(form: bytes) -> None:
    """Refuse a form before it is taken apart, which costs more."""
    if form.count(b"&") >= MOST_KEYS:
        raise TooLarge(f"The form has more than {MOST_KEYS} parameters; at most so many are read.")
    if len(form) > _MOST_FORM_BYTES:
        refused = TooLarge(
            f"The form has {len(form)} bytes; at most {_MOST_FORM_BYTES} bytes are read.", locator="body"
        )
        refused.http_status = 413
        raise refused


def _request_key(args: Sequence[tuple[str, str]]) -> str:
    return next((f"request={value}" for key, value in args if key.casefold() == "request"), "")


def _note() -> Note:
    """What the server shall be told of this request."""
    environ = flask.request.environ
    note = environ.get(NOTE)
    if not isinstance(note, Note):
        # A WSGI server that asks for none.
        note = environ[NOTE] = Note(request_id(environ.get("HTTP_X_REQUEST_ID", "")))
    return note
