"""XML requests as keys (OGC 09-148r1): read by local names, since published schemas and clients differ in the rest."""

from collections.abc import Callable, Iterator, Mapping

from lxml import etree

from bandstand.errors import BadRequest, InvalidParameter, TooLarge, UnknownOperation, shorten
from bandstand.model.exchange import MOST_KEYS
from bandstand.services.ows.foreign import foreign_key, is_harmless
from bandstand.services.ows.spellings import SPELLINGS
from bandstand.services.wcs.v20.geotiff import KEYS as GEOTIFF_KEYS

Pair = tuple[str, str]
"""A key and its value, as KVP has them."""

OPERATIONS = ("GetCapabilities", "DescribeCoverage", "GetCoverage", "ProcessCoverages", "DescribeEOCoverageSet")


class InvalidEncodingSyntax(BadRequest):
    """A document that is none of the requests (OGC 09-148r1, table 1)."""


def keys_of(root: etree._Element) -> tuple[Pair, ...]:
    """The parameters of a request document.

    Args:
        root: `GetCapabilities`, `GetCoverage`, …; namespaces do not matter, nor does the order of the children.

    Raises:
        UnknownOperation: The root names no operation.
        InvalidEncodingSyntax: A part that no such request has.
        TooLarge: More parameters than are read; locator `body`.
    """
    operation = _local(root)
    known = next((name for name in OPERATIONS if name.casefold() == operation), None)
    if known is None:
        raise UnknownOperation(
            f'The document "{shorten(etree.QName(root).localname)}" is no request; there are {", ".join(OPERATIONS)}.',
            locator="REQUEST",
        )
    pairs = [("REQUEST", known)]
    pairs += [
        (name.upper(), text)
        for name in ("service", "version", "updateSequence", "count")
        if (text := root.get(name, "").strip())
    ]
    readers = _READERS[known]
    for child in _children(root):
        reader = readers.get(_local(child))
        if reader is None:
            raise _strange(child, root)
        pairs += reader(child)
    return _joined(pairs)


_JOINED = frozenset({"ACCEPTVERSIONS", "ACCEPTFORMATS", "ACCEPTLANGUAGES", "SECTIONS", "EOID"})
"""Keys of KVP whose values are lists."""


def _joined(pairs: list[Pair]) -> tuple[Pair, ...]:
    """Values of one list-valued key in one pair; coverage ids are a list where descriptions are asked for.

    Raises:
        TooLarge: More keys than any request may have.
    """
    listed = _JOINED | ({"COVERAGEID"} if ("REQUEST", "DescribeCoverage") in pairs else set())
    members: dict[str, list[str]] = {}
    found: list[tuple[str, list[str]]] = []
    for key, value in pairs:
        if key in members:
            members[key].append(value)
            continue
        values = [value]
        found.append((key, values))
        if key in listed:
            members[key] = values
    if len(found) > MOST_KEYS:
        raise TooLarge(f"The document comes to {len(found)} parameters; at most {MOST_KEYS} are read.", locator="body")
    return tuple((key, ",".join(values)) for key, values in found)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname.casefold()


def _children(element: etree._Element) -> list[etree._Element]:
    return [child for child in element if isinstance(child.tag, str)]


def _text(element: etree._Element) -> str:
    if _children(element):
        raise InvalidEncodingSyntax(
            f'"{shorten(etree.QName(element).localname)}" holds elements where a text is expected.', locator="body"
        )
    return (element.text or "").strip()


def _strange(child: etree._Element, parent: etree._Element) -> InvalidEncodingSyntax:
    name, within = (shorten(etree.QName(element).localname) for element in (child, parent))
    return InvalidEncodingSyntax(f'"{name}" has no place within "{within}".', locator="body")


def _part(element: etree._Element, name: str) -> str:
    """The text of a child.

    Raises:
        InvalidEncodingSyntax: There is none, or more than one.
    """
    found = [child for child in _children(element) if _local(child) == name.casefold()]
    if len(found) == 1:
        return _text(found[0])
    if found:
        raise InvalidEncodingSyntax(
            f'"{shorten(etree.QName(element).localname)}" has {len(found)} times "{name}".', locator="body"
        )
    raise InvalidEncodingSyntax(f'"{shorten(etree.QName(element).localname)}" lacks "{name}".', locator="body")


Reader = Callable[[etree._Element], Iterator[Pair]]  # noqa: SLF001 - lxml names its elements so


def _leaf(key: str) -> Reader:
    """An element whose text is the value of a key."""

    def read(element: etree._Element) -> Iterator[Pair]:
        yield key, _text(element)

    return read


def _members(key: str) -> Reader:
    """An element whose children are the members of a list."""

    def read(element: etree._Element) -> Iterator[Pair]:
        for child in _children(element):
            yield key, _text(child)

    return read


def _trim(element: etree._Element) -> Iterator[Pair]:
    there = {_local(child) for child in _children(element)}
    low, high = ((_part(element, name) if name.casefold() in there else "") or "*" for name in ("TrimLow", "TrimHigh"))
    yield "SUBSET", f"{_dimension(element)}({low},{high})"


def _slice(element: etree._Element) -> Iterator[Pair]:
    yield "SUBSET", f"{_dimension(element)}({_part(element, 'SlicePoint')})"


def _dimension(element: etree._Element) -> str:
    """The axis, with the CRS of its numbers where one is given (as WCS 2.0.0 had it)."""
    name = _part(element, "Dimension")
    crs = next((child.get("crs", "") for child in _children(element) if _local(child) == "dimension"), "")
    return f"{name},{crs}" if crs else name


