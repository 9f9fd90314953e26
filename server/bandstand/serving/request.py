"""What a connection hands on: one request, read whole."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Asked:
    """A request as it came, its body included."""

    method: str
    target: bytes
    """As in the request line."""
    version: str
    """`1.0` or `1.1`."""
    headers: list[tuple[bytes, bytes]]
    """In order, names as they were sent."""
    keep: bool
    """Whether the connection may be used again."""
    body: bytearray = field(default_factory=bytearray)
    started: float = 0.0
    """Of its first byte, on the monotonic clock."""
