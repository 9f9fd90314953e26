"""How the three versions 1.1.x spell the same documents: namespaces, schemas, prefixes."""

from dataclasses import dataclass

VERSIONS = ("1.1.2", "1.1.1", "1.1.0")
"""Newest first."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """The spelling of one version."""

    version: str
    wcs: str
    """Namespace."""
    schemas: str
    """Address of the folder with its schemas."""
    ows: str
    """Namespace of OWS Common."""
    report_schema: str

    @property
    def owcs(self) -> str:
        """Namespace of what 1.1.0 added to OWS Common 1.0; OWS Common 1.1 took it over."""
        return f"{self.wcs}/ows" if self.version == "1.1.0" else self.ows

    @property
    def added(self) -> str:
        """The prefix of those elements."""
        return "owcs" if self.version == "1.1.0" else "ows"


_OWS11 = ("http://www.opengis.net/ows/1.1", "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd")
_OWS10 = ("http://www.opengis.net/ows", "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd")
_WCS11 = "http://www.opengis.net/wcs/1.1"
TONGUES = {
    "1.1.2": Tongue("1.1.2", _WCS11, "http://schemas.opengis.net/wcs/1.1", *_OWS11),
    "1.1.1": Tongue("1.1.1", f"{_WCS11}.1", "http://schemas.opengis.net/wcs/1.1.1", *_OWS11),
    "1.1.0": Tongue("1.1.0", _WCS11, "http://schemas.opengis.net/wcs/1.1.0", *_OWS10),
}
NAMESPACES = frozenset(tongue.wcs for tongue in TONGUES.values())
