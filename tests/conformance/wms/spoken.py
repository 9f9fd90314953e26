"""WMS as a client of one of its versions speaks it."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree
from tests.conformance.wire import Answer, Cite

HREF = "{http://www.w3.org/1999/xlink}href"
LAKE_BOX = (0.0, -0.002, 0.004, 0.0)
"""Around the lake; free of it along the west and in the north-east."""


@dataclass(frozen=True)
class Wms:
    """One version."""

    cite: Cite
    version: str

    @property
    def is_13(self) -> bool:
        """Whether it is 1.3.0."""
        return self.version == "1.3.0"

    @property
    def crs(self) -> str:
        """Key of the reference system."""
        return "CRS" if self.is_13 else "SRS"

    @property
    def lonlat(self) -> str:
        """The reference system with longitude first."""
        return "CRS:84" if self.is_13 else "EPSG:4326"

    @property
    def report_type(self) -> str:
        """Media type of its reports."""
        return "text/xml" if self.is_13 else "application/vnd.ogc.se_xml"

    @property
    def report_schema(self) -> str:
        """Of its reports."""
        return "ogc/wms/1.3.0/exceptions_1_3_0.xsd" if self.is_13 else "ogc/wms/1.1.1/exception_1_1_1.dtd"

    def exceptions(self, name: str) -> str:
        """Its word for EXCEPTIONS: of `XML`, `INIMAGE` or `BLANK`."""
        return name if self.is_13 else f"application/vnd.ogc.se_{name.lower()}"

    def ask(self, request: str, **keys: object) -> Answer:
        """Any operation."""
        return self.cite.get("/wms", **{"SERVICE": "WMS", "VERSION": self.version, "REQUEST": request} | keys)

    def map_keys(self, bounds: Sequence[float] | str = LAKE_BOX, size=(200, 100), **changes: object) -> dict:
        """The keys of a map of the lakes; None leaves one out."""
        text = bounds if isinstance(bounds, str) else ",".join(map(repr, bounds))
        keys = {"LAYERS": "Lakes", "STYLES": "", self.crs: self.lonlat, "BBOX": text}
        return keys | {"WIDTH": size[0], "HEIGHT": size[1], "FORMAT": "image/png"} | changes

    def map(self, bounds: Sequence[float] | str = LAKE_BOX, size=(200, 100), **changes: object) -> Answer:
        """A map."""
        return self.ask("GetMap", **self.map_keys(bounds, size, **changes))

    def info(self, i: object, j: object, layers="Lakes", bounds=LAKE_BOX, size=(200, 100), **changes: object) -> Answer:
        """What lies under a pixel; in plain text."""
        pixel = {"I": i, "J": j} if self.is_13 else {"X": i, "Y": j}
        asked = {"LAYERS": layers, "QUERY_LAYERS": layers, "INFO_FORMAT": "text/plain"} | pixel
        return self.ask("GetFeatureInfo", **self.map_keys(bounds, size) | asked | changes)

    @functools.cached_property
    def document(self) -> etree._Element:
        """Its capabilities."""
        return self.ask("GetCapabilities").root

    @property
    def root_layer(self) -> etree._Element:
        """The layer of all layers."""
        (layer,) = self.document.findall("{*}Capability/{*}Layer")
        return layer

    @property
    def layers(self) -> list[etree._Element]:
        """The layers with a name."""
        return [layer for layer in self.document.iter("{*}Layer") if layer.find("{*}Name") is not None]

    def layer(self, name: str) -> etree._Element:
        """A layer by its name."""
        (layer,) = [layer for layer in self.layers if layer.findtext("{*}Name") == name]
        return layer

    def formats(self, operation: str) -> list[str]:
        """What an operation answers in."""
        return [one.text for one in self.document.findall(f"{{*}}Capability/{{*}}Request/{{*}}{operation}/{{*}}Format")]

    def systems(self, layer: etree._Element) -> list[str]:
        """Reference systems that a layer tells itself."""
        return [one.text for one in layer.findall(f"{{*}}{self.crs}")]

    def boxes(self, layer: etree._Element) -> list[tuple[str, tuple[float, ...]]]:
        """Reference system and bounds of each box that a layer tells itself."""
        sides = ("minx", "miny", "maxx", "maxy")
        found = layer.findall("{*}BoundingBox")
        return [(one.get(self.crs), tuple(float(one.get(side)) for side in sides)) for one in found]

    def geographic(self, layer: etree._Element) -> tuple[float, ...] | None:
        """West, south, east, north of a layer as it tells itself."""
        if not self.is_13:
            found = layer.find("{*}LatLonBoundingBox")
            return None if found is None else tuple(float(found.get(k)) for k in ("minx", "miny", "maxx", "maxy"))
        found = layer.find("{*}EX_GeographicBoundingBox")
        names = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
        return None if found is None else tuple(float(found.findtext(f"{{*}}{name}")) for name in names)


def family(layer: etree._Element) -> list[etree._Element]:
    """A layer, then the layers above it, from which it inherits."""
    return [layer, *layer.iterancestors("{*}Layer")]


def code(answer: Answer) -> str | None:
    """The code of the one exception of a report; fails where the answer is no report."""
    ((found, _),) = answer.faults
    return found
