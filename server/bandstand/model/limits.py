"""How much one request may ask; checked on the plan, before a block is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one request; each message that refuses names the key."""

    map_max_width_px: int = 4096
    map_max_height_px: int = 4096
    map_max_items: int = 10_000
    coverage_max_px: int = 100_000_000
    """Output pixels times outputs."""
    coverage_text_max_px: int = 4_000_000
    """The same for formats that are text (GML, JSON), which are many times as long."""
    coverage_max_items: int = 400
    coverage_max_dates: int = 100
    """Dates of a coverage with an axis of time."""
    read_max_bytes: int = 4_000_000_000
    """Decoded bytes that a plan may read."""
    layer_limit: int = 10
    """Layers of one map."""
    expression_max_length: int = 4000
    expression_max_operations: int = 200
    expression_max_depth: int = 40
    body_max_bytes: int = 10_000_000
    timeout_s: float = 60.0
