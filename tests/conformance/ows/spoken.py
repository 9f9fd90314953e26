"""The three map protocols as far as they are asked alike."""

from dataclasses import dataclass, field

from tests.conformance.wire import Answer, Cite


@dataclass(frozen=True)
class Protocol:
    """One version of one service."""

    name: str
    path: str
    service: str
    version: str
    picture: dict[str, str] = field(hash=False)
    """The keys of a picture."""
    root: str
    """Local name of its capabilities."""
    schema: str
    report_type: str
    """Media type of its reports by default."""
    report_schema: str
    mistakes: frozenset[int]
    """HTTP statuses that a client's mistake may have."""

    def ask(self, cite: Cite, request: str, **keys: object) -> Answer:
        """Ask with the keys that every request has."""
        return cite.get(self.path, **{"SERVICE": self.service, "VERSION": self.version, "REQUEST": request} | keys)

    def capabilities(self, cite: Cite, **keys: object) -> Answer:
        """Its capabilities."""
        return self.ask(cite, "GetCapabilities", **keys)

    def draw(self, cite: Cite, **changes: object) -> Answer:
        """Its picture with other keys, or (None) without some."""
        return self.ask(cite, "GetTile" if self.service == "WMTS" else "GetMap", **self.picture | changes)


_MAP = {"LAYERS": "Lakes", "STYLES": "", "WIDTH": "40", "HEIGHT": "20", "FORMAT": "image/png"}
_BOX = {"BBOX": "0,-0.002,0.004,0"}
_ANY = frozenset({200, 400, 404})
"""WMS says nothing of statuses: those whose body a client reads."""

PROTOCOLS = (
    Protocol(
        name="WMS 1.3.0",
        path="/wms",
        service="WMS",
        version="1.3.0",
        picture=_MAP | _BOX | {"CRS": "CRS:84"},
        root="WMS_Capabilities",
        schema="ogc/wms/1.3.0/capabilities_1_3_0.xsd",
        report_type="text/xml",
        report_schema="ogc/wms/1.3.0/exceptions_1_3_0.xsd",
        mistakes=_ANY,
    ),
    Protocol(
        name="WMS 1.1.1",
        path="/wms",
        service="WMS",
        version="1.1.1",
        picture=_MAP | _BOX | {"SRS": "EPSG:4326"},
        root="WMT_MS_Capabilities",
        schema="ogc/wms/1.1.1/capabilities_1_1_1.dtd",
        report_type="application/vnd.ogc.se_xml",
        report_schema="ogc/wms/1.1.1/exception_1_1_1.dtd",
        mistakes=_ANY,
    ),
    Protocol(
        name="WMTS 1.0.0",
        path="/wmts",
        service="WMTS",
        version="1.0.0",
        picture={
            "LAYER": "Lakes",
            "STYLE": "cite_lakes",
            "FORMAT": "image/png",
            "TILEMATRIXSET": "BlueLake",
            "TILEMATRIX": "0",
            "TILEROW": "1",
            "TILECOL": "1",
        },
        root="Capabilities",
        schema="ogc/wmts/1.0/wmts.xsd",
        report_type="text/xml",
        report_schema="ogc/ows/1.1.0/owsExceptionReport.xsd",
        mistakes=frozenset({400}),
    ),
)
