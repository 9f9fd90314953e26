"""Requests of WCS 2.0.1 in its three bindings: keys (OGC 09-147r3), XML (09-148r1), SOAP (09-149r1)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from tests.conformance.wire import Answer, Cite

BINDINGS = ("kvp", "xml", "soap")
SOAP = "http://www.w3.org/2003/05/soap-envelope"
NS = {
    "wcs": "http://www.opengis.net/wcs/2.0",
    "ows": "http://www.opengis.net/ows/2.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "gmlcov": "http://www.opengis.net/gmlcov/1.0",
    "swe": "http://www.opengis.net/swe/2.0",
    "rsub": "http://www.opengis.net/wcs/range-subsetting/1.0",
    "scal": "http://www.opengis.net/WCS_service-extension_scaling/1.0",
    "int": "http://www.opengis.net/WCS_service-extension_interpolation/1.0",
    "crs": "http://www.opengis.net/wcs/crs/1.0",
    "proc": "http://www.opengis.net/wcs/processing/2.0",
    "wcseo": "http://www.opengis.net/wcs/wcseo/1.0",
    "eop": "http://www.opengis.net/eop/2.0",
    "om": "http://www.opengis.net/om/2.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "soap": SOAP,
}
_SPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items() if prefix != "soap")
_PREFIXES = {"ProcessCoverages": "proc", "DescribeEOCoverageSet": "wcseo"}
_LISTS = {
    "ACCEPTVERSIONS": ("ows:AcceptVersions", "ows:Version"),
    "SECTIONS": ("ows:Sections", "ows:Section"),
    "ACCEPTFORMATS": ("ows:AcceptFormats", "ows:OutputFormat"),
}
_PART = re.compile(r"([^,(]+)\(([^)]*)\)")
Value = str | Sequence[str] | None
Keys = Mapping[str, Value]


class Speaker:
    """Sends the same request in one binding or another."""

    def __init__(self, cite: Cite, binding: str) -> None:
        self._cite, self.binding = cite, binding

    def __call__(self, operation: str, **keys: Value) -> Answer:
        """Ask, in the words of keys; SERVICE and VERSION are there unless told otherwise, None leaves a key out.

        Returns:
            The answer; a document that came in an envelope is taken out of it.
        """
        known = {"SERVICE": "WCS", "REQUEST": operation}
        known |= {} if operation == "GetCapabilities" else {"VERSION": "2.0.1"}
        given = {key: value for key, value in (known | keys).items() if value is not None}
        if self.binding == "kvp":
            return self._cite.get("/wcs", **given)
        return self.send(document(given))

    def send(self, text: str) -> Answer:
        """Send a document as it is."""
        if self.binding != "soap":
            return self._cite.post("/wcs", text)
        envelope = f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{text}</soap:Body></soap:Envelope>'
        return unwrapped(self._cite.post("/wcs", envelope, "application/soap+xml"))


def unwrapped(answer: Answer) -> Answer:
    """The answer without its envelope; what came with attachments stays as it is."""
    if answer.media_type == "multipart/related":
        return answer
    assert answer.media_type == "application/soap+xml", answer.body
    (inside,) = answer.root.find(f"{{{SOAP}}}Body")
    media_type = "application/xml"
    if inside.tag == f"{{{SOAP}}}Fault":
        # The client's mistake: a Sender fault, with the report in its detail (09-149r1).
        assert inside.findtext("soap:Code/soap:Value", namespaces=NS).endswith(":Sender")
        (inside,) = inside.find("soap:Detail", NS)
        media_type = "text/xml"
    return replace(answer, headers=answer.headers | {"Content-Type": media_type}, body=etree.tostring(inside))


def document(keys: Keys) -> str:
    """A request as XML, by the keys that say the same."""
    operation = keys["REQUEST"]
    prefix = _PREFIXES.get(operation, "wcs")
    attributes = "".join(
        f" {name}={quoteattr(keys[name.upper()])}"
        for name in ("service", "version", "updateSequence", "count")
        if name.upper() in keys
    )
    writer = {
        "GetCapabilities": _capabilities,
        "DescribeCoverage": _description,
        "GetCoverage": _coverage,
        "ProcessCoverages": lambda keys: _text("proc:query", keys.get("QUERY")),
        "DescribeEOCoverageSet": _coverage_set,
    }[operation]
    return f"<{prefix}:{operation} {_SPACES}{attributes}>{writer(keys)}</{prefix}:{operation}>"


def _text(name: str, text: Value) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def _several(value: Value) -> Sequence[str]:
    return [value] if isinstance(value, str) else value or []


def _capabilities(keys: Keys) -> str:
    return "".join(
        f"<{outer}>{''.join(_text(inner, part) for part in keys[key].split(','))}</{outer}>"
        for key, (outer, inner) in _LISTS.items()
        if key in keys
    )


def _description(keys: Keys) -> str:
    return "".join(_text("wcs:CoverageId", name) for name in keys.get("COVERAGEID", "").split(",") if name)


def _coverage(keys: Keys) -> str:
    extension = "".join(writer(text) for key, writer in _EXTENSIONS.items() for text in _several(keys.get(key)))
    return (
        (f"<wcs:Extension>{extension}</wcs:Extension>" if extension else "")
        + _text("wcs:CoverageId", keys.get("COVERAGEID"))
        + "".join(_dimension(text) for text in _several(keys.get("SUBSET")))
        + _text("wcs:format", keys.get("FORMAT"))
        + _text("wcs:mediaType", keys.get("MEDIATYPE"))
    )


def _coverage_set(keys: Keys) -> str:
    sections = "".join(_text("wcseo:Section", part) for part in keys.get("SECTIONS", "").split(",") if part)
    return (
        "".join(_text("wcseo:eoId", name) for name in keys.get("EOID", "").split(",") if name)
        + _text("wcseo:containment", keys.get("CONTAINMENT"))
        + (f"<wcseo:Sections>{sections}</wcseo:Sections>" if sections else "")
        + "".join(_dimension(text) for text in _several(keys.get("SUBSET")))
    )


def _dimension(text: str) -> str:
    axis, _, inside = text.removesuffix(")").partition("(")
    low, comma, high = inside.replace('"', "").partition(",")
    if not comma:
        return f"<wcs:DimensionSlice>{_text('wcs:Dimension', axis)}{_text('wcs:SlicePoint', low)}</wcs:DimensionSlice>"
    ends = "".join(_text(name, end) for name, end in (("wcs:TrimLow", low), ("wcs:TrimHigh", high)) if end != "*")
    return f"<wcs:DimensionTrim>{_text('wcs:Dimension', axis)}{ends}</wcs:DimensionTrim>"


def _range(text: str) -> str:
    items = ""
    for part in text.split(","):
        first, colon, last = part.partition(":")
        if colon:
            ends = _text("rsub:startComponent", first) + _text("rsub:endComponent", last)
            items += f"<rsub:RangeItem><rsub:RangeInterval>{ends}</rsub:RangeInterval></rsub:RangeItem>"
        else:
            items += f"<rsub:RangeItem>{_text('rsub:RangeComponent', first)}</rsub:RangeItem>"
    return f"<rsub:RangeSubset>{items}</rsub:RangeSubset>"


def _factor(text: str) -> str:
    inside = _text("scal:scaleFactor", text)
    return f"<scal:Scaling><scal:ScaleByFactor>{inside}</scal:ScaleByFactor></scal:Scaling>"


def _axes(outer: str, inner: str, *names: str) -> Callable[[str], str]:
    def write(text: str) -> str:
        members = ""
        for axis, value in _PART.findall(text):
            values = "".join(_text(f"scal:{n}", v) for n, v in zip(names, value.split(":"), strict=True))
            members += f"<scal:{inner}>{_text('scal:axis', axis)}{values}</scal:{inner}>"
        return f"<scal:Scaling><scal:{outer}>{members}</scal:{outer}></scal:Scaling>"

    return write


_EXTENSIONS: Mapping[str, Callable[[str], str]] = {
    "RANGESUBSET": _range,
    "SCALEFACTOR": _factor,
    "SCALEAXES": _axes("ScaleAxesByFactor", "ScaleAxis", "scaleFactor"),
    "SCALESIZE": _axes("ScaleToSize", "TargetAxisSize", "targetSize"),
    "SCALEEXTENT": _axes("ScaleToExtent", "TargetAxisExtent", "low", "high"),
    "INTERPOLATION": lambda text: f"<int:Interpolation>{_text('int:globalInterpolation', text)}</int:Interpolation>",
    "SUBSETTINGCRS": lambda text: _text("crs:subsettingCrs", text),
    "OUTPUTCRS": lambda text: _text("crs:outputCrs", text),
}
