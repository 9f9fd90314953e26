"""How much a client may hold, and for how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one worker process; times in seconds."""

    connections: int = 4096
    """Open at a time. Above it the least useful one is closed for each that comes."""
    peer_connections: int = 1024
    """Open at a time from one address, likewise."""
    idle_s: float = 75.0
    """That a connection may stay open between two requests."""
    head_s: float = 10.0
    """From the first byte of a request, or from the opening of the connection, to the end of its head."""
    stall_s: float = 10.0
    """Stretch over which the least rate is judged, of bodies and of answers."""
    least_rate: float = 1000.0
    """Bytes a second that a client must send of a body, and take of an answer."""
    head_max_bytes: int = 65_536
    """Of the request line and all header fields."""
    body_max_bytes: int = 10_000_000
    """Of one body."""
    bodies_max_bytes: int = 100_000_000
    """Of all bodies that are held at a time."""
    buffer_bytes: int = 1_048_576
    """Of an answer that its client has not taken yet; its making pauses beyond."""
    wait_s: float = 10.0
    """That a request may wait for its turn."""
    timeout_s: float = 60.0
    """That a request may take, from its first byte on."""
    queue: int = 1000
    """Requests that may wait in a lane."""