def _extension(element: etree._Element) -> Iterator[Pair]:
    """What extensions add; a text that none of them knows is one of our own keys (`EXPR`, `TIME`, …).

    Raises:
        InvalidEncodingSyntax: Nothing is known of it: an answer without it may not be the one asked for.
    """
    for child in _children(element):
        name = _local(child)
        reader = _EXTENSIONS.get(name)
        if reader is not None:
            yield from reader(child)
        elif not _children(child) and _is_key(name):
            # Keys of other servers are refused where those of the address are.
            yield etree.QName(child).localname, _text(child)
        else:
            raise _strange(child, element)


def _is_key(name: str) -> bool:
    return (
        name in SPELLINGS
        or name in GEOTIFF_KEYS
        or name == "time"
        or foreign_key(name) is not None
        or is_harmless(name)
    )


def _axes(key: str, *values: str) -> Reader:
    """Scaling along axes: every child has an axis and a value, or the ends of an interval."""

    def read(element: etree._Element) -> Iterator[Pair]:
        parts = (
            f"{_part(child, 'axis')}({':'.join(_part(child, value) for value in values)})"
            for child in _children(element)
        )
        yield key, ",".join(parts)

    return read


def _factor(element: etree._Element) -> Iterator[Pair]:
    yield "SCALEFACTOR", _part(element, "scaleFactor")


def _range(element: etree._Element) -> Iterator[Pair]:
    """`RangeItem`s: components and intervals of components (OGC 12-040)."""
    members = []
    for item in _children(element):
        for child in _children(item):
            if _local(child) == "rangeinterval":
                members.append(f"{_part(child, 'startComponent')}:{_part(child, 'endComponent')}")
            elif _local(child) == "rangecomponent":
                members.append(_text(child))
            else:
                raise _strange(child, item)
    yield "RANGESUBSET", ",".join(members)


def _interpolation(element: etree._Element) -> Iterator[Pair]:
    """One method for all axes, or one for each: `axis:method`, as KVP has it (OGC 12-049)."""
    members = []
    for child in _children(element):
        name = _local(child)
        if name == "globalinterpolation":
            yield "INTERPOLATION", _text(child)
        elif name == "interpolationperaxis":
            members.append(f"{_part(child, 'axis')}:{_part(child, 'interpolationMethod')}")
        elif name == "interpolationaxes":
            members += [f"{axis.get('axis', '')}:{axis.get('interpolationMethod', '')}" for axis in _children(child)]
        else:
            raise _strange(child, element)
    if members:
        yield "INTERPOLATION", ",".join(members)


def _geotiff(element: etree._Element) -> Iterator[Pair]:
    """`geotiff:parameters` (OGC 12-100r1)."""
    for child in _children(element):
        yield f"GEOTIFF:{_local(child).upper()}", _text(child)


_EXTENSIONS: Mapping[str, Reader] = {
    "scaling": _extension,
    "scalebyfactor": _factor,
    "scaleaxesbyfactor": _axes("SCALEAXES", "scaleFactor"),
    "scaletosize": _axes("SCALESIZE", "targetSize"),
    "scaletoextent": _axes("SCALEEXTENT", "low", "high"),
    "rangesubset": _range,
    "interpolation": _interpolation,
    "subsettingcrs": _leaf("SUBSETTINGCRS"),
    "outputcrs": _leaf("OUTPUTCRS"),
    "parameters": _geotiff,
}
_SUBSETS: Mapping[str, Reader] = {"dimensiontrim": _trim, "dimensionslice": _slice, "extension": _extension}
_READERS: Mapping[str, Mapping[str, Reader]] = {
    "GetCapabilities": {
        "acceptversions": _members("ACCEPTVERSIONS"),
        "acceptformats": _members("ACCEPTFORMATS"),
        "acceptlanguages": _members("ACCEPTLANGUAGES"),
        "sections": _members("SECTIONS"),
        "extension": _extension,
    },
    "DescribeCoverage": {"coverageid": _leaf("COVERAGEID"), "extension": _extension},
    "GetCoverage": {
        "coverageid": _leaf("COVERAGEID"),
        "format": _leaf("FORMAT"),
        "mediatype": _leaf("MEDIATYPE"),
        **_SUBSETS,
    },
    "ProcessCoverages": {"query": _leaf("QUERY"), "extraparameter": _leaf("EXTRAPARAMETER"), "extension": _extension},
    "DescribeEOCoverageSet": {
        "eoid": _leaf("EOID"),
        "containment": _leaf("CONTAINMENT"),
        "sections": _members("SECTIONS"),
        **_SUBSETS,
    },
}


def with_keys(pairs: tuple[Pair, ...], args: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """The parameters of a document and of the address it was posted to: the document counts where both speak."""
    said = {key.casefold() for key, _ in pairs}
    return (*pairs, *((key, value) for key, value in args if key.casefold() not in said))


def checked(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    """The same, if the document names its service and, but for GetCapabilities, its version.

    Raises:
        InvalidParameter: A version that is none of ours.
    """
    keys = dict(pairs)
    if keys["REQUEST"] != "GetCapabilities" and keys.get("VERSION", "2.0.1")[:4] != "2.0.":
        raise InvalidParameter(
            f'The document has version "{shorten(keys["VERSION"])}"; its namespace is that of 2.0.1.', locator="VERSION"
        )
    return pairs
