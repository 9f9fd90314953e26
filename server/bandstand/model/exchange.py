"""HTTP without a web framework: a call comes in, a response goes out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bandstand.errors import BadRequest
from bandstand.model.limits import Limits

MOST_KEYS = 1000
"""Parameters of one request, however it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What came over the wire."""

    method: str
    """GET, HEAD, POST or OPTIONS; services see HEAD as GET."""
    path: str
    """Within the application, always starting with a slash; percent-decoded."""
    args: tuple[tuple[str, str], ...] = ()
    """Query and form parameters as sent, in order, decoded."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Keys in lower case."""
    body: bytes = b""
    """Of a POST that is no form."""
    base_url: str = ""
    """Public address of the application without a trailing slash."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Parts of the path that the route named."""
    limits: Limits = field(default_factory=Limits)
    """Those of the installation, for whoever words an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What goes over the wire."""

    status: int = 200
    media_type: str = "text/plain"
    body: bytes | Iterable[bytes] = b""
    """Whole, or in parts that are sent as they come."""
    length: int | None = None
    """Bytes of a body in parts, where known."""
    headers: tuple[tuple[str, str], ...] = ()
    etag: str = ""


def holds_tag(if_none_match: str, tag: str) -> bool:
    """Whether an `If-None-Match` header names this entity tag, weak or strong, or any (RFC 9110, 13.1.2)."""
    if not if_none_match or not tag:
        return False
    named = (part.strip().removeprefix("W/").strip('"') for part in if_none_match.split(","))
    return any(name in {"*", tag} for name in named)


_DEFAULTS = {"time": "default_time", "style": "default_style", "styles": "default_style"}
"""What an advertised address says for clients that choose none; the key itself could not be given twice."""


class Arguments:
    """Query parameters as OGC wants them: keys without regard to case, empty means absent."""

    def __init__(self, call: Call) -> None:
        """Index the call's parameters."""
        self._values: dict[str, list[str]] = {}
        for key, value in call.args:
            self._values.setdefault(key.casefold(), []).append(value)

    def __contains__(self, key: str) -> bool:
        """Whether the key was sent with something in it."""
        return bool(self.get(key))

    def get(self, *keys: str, default: str = "") -> str:
        """The first non-empty value of the first of these keys that has one, stripped; else that of its `DEFAULT_` key.

        Raises:
            BadRequest: The key was sent twice with different values.
        """
        for key in keys:
            values = list(dict.fromkeys(v.strip() for v in self._values.get(key.casefold(), []) if v.strip()))
            if len(values) > 1:
                raise BadRequest(
                    f"{key.upper()} was given {len(values)} times with different values "
                    f'("{values[0][:40]}" and "{values[1][:40]}"); give it once.',
                    locator=key.upper(),
                )
            if values:
                return values[0]
        for key in keys:
            if (fallback := _DEFAULTS.get(key.casefold())) and (values := self.all(fallback)):
                return values[0]
        return default

    def all(self, key: str) -> list[str]:
        """Every non-empty value of a key that may repeat."""
        return [v.strip() for v in self._values.get(key.casefold(), []) if v.strip()]

    def keys(self) -> tuple[str, ...]:
        """The keys sent, in lower case."""
        return tuple(self._values)
