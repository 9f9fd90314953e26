"""One layer of a request for each of its dates: what an axis of time is made of."""

from bandstand.catalog.base import Catalog
from bandstand.encode.registry import find_format
from bandstand.engine.groups import groups
from bandstand.engine.plan import ground_box
from bandstand.engine.times import is_coarser
from bandstand.errors import InvalidTime, TooLarge, shorten
from bandstand.model.ask import Ask
from bandstand.model.grid import Grid
from bandstand.model.layer import Layer, TimeRules
from bandstand.model.limits import Limits
from bandstand.model.request import StyledLayer
from bandstand.model.time import TimeQuery, TimeSpan, parse_time


def wants_axis(ask: Ask, layer: Layer, media_type: str) -> bool:
    """Whether a coverage gets an axis of time: its format has one, and its time may mean several dates.

    Only what is asked counts, never what the archive holds: a month with a single date gives an axis of one.
    """
    if not ask.time or "cube" not in find_format(media_type, "coverage").kinds:
        return False
    return means_several(parse_time(ask.time), layer.time)


def means_several(query: TimeQuery, rules: TimeRules) -> bool:
    """Whether a time may stand for several published ones: a list, an interval, a month of a layer of days."""
    return len(query.members) > 1 or any(
        member.kind == "interval" or (member.kind == "single" and is_coarser(member, rules)) for member in query.members
    )


def dates(styled: StyledLayer, layer: Layer, grid: Grid, catalog: Catalog, limits: Limits, asked: str) -> list[str]:
    """The published times within those of a layer of a request that have a scene on the grid, oldest first.

    Args:
        styled: With all the times that were asked for.
        asked: The time as the client wrote it, for messages.

    Raises:
        TooLarge: More dates or scenes than a coverage may have; locator `time`.
        InvalidTime: No scene lies there then, and the layer does not want such times blank; locator `time`.
    """
    selection, box = styled.selection, ground_box(grid)
    most = limits.coverage_max_items
    items = (
        ()
        if box is None
        else catalog.search(
            selection.collection,
            bbox=box,
            times=selection.times,
            ids=selection.ids,
            max_cloud_cover=selection.max_cloud_cover,
            limit=most + 1,
        )
    )
    if len(items) > most:
        raise TooLarge(
            f"This area and time hold more than {most} scenes (limits.coverage_max_items). "
            "Ask a smaller area or a shorter time.",
            locator="time",
        )
    known = groups(catalog.moments(selection.collection), layer.time.resolution)
    usable = [item for item in items if item.time.start and any(band in item.assets for band in selection.bands)]
    found = {known.at(TimeSpan(item.time.start, item.time.start)) for item in usable}
    positions = sorted(position for position in found if position is not None)
    if len(positions) > limits.coverage_max_dates:
        raise TooLarge(
            f"{len(positions)} dates exceed the maximum {limits.coverage_max_dates} (limits.coverage_max_dates). "
            "Ask a shorter time, or image/tiff, which lays all dates over one another.",
            locator="time",
        )
    if not positions and layer.time.missing != "blank":
        raise InvalidTime(f'Coverage "{layer.name}" has no scene in this area within {shorten(asked)}.', locator="time")
    return [known.labels[position] for position in positions]
