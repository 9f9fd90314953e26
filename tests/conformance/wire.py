"""Requests to a running conformance instance, and its answers as they came."""

import email
import email.policy
import functools
import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import numpy as np
from lxml import etree
from PIL import Image

PATIENCE_S = 60


@dataclass(frozen=True)
class Answer:
    """What came: nothing of it has been judged."""

    status: int
    headers: Mapping[str, str]
    """Names as they were spelled; one that comes twice has both values, with a comma."""
    body: bytes

    @property
    def media_type(self) -> str:
        """Content-Type without its parameters."""
        return self.headers["Content-Type"].partition(";")[0].strip()

    @functools.cached_property
    def root(self) -> etree._Element:
        """The document."""
        return etree.fromstring(self.body, etree.XMLParser(no_network=True, resolve_entities=False))

    @property
    def faults(self) -> list[tuple[str | None, str | None]]:
        """Code and locator of each exception of a report; empty for anything else."""
        if not self.media_type.endswith("xml") or not etree.QName(self.root).localname.endswith("ExceptionReport"):
            return []
        return [(one.get("code") or one.get("exceptionCode"), one.get("locator")) for one in self.root]

    @functools.cached_property
    def image(self) -> Image.Image:
        """The picture, decoded whole."""
        picture = Image.open(io.BytesIO(self.body))
        picture.load()
        return picture

    @functools.cached_property
    def rgba(self) -> np.ndarray:
        """The pixels of the picture: (row, column, red green blue alpha), uint8."""
        return np.asarray(self.image.convert("RGBA"))

    @property
    def parts(self) -> list[Message]:
        """Of a multipart answer."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        return list(email.message_from_bytes(head + self.body, policy=email.policy.HTTP).iter_parts())


class Cite:
    """A running conformance instance."""

    def __init__(self, base: str, folder: Path) -> None:
        self.base = base
        """Its URL, without a slash at the end."""
        self.folder = folder
        """Where its files lie."""

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **kvp: object) -> Answer:
        """GET with these keys; a list gives its key several times, None leaves it out."""
        return self._send("GET", _with_keys(path, kvp), headers=headers)

    def post(self, path: str, body: bytes | str, media_type: str = "text/xml", **kvp: object) -> Answer:
        """POST a body."""
        text = body.encode() if isinstance(body, str) else body
        return self._send("POST", _with_keys(path, kvp), text, {"Content-Type": media_type})

    def _send(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=PATIENCE_S)
        try:
            connection.request(method, target, body, dict(headers or {}))
            answer = connection.getresponse()
            headers = {name: ", ".join(answer.headers.get_all(name, ())) for name in answer.headers}
            return Answer(answer.status, headers, answer.read())
        finally:
            connection.close()


def _with_keys(path: str, kvp: Mapping[str, object]) -> str:
    text = urlencode({key: value for key, value in kvp.items() if value is not None}, doseq=True)
    return f"{path}{'&' if '?' in path else '?'}{text}" if text else path
