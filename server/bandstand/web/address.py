"""The public address of a request: as configured, else as proxies that are trusted tell it, else as it came."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import flask
from werkzeug.datastructures import Headers

from bandstand.errors import BadRequest

_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
_PREFIX = re.compile(r"(/[\w.~-]+)*/?", re.ASCII)
_PAIR = re.compile(r"""\s*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s;,"]*))?\s*([;,]|$)""", re.ASCII)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_SENDERS = re.compile(r'(?:^|[;,])\s*for="?([^";,]+)', re.IGNORECASE)
_MOST_HOPS = 20
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_USUAL_PORTS = {"http": "80", "https": "443"}
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port")


class PublicAddress:
    """Says under which address clients reach the application."""

    def __init__(self, public_url: str, trusted_proxies: Sequence[str]) -> None:
        """Take the configured address, which always wins, and the networks whose word on it is believed."""
        self._public_url = public_url.rstrip("/")
        self._networks = [ipaddress.ip_network(text, strict=False) for text in trusted_proxies]

    def of(self, request: flask.Request) -> str:
        """The address without a trailing slash.

        Raises:
            BadRequest: None can be made of the request.
        """
        if self._public_url:
            return self._public_url
        # HTTP/1.0 knows no Host: clients reach us where we listen.
        host = request.host if request.headers.get("Host", "").strip() else _own_name(request.environ)
        scheme, prefix = request.scheme, request.root_path.rstrip("/")
        if self._trusted(request.remote_addr or ""):
            scheme, host, prefix = self._told(request.headers, scheme, host, prefix)
        if not host:
            # Werkzeug gives an empty one for what is no host name; no address could be made of it.
            raise BadRequest("The Host header is no host name.", locator="Host")
        return f"{scheme}://{host}{prefix}"

    def witnessed(self, request: flask.Request) -> str:
        """Who asks, where nobody could have invented it; empty where a stranger says that he asks for another."""
        fields = {name.lower(): value for name, value in request.headers.items()}
        peer = request.remote_addr or ""
        if not self._trusted(peer) and any(fields.get(name.lower()) for name in (*_FORWARDED, "Forwarded", "Via")):
            return ""
        return self.client(peer, fields)

    def client(self, peer: str, fields: Mapping[str, str]) -> str:
        """Who asks: the nearest address that is no trusted proxy's.

        Args:
            peer: Where the connection comes from.
            fields: Header fields of the request, names in lower case.
        """
        if not self._trusted(peer):
            return peer
        senders = [part.strip() for part in fields.get("x-forwarded-for", "").split(",") if part.strip()]
        if not senders:
            senders = _SENDERS.findall(fields.get("forwarded", "")[:2000])
        nodes = [_node(sender) for sender in senders[-_MOST_HOPS:]]
        for node in reversed(nodes):
            if not self._trusted(node):
                return node if _ADDRESS.fullmatch(node) else peer
        return nodes[0] if nodes else peer

    def _told(self, headers: Headers, scheme: str, host: str, prefix: str) -> tuple[str, str, str]:
        """Scheme, host and prefix by the headers of a trusted proxy, as far as it tells them.

        A proxy writes one family of headers and hands on what a client invented of the other: `Forwarded` counts
        only where there is none of the others.
        """
        pick = self._picker(headers.get("X-Forwarded-For", ""))
        given = _matching(_PREFIX, pick(headers.get("X-Forwarded-Prefix", ""))).rstrip("/")
        prefix = given or prefix
        if not any(headers.get(name) for name in _FORWARDED):
            told = self._forwarded(headers.get("Forwarded", ""))
            proto, named = told.get("proto", "").casefold(), told.get("host", "")
            return (proto if proto in _USUAL_PORTS else scheme), _matching(_HOST, named) or host, prefix
        proto = pick(headers.get("X-Forwarded-Proto", "")).casefold()
        scheme = proto if proto in _USUAL_PORTS else scheme
        named = _matching(_HOST, pick(headers.get("X-Forwarded-Host", "")))
        port = pick(headers.get("X-Forwarded-Port", ""))
        name, _, own_port = _parted(named or host)
        if port.isdecimal() and port.isascii() and 0 < int(port[:6]) < 65_536 and not (named and own_port):
            host = name if port == _USUAL_PORTS[scheme] else f"{name}:{int(port)}"
        else:
            host = named or host
        return scheme, host, prefix

    def _picker(self, senders: str) -> Callable[[str], str]:
        """Picks the member of a list that the outermost trusted proxy wrote: each proxy adds one at the end."""
        listed = [part.strip() for part in senders.split(",")] if senders else []

        def pick(text: str) -> str:
            members = [part.strip() for part in text.split(",")]
            # Without the senders nobody can tell how many of the proxies are trusted.
            return members[max(len(members) - self._hops(listed), 0) if listed else 0]

        return pick

    def _hops(self, senders: Sequence[str]) -> int:
        """How many proxies are trusted: the one that asks us, and those before it without a stranger between."""
        count = 1
        for sender in reversed(senders):
            if not self._trusted(_node(sender)):
                break
            count += 1
        return count

    def _forwarded(self, header: str) -> Mapping[str, str]:
        """What the outermost trusted proxy says in `Forwarded` (RFC 7239, 4); nothing where it cannot be read."""
        elements: list[dict[str, str]] = [{}]
        position = 0
        while position < len(header):
            match = _PAIR.match(header, position)
            if match is None:
                return {}
            name, value, end = match.groups()
            if name:
                plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
                elements[-1][name.casefold()] = plain
            if end == "," and elements[-1]:
                elements.append({})
            position = match.end()
        elements = [element for element in elements if element] or elements
        hops = self._hops([element.get("for", "") for element in elements])
        return elements[max(len(elements) - hops, 0)]

    def _trusted(self, address: str) -> bool:
        return within(address, self._networks)


def within(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address belongs to one of the networks."""
    if not networks or not address:
        return False
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A socket of both families shows addresses of the old one in the new one's form.
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in networks)


def _own_name(environ: Mapping[str, Any]) -> str:
    """The address and port that we were reached at."""
    name, port = str(environ["SERVER_NAME"]), str(environ["SERVER_PORT"])
    name = f"[{name}]" if ":" in name else name
    return name if port == "80" else f"{name}:{port}"


def _node(text: str) -> str:
    """The address in `192.0.2.43:47011`, `[2001:db8::1]:4711` or `2001:db8::1`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parted(host: str) -> tuple[str, str, str]:
    """Name, colon and port of a host; the colons of an address in brackets belong to it."""
    match = _HOST.fullmatch(host)
    return (match[1], ":", match[2][1:]) if match and match[2] else (host, "", "")


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
