"""The published times within an interval: the steps that a loop over time takes."""

from collections.abc import Sequence

from bandstand.engine.groups import groups
from bandstand.model.layer import TimeRules
from bandstand.model.time import Moment, parse_time


def steps(text: str, moments: Sequence[Moment], rules: TimeRules) -> tuple[str, ...]:
    """The times of a layer that an ISO 8601 text means, as published, oldest first.

    Args:
        text: An interval, a period such as `2023-06`, or a list of them; empty means every time.
        moments: Of all scenes of the layer, oldest first.
        rules: How they are grouped.

    Raises:
        InvalidTime: The text cannot be read.
    """
    found = groups(moments, rules.resolution)
    if not text:
        return found.labels
    chosen = {position for member in parse_time(text).members for position in found.within(member.span)}
    return tuple(found.labels[position] for position in sorted(chosen))
