"""Requests of WCS 1.1.1 by keys and as XML (OGC 07-067r5, clauses 8 to 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from tests.conformance.wire import Answer, Cite

BINDINGS = ("get", "xml")
NS = {
    "wcs": "http://www.opengis.net/wcs/1.1.1",
    "ows": "http://www.opengis.net/ows/1.1",
    "gml": "http://www.opengis.net/gml",
    "xlink": "http://www.w3.org/1999/xlink",
}
_ROOT = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
_LISTS = {"ACCEPTVERSIONS": ("AcceptVersions", "Version"), "SECTIONS": ("Sections", "Section")}
_LISTS |= {"ACCEPTFORMATS": ("AcceptFormats", "OutputFormat")}


@dataclass(frozen=True)
class Field:
    """A field that is asked for, with what RANGESUBSET can say of it."""

    name: str
    method: str | None = None
    axis: str | None = None
    keys: tuple[str, ...] = ()


Value = str | Sequence[Field] | None
Keys = Mapping[str, Value]


class Speaker:
    """Sends the same request in one binding or the other."""

    def __init__(self, cite: Cite, binding: str) -> None:
        self._cite, self.binding = cite, binding

    def __call__(self, operation: str, **keys: Value) -> Answer:
        """Ask; None leaves a key out, also SERVICE and VERSION, which are there unless told otherwise."""
        known = {"SERVICE": "WCS", "REQUEST": operation}
        known |= {"ACCEPTVERSIONS": "1.1.1"} if operation == "GetCapabilities" else {"VERSION": "1.1.1"}
        given = {key: value for key, value in (known | keys).items() if value is not None}
        if self.binding == "xml":
            return self._cite.post("/wcs", document(given))
        spelled = {key: value if isinstance(value, str) else spelled_fields(value) for key, value in given.items()}
        return self._cite.get("/wcs", **spelled)


def spelled_fields(fields: Sequence[Field]) -> str:
    """RANGESUBSET."""
    return ";".join(
        field.name
        + (f":{field.method}" if field.method is not None else "")
        + (f"[{field.axis}[{','.join(field.keys)}]]" if field.axis else "")
        for field in fields
    )


def document(keys: Keys) -> str:
    """A request as XML, by the keys that say the same."""
    operation = keys["REQUEST"]
    attributes = "".join(
        f" {name}={quoteattr(keys[name.upper()])}"
        for name in ("service", "version", "updateSequence")
        if name.upper() in keys
    )
    writer = {"GetCapabilities": _capabilities, "DescribeCoverage": _description, "GetCoverage": _coverage}[operation]
    return f"<wcs:{operation} {_ROOT}{attributes}>{writer(keys)}</wcs:{operation}>"


def _text(name: str, text: Value, attributes: str = "") -> str:
    return "" if text is None else f"<{name}{attributes}>{escape(text)}</{name}>"


def _capabilities(keys: Keys) -> str:
    spelled = ""
    for key, (outer, inner) in _LISTS.items():
        if key in keys:
            spelled += (
                f"<ows:{outer}>{''.join(_text(f'ows:{inner}', part) for part in keys[key].split(','))}</ows:{outer}>"
            )
    return spelled


def _description(keys: Keys) -> str:
    return "".join(
        _text("wcs:Identifier", name) for name in keys.get("IDENTIFIERS", "").split(",") if "IDENTIFIERS" in keys
    )


def _coverage(keys: Keys) -> str:
    return _text("ows:Identifier", keys.get("IDENTIFIER")) + _domain(keys) + _fields(keys) + _output(keys)


def _domain(keys: Keys) -> str:
    box = ""
    if "BOUNDINGBOX" in keys:
        *corners, crs = keys["BOUNDINGBOX"].split(",")
        lower, upper = _text("ows:LowerCorner", " ".join(corners[:2])), _text("ows:UpperCorner", " ".join(corners[2:]))
        box = f"<ows:BoundingBox crs={quoteattr(crs)}>{lower}{upper}</ows:BoundingBox>"
    return f"<wcs:DomainSubset>{box}{_times(keys)}</wcs:DomainSubset>"


def _times(keys: Keys) -> str:
    spelled = ""
    for member in keys.get("TIMESEQUENCE", "").split(","):
        ends = member.split("/")
        if len(ends) == 1:
            spelled += _text("gml:timePosition", member) if member else ""
            continue
        names = ("wcs:BeginPosition", "wcs:EndPosition", "wcs:TimeResolution")
        parts = "".join(_text(name, end) for name, end in zip(names, ends, strict=False) if end)
        spelled += f'<wcs:TimePeriod frame="#ISO-8601">{parts}</wcs:TimePeriod>'
    return f"<wcs:TemporalSubset>{spelled}</wcs:TemporalSubset>" if spelled else ""


def _fields(keys: Keys) -> str:
    spelled = ""
    for field in keys.get("RANGESUBSET", ()):
        axis = ""
        if field.axis:
            members = "".join(_text("wcs:Key", key) for key in field.keys)
            axis = f"<wcs:AxisSubset>{_text('wcs:Identifier', field.axis)}{members}</wcs:AxisSubset>"
        inside = _text("ows:Identifier", field.name) + _text("wcs:InterpolationType", field.method) + axis
        spelled += f"<wcs:FieldSubset>{inside}</wcs:FieldSubset>"
    return f"<wcs:RangeSubset>{spelled}</wcs:RangeSubset>" if spelled else ""


def _output(keys: Keys) -> str:
    attributes = "".join(
        f" {name}={quoteattr(keys[name.upper()])}" for name in ("format", "store") if name.upper() in keys
    )
    names = ("GridBaseCRS", "GridType", "GridOrigin", "GridOffsets")
    parts = "".join(
        _text(f"wcs:{name}", keys[name.upper()].replace(",", " ")) for name in names if name.upper() in keys
    )
    return f"<wcs:Output{attributes}>{f'<wcs:GridCRS>{parts}</wcs:GridCRS>' if parts else ''}</wcs:Output>"
