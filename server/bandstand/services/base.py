"""The seam between the web and a protocol: routes in, responses out, no web framework."""

from dataclasses import dataclass
from typing import Protocol

from bandstand.engine.engine import Engine
from bandstand.errors import BandstandError
from bandstand.model.exchange import Call, Response


@dataclass(frozen=True, slots=True)
class Route:
    """An address of a service; parts in braces become `Call.variables`, as text: `/xyz/{layer}/{z}/{x}/{y}`."""

    path: str
    methods: tuple[str, ...] = ("GET", "POST")
    """HEAD and OPTIONS are answered for every route by the web room."""


class Service(Protocol):
    """One protocol. Its module exports an instance as `SERVICE`."""

    name: str
    """`wms`"""
    routes: tuple[Route, ...]

    def answer(self, call: Call, engine: Engine) -> Response:
        """Answer, or raise a `BandstandError`."""
        ...

    def fault(self, call: Call, error: BandstandError) -> Response:
        """Word an error in the protocol's own form: code, locator, status, content type."""
        ...
