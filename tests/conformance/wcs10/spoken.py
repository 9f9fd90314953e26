"""Requests of WCS 1.0.0 in its three bindings: keys by GET, keys by POST, XML by POST (OGC 03-065r6, clause 6)."""

from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from tests.conformance.wire import Answer, Cite

BINDINGS = ("get", "form", "xml")
NS = {"wcs": "http://www.opengis.net/wcs", "gml": "http://www.opengis.net/gml", "ogc": "http://www.opengis.net/ogc"}
_ROOT = 'xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml"'
Keys = Mapping[str, str | None]


class Speaker:
    """Sends the same request in one binding or another."""

    def __init__(self, cite: Cite, binding: str) -> None:
        self._cite, self.binding = cite, binding

    def __call__(self, operation: str, **keys: str | None) -> Answer:
        """Ask; None leaves a key out, also SERVICE and VERSION, which are there unless told otherwise."""
        pairs = {"SERVICE": "WCS", "VERSION": "1.0.0", "REQUEST": operation} | keys
        given = {key: value for key, value in pairs.items() if value is not None}
        if self.binding == "get":
            return self._cite.get("/wcs", **given)
        if self.binding == "form":
            return self._cite.post("/wcs", urlencode(given), "application/x-www-form-urlencoded")
        return self._cite.post("/wcs", document(given))


def document(keys: Mapping[str, str]) -> str:
    """A request as XML, by the keys that say the same."""
    operation = keys["REQUEST"]
    attributes = "".join(
        f" {name}={quoteattr(keys[name.upper()])}"
        for name in ("service", "version", "updateSequence")
        if name.upper() in keys
    )
    writer = {"GetCapabilities": _capabilities, "DescribeCoverage": _description, "GetCoverage": _coverage}[operation]
    return f"<{operation} {_ROOT}{attributes}>{writer(keys)}</{operation}>"


def _element(name: str, text: str | None, attributes: str = "") -> str:
    return "" if text is None else f"<{name}{attributes}>{text}</{name}>"


def _text(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def _capabilities(keys: Keys) -> str:
    return _text("section", keys.get("SECTION"))


def _description(keys: Keys) -> str:
    return "".join(_text("Coverage", name) for name in (keys.get("COVERAGE") or "").split(",") if name)


def _coverage(keys: Keys) -> str:
    return "".join(
        (
            _text("sourceCoverage", keys.get("COVERAGE")),
            _element("domainSubset", _spatial(keys) + _temporal(keys)),
            _range(keys),
            _text("interpolationMethod", keys.get("INTERPOLATION")),
            _element("output", _text("crs", keys.get("RESPONSE_CRS")) + _text("format", keys.get("FORMAT"))),
        )
    )


def _spatial(keys: Keys) -> str:
    corners = (keys.get("BBOX") or "").split(",")
    if len(corners) < 4:
        return ""
    crs = f" srsName={quoteattr(keys['CRS'])}" if keys.get("CRS") else ""
    corner = "".join(f"<gml:pos>{' '.join(pair)}</gml:pos>" for pair in (corners[:2], corners[2:4]))
    return f"<spatialSubset><gml:Envelope{crs}>{corner}</gml:Envelope>{_grid(keys)}</spatialSubset>"


def _grid(keys: Keys) -> str:
    """A size; the schema of documents has no way to tell a resolution alone."""
    if not keys.get("WIDTH"):
        return ""
    high = f"{int(keys['WIDTH']) - 1} {int(keys['HEIGHT']) - 1}"
    limits = f"<gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>{high}</gml:high></gml:GridEnvelope>"
    axes = "<gml:axisName>x</gml:axisName><gml:axisName>y</gml:axisName>"
    return f'<gml:Grid dimension="2"><gml:limits>{limits}</gml:limits>{axes}</gml:Grid>'


def _temporal(keys: Keys) -> str:
    members = [member for member in (keys.get("TIME") or "").split(",") if member]
    if not members:
        return ""
    spelled = ""
    for member in members:
        begin, _, end = member.partition("/")
        if end:
            spelled += f"<timePeriod>{_text('beginPosition', begin)}{_text('endPosition', end)}</timePeriod>"
        else:
            spelled += f"<gml:timePosition>{escape(begin)}</gml:timePosition>"
    return f"<temporalSubset>{spelled}</temporalSubset>"


def _range(keys: Keys) -> str:
    if not keys.get("BANDS"):
        return ""
    values = "".join(_text("singleValue", value) for value in keys["BANDS"].split(","))
    return f'<rangeSubset><axisSubset name="bands">{values}</axisSubset></rangeSubset>'
