"""What the application tells of a request to the server that it runs in, for the log and the figures."""

import re
import secrets
from dataclasses import dataclass, field

NOTE = "bandstand.note"
"""Key of the environment of a request (PEP 3333)."""
_SECRET = re.compile(r"(?i)(?<=[?&])([\w.-]*(?:token|password|secret|key|signature))=[^&]*")
_GIVEN = re.compile(r"[\w.-]{1,64}", re.ASCII)


def request_id(given: str) -> str:
    """The id that a request came with, where it is one; else a new one."""
    return given if _GIVEN.fullmatch(given) else secrets.token_hex(4)


@dataclass(slots=True)
class Note:
    """One request, as the application understood it."""

    request_id: str = field(default_factory=lambda: secrets.token_hex(4))
    service: str = ""
    """`wms`; empty where nobody was asked."""
    operation: str = ""
    """`GetMap`: one of those that there are, never a client's text."""
    format: str = ""
    """Media type of the answer."""


def redacted(url: str) -> str:
    """The address without credentials."""
    return _SECRET.sub(r"\1=…", url)
