"""XML requests of WCS 1.1.x as keys (OGC 07-067r5, 8.2.3, 9.2.3 and 10.2.2)."""

from collections.abc import Iterator

from lxml import etree

from bandstand.errors import InvalidParameter, MissingParameter, shorten
from bandstand.model.crs import CRS84
from bandstand.model.exchange import Call
from bandstand.services.wcs.operations import OPERATIONS
from bandstand.services.wcs.tree import as_keys, children, find, local, refuse_strangers, text, texts

Pairs = Iterator[tuple[str, str]]


def from_xml(root: etree._Element, call: Call) -> Call:
    """The call with the keys that the document stands for.

    Raises:
        InvalidParameter: It is none of the three requests, or a field has not just one name.
        MissingParameter: A period of time without its begin or end.
    """
    name = local(root)
    if name not in OPERATIONS:
        raise InvalidParameter(
            f'The body is a "{shorten(name)}"; expected one of {", ".join(OPERATIONS)}.', locator="body"
        )
    readers = {"GetCapabilities": _capabilities, "DescribeCoverage": _described, "GetCoverage": _coverage}
    pairs = [("REQUEST", name), ("SERVICE", root.get("service", "")), ("VERSION", root.get("version", ""))]
    return as_keys(call, [*pairs, *readers[name](root)], replaced=("REQUEST", "VERSION", "SERVICE"))


def _capabilities(root: etree._Element) -> Pairs:
    versions = texts(find(root, "AcceptVersions"), "Version")
    # The namespace tells 1.1, so a request without versions means ours.
    yield "ACCEPTVERSIONS", ",".join(versions) or ("1.1.1" if _is_111(root) else "1.1.2")
    yield "SECTIONS", ",".join(texts(find(root, "Sections"), "Section"))
    yield "ACCEPTFORMATS", ",".join(texts(find(root, "AcceptFormats"), "OutputFormat"))
    yield "UPDATESEQUENCE", root.get("updateSequence", "")


def _is_111(root: etree._Element) -> bool:
    return (etree.QName(root).namespace or "").endswith("/1.1.1")


def _described(root: etree._Element) -> Pairs:
    yield "IDENTIFIERS", ",".join(texts(root, "Identifier"))


def _coverage(root: etree._Element) -> Pairs:
    _refuse_strangers(root)
    yield "IDENTIFIER", text(root, "Identifier")
    box, crs = find(root, "DomainSubset", "BoundingBox"), ""
    if box is None:
        box, crs = find(root, "DomainSubset", "WGS84BoundingBox"), CRS84.urn
    if box is not None:
        numbers = f"{text(box, 'LowerCorner')} {text(box, 'UpperCorner')}".split()
        yield "BOUNDINGBOX", ",".join(filter(None, [*numbers, box.get("crs", crs)]))
    yield "TIMESEQUENCE", ",".join(_times(find(root, "DomainSubset", "TemporalSubset")))
    yield "RANGESUBSET", ";".join(_field(field) for field in children(find(root, "RangeSubset"), "FieldSubset"))
    output = find(root, "Output")
    if output is not None:
        yield "FORMAT", output.get("format", "")
        yield "STORE", output.get("store", "")
    grid = find(output, "GridCRS")
    for name in ("GridBaseCRS", "GridType", "GridCS"):
        yield name.upper(), text(grid, name)
    for name in ("GridOrigin", "GridOffsets"):
        yield name.upper(), ",".join(text(grid, name).split())


def _refuse_strangers(root: etree._Element) -> None:
    """Refuse parts of a GetCoverage that are not read."""
    refuse_strangers(root, "Identifier", "DomainSubset", "RangeSubset", "Output")
    domain, ranges = find(root, "DomainSubset"), find(root, "RangeSubset")
    refuse_strangers(domain, "BoundingBox", "WGS84BoundingBox", "TemporalSubset")
    refuse_strangers(find(domain, "TemporalSubset"), "timePosition", "TimePeriod")
    refuse_strangers(ranges, "FieldSubset")
    for field in children(ranges, "FieldSubset"):
        refuse_strangers(field, "Identifier", "InterpolationType", "AxisSubset")
        for axis in children(field, "AxisSubset"):
            refuse_strangers(axis, "Identifier", "Key")
    output = find(root, "Output")
    refuse_strangers(output, "GridCRS")
    refuse_strangers(
        find(output, "GridCRS"), "srsName", "GridBaseCRS", "GridType", "GridOrigin", "GridCS", "GridOffsets"
    )


def _times(subset: etree._Element | None) -> Iterator[str]:
    for member in subset if subset is not None else ():
        if local(member) != "TimePeriod":
            yield text(member)
            continue
        begin, end, step = (text(member, name) for name in ("BeginPosition", "EndPosition", "TimeResolution"))
        if not (begin and end):
            missing = "BeginPosition" if not begin else "EndPosition"
            raise MissingParameter(f"{missing} is missing; a TimePeriod needs both ends.", locator=missing)
        yield "/".join((begin, end, step) if step else (begin, end))


def _field(field: etree._Element) -> str:
    """A field as RANGESUBSET spells it; what stands there empty is kept, so that it is missed later."""
    names, methods = texts(field, "Identifier"), texts(field, "InterpolationType")
    if len(names) != 1 or len(methods) > 1:
        raise InvalidParameter(
            f"A FieldSubset has {len(names)} Identifiers and {len(methods)} InterpolationTypes; give one field each.",
            locator="RANGESUBSET",
        )
    axes = [f"{text(axis, 'Identifier')}[{','.join(texts(axis, 'Key'))}]" for axis in children(field, "AxisSubset")]
    spelled = names[0] + "".join(f":{method}" for method in methods)
    return f"{spelled}[{','.join(axes)}]" if axes else spelled
