"""Which operation a request asks for, told before anybody reads it: for the log and the figures alone."""

import re

_NAMES = (
    "GetCapabilities", "GetMap", "GetFeatureInfo", "GetLegendGraphic", "DescribeLayer", "GetMetadata",
    "GetFeatureInfoSchema", "GetTile", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet", "ProcessCoverages",
)  # fmt: skip
_KNOWN = {name.casefold(): name for name in _NAMES} | {"capabilities": "GetCapabilities", "map": "GetMap"}
_KEY = re.compile(r"(?:^|&)request=(\w{1,40})", re.IGNORECASE | re.ASCII)
_ELEMENT = re.compile(rb"<(?:[\w.-]{1,40}:)?(\w{1,40})[\s/>]", re.ASCII)
_LOOKED_AT = 4096
_PAGES = frozenset({"static", "docs", "api"})


def operation_of(service: str, path: str, query: str, body: bytes = b"") -> str:
    """The operation in the standard's spelling.

    Args:
        service: Name of the service that is asked.
        path: Of the address.
        query: As it was sent.
        body: A document; its beginning is looked at.

    Returns:
        One of a fixed set; empty where it is none of them.
    """
    if service == "portal":
        root = path[1:].partition("/")[0]
        return root if root in _PAGES else "page"
    if service == "xyz":
        return "tilejson" if path.endswith("/tilejson.json") else "GetTile"
    found = _KEY.search(query)
    if found is not None:
        return _KNOWN.get(found[1].casefold(), "")
    if body:
        names = (match[1].decode("ascii").casefold() for match in _ELEMENT.finditer(body[:_LOOKED_AT]))
        return next((_KNOWN[name] for name in names if name in _KNOWN), "")
    return _of_path(path) if service == "wmts" else ""


def _of_path(path: str) -> str:
    """The operation of an address of WMTS without keys: feature info has two numbers more behind the tile."""
    if path.endswith("/WMTSCapabilities.xml"):
        return "GetCapabilities"
    parts = path.strip("/").split("/")
    if len(parts) < 8:
        return ""
    # Matrix (which may be no number), row and column of a tile; the pixel behind them.
    return "GetFeatureInfo" if _numbers(parts) >= 4 else "GetTile"


def _numbers(parts: list[str]) -> int:
    """How many parts of a path at its end are numbers."""
    count = 0
    for part in reversed(parts):
        if not part.partition(".")[0].isdecimal():
            break
        count += 1
    return count
