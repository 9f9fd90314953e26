"""XML requests of WCS 1.0.0 as keys (OGC 03-065r6, 7.2.3, 8.2.3 and 9.2.3)."""

from collections.abc import Iterator

from lxml import etree

from bandstand.errors import InvalidParameter, shorten
from bandstand.model.exchange import Call
from bandstand.services.wcs.operations import OPERATIONS
from bandstand.services.wcs.tree import as_keys, children, find, local, refuse_strangers, text, texts

AXIS_KEYS = ("BANDS", "BAND")
"""Names of the axis of the range set, which is a parameter; the first one is published, in lower case."""
Pairs = Iterator[tuple[str, str]]


def from_xml(root: etree._Element, call: Call) -> Call:
    """The call with the keys that the document stands for.

    Raises:
        InvalidParameter: It is none of the three requests, or its grid cannot be read.
    """
    name = local(root)
    if name not in OPERATIONS:
        raise InvalidParameter(
            f'The body is a "{shorten(name)}"; expected one of {", ".join(OPERATIONS)}.', locator="body"
        )
    readers = {"GetCapabilities": _capabilities, "DescribeCoverage": _described, "GetCoverage": _coverage}
    # The namespace tells the version where the document may leave it out.
    version = root.get("version", "1.0.0" if name == "GetCapabilities" else "")
    pairs = [("REQUEST", name), ("SERVICE", root.get("service", "")), ("VERSION", version)]
    return as_keys(call, [*pairs, *readers[name](root)], replaced=("REQUEST", "VERSION", "SERVICE"))


def _capabilities(root: etree._Element) -> Pairs:
    yield "SECTION", text(root, "section")
    yield "UPDATESEQUENCE", root.get("updateSequence", "")


def _described(root: etree._Element) -> Pairs:
    yield "COVERAGE", ",".join(texts(root, "Coverage"))


def _coverage(root: etree._Element) -> Pairs:
    _refuse_strangers(root)
    yield "COVERAGE", text(root, "sourceCoverage")
    spatial = find(root, "domainSubset", "spatialSubset")
    envelope = find(spatial, "Envelope")
    if envelope is not None:
        yield "CRS", envelope.get("srsName", "")
        yield "BBOX", ",".join(number for pos in texts(envelope, "pos") for number in pos.split())
    yield from _size(spatial)
    yield "TIME", ",".join(_times(find(root, "domainSubset", "temporalSubset")))
    for axis in children(find(root, "rangeSubset"), "axisSubset"):
        yield _axis_name(axis), ",".join(_values(axis))
    yield "INTERPOLATION", text(root, "interpolationMethod")
    yield "RESPONSE_CRS", text(root, "output", "crs")
    yield "FORMAT", text(root, "output", "format")


def _refuse_strangers(root: etree._Element) -> None:
    """Refuse parts of a GetCoverage that are not read: outlines and levels among them."""
    refuse_strangers(root, "sourceCoverage", "domainSubset", "rangeSubset", "interpolationMethod", "output")
    domain, ranges = find(root, "domainSubset"), find(root, "rangeSubset")
    refuse_strangers(domain, "spatialSubset", "temporalSubset")
    refuse_strangers(find(domain, "spatialSubset"), "Envelope", "RectifiedGrid", "Grid")
    refuse_strangers(find(domain, "temporalSubset"), "timePosition", "timePeriod")
    refuse_strangers(ranges, "axisSubset")
    for axis in children(ranges, "axisSubset"):
        refuse_strangers(axis, "singleValue", "interval")
    refuse_strangers(find(root, "output"), "crs", "format")


def _axis_name(axis: etree._Element) -> str:
    name = axis.get("name", "").strip()
    if name.upper() not in AXIS_KEYS:
        raise InvalidParameter(
            f'axisSubset: there is no axis "{shorten(name)}"; there is: {AXIS_KEYS[0].lower()}.', locator="axisSubset"
        )
    return name


def _size(spatial: etree._Element | None) -> Pairs:
    """WIDTH and HEIGHT of the limits of a grid, else RESX and RESY of its offset vectors."""
    grid = find(spatial, "RectifiedGrid")
    grid = find(spatial, "Grid") if grid is None else grid
    envelope = find(grid, "limits", "GridEnvelope")
    low, high = text(envelope, "low").split(), text(envelope, "high").split()
    if len(low) == len(high) >= 2:
        for key, first, last in zip(("WIDTH", "HEIGHT"), low, high, strict=False):
            yield key, str(_whole(last) - _whole(first) + 1)
        return
    for key, place, vector in zip(("RESX", "RESY"), (0, 1), texts(grid, "offsetVector"), strict=False):
        numbers = vector.split()
        if len(numbers) > place:
            yield key, numbers[place].removeprefix("-")


def _whole(number: str) -> int:
    try:
        return int(number)
    except ValueError as error:
        raise InvalidParameter(
            f'GridEnvelope: "{shorten(number)}" is no whole number.', locator="GridEnvelope"
        ) from error


def _times(subset: etree._Element | None) -> Iterator[str]:
    for member in subset if subset is not None else ():
        if local(member) == "timePeriod":
            parts = [text(member, name) for name in ("beginPosition", "endPosition", "timeResolution")]
            yield "/".join(parts if parts[2] else parts[:2])
        else:
            yield text(member)


def _values(axis: etree._Element) -> Iterator[str]:
    for member in axis:
        if local(member) == "interval":
            yield "/".join((text(member, "min"), text(member, "max")))
        else:
            yield text(member)
