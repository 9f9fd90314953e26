"""WMTS as a client speaks it: by keys and values, and by path."""

import functools
from dataclasses import dataclass

from lxml import etree
from tests.conformance.wire import Answer, Cite

NS = {"w": "http://www.opengis.net/wmts/1.0", "ows": "http://www.opengis.net/ows/1.1"}
HREF = "{http://www.w3.org/1999/xlink}href"
PIXEL_M = 0.00028
"""A pixel of the standard's screen (07-057r7, 6.1)."""
LAYERS = {"Lakes": "cite_lakes", "MapNeatline": "cite_mapneatline", "Autos": "cite_autos"}
"""Those with tiles, and the style of each."""


@dataclass(frozen=True)
class Matrix:
    """One level of a set of tiles in metres, as the document tells it."""

    set: str
    name: str
    resolution: float
    """Metres a pixel."""
    left: float
    top: float
    tile: tuple[int, int]
    """Columns and rows of pixels."""
    size: tuple[int, int]
    """Columns and rows of tiles."""

    def bounds(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Least x and y, largest x and y of a tile."""
        across, down = (pixels * self.resolution for pixels in self.tile)
        left, top = self.left + column * across, self.top - row * down
        return left, top - down, left + across, top


@dataclass(frozen=True)
class Limits:
    """The tiles of a level that a layer has."""

    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def probes(self) -> list[tuple[int, int]]:
        """Row and column of the first, the middle and the last tile, and of the other corners."""
        (top, bottom), (left, right) = self.rows, self.columns
        middle = (top + bottom) // 2, (left + right) // 2
        return list(dict.fromkeys([(top, left), middle, (bottom, right), (top, right), (bottom, left)]))


@dataclass(frozen=True)
class Wmts:
    """The service."""

    cite: Cite

    def ask(self, request: str | None, **keys: object) -> Answer:
        """Any operation by keys."""
        return self.cite.get("/wmts", **{"SERVICE": "WMTS", "VERSION": "1.0.0", "REQUEST": request} | keys)

    @functools.cached_property
    def document(self) -> etree._Element:
        """Its capabilities."""
        return self.ask("GetCapabilities").root

    def find(self, path: str, element: etree._Element | None = None) -> list:
        """By XPath, with the prefixes `w` and `ows`."""
        return (self.document if element is None else element).xpath(path, namespaces=NS)

    def layer(self, name: str) -> etree._Element:
        """A layer by its identifier."""
        (layer,) = self.find(f"w:Contents/w:Layer[ows:Identifier='{name}']")
        return layer

    @functools.cached_property
    def matrices(self) -> dict[tuple[str, str], Matrix]:
        """By set and name; both sets are in metres."""
        return {
            (name, one.findtext("ows:Identifier", namespaces=NS)): self._matrix(name, one)
            for every in self.find("w:Contents/w:TileMatrixSet")
            for name in every.findall("ows:Identifier", NS)[0].itertext()
            for one in every.findall("w:TileMatrix", NS)
        }

    def _matrix(self, name: str, element: etree._Element) -> Matrix:
        text = {etree.QName(child).localname: child.text for child in element}
        left, top = map(float, text["TopLeftCorner"].split())
        return Matrix(
            name,
            text["Identifier"],
            float(text["ScaleDenominator"]) * PIXEL_M,
            left,
            top,
            (int(text["TileWidth"]), int(text["TileHeight"])),
            (int(text["MatrixWidth"]), int(text["MatrixHeight"])),
        )

    def limits(self, layer: str) -> dict[tuple[str, str], Limits]:
        """The tiles that a layer has, by set and level; of a level without limits all."""
        found = {}
        for link in self.find("w:TileMatrixSetLink", self.layer(layer)):
            name = link.findtext("w:TileMatrixSet", namespaces=NS)
            for (owner, level), matrix in self.matrices.items():
                if owner == name:
                    found[name, level] = Limits((0, matrix.size[1] - 1), (0, matrix.size[0] - 1))
            for told in link.iterfind("w:TileMatrixSetLimits/w:TileMatrixLimits", NS):
                text = {etree.QName(child).localname: child.text for child in told}
                found[name, text["TileMatrix"]] = Limits(
                    (int(text["MinTileRow"]), int(text["MaxTileRow"])),
                    (int(text["MinTileCol"]), int(text["MaxTileCol"])),
                )
        return found

    def template(self, layer: str, kind: str, media_type: str) -> str:
        """Of a layer's tiles (`tile`) or values (`FeatureInfo`) by path."""
        (found,) = self.find(f"w:ResourceURL[@resourceType='{kind}'][@format='{media_type}']", self.layer(layer))
        return found.get("template")


@dataclass(frozen=True)
class Tiles:
    """Tiles and what lies under their pixels, by one of the two ways."""

    wmts: Wmts
    by_path: bool

    def tile(self, layer: str = "Lakes", **changes: object) -> Answer:
        """A tile; None leaves a key out, which a path cannot."""
        keys = self._keys(layer) | {"Format": "image/png"} | changes
        if not self.by_path:
            return self.wmts.ask("GetTile", **keys)
        return self._at(self.wmts.template(self._known(layer), "tile", "image/png"), keys, layer)

    def info(self, layer: str = "Lakes", **changes: object) -> Answer:
        """What lies under a pixel; in plain text."""
        keys = self._keys(layer) | {"I": 128, "J": 128, "InfoFormat": "text/plain"} | changes
        if not self.by_path:
            return self.wmts.ask("GetFeatureInfo", **{"Format": "image/png"} | keys)
        known = self._known(layer) if layer != "MapNeatline" else "Lakes"
        return self._at(self.wmts.template(known, "FeatureInfo", keys["InfoFormat"]), keys, layer)

    @staticmethod
    def _known(layer: str) -> str:
        return layer if layer in LAYERS else "Lakes"

    @staticmethod
    def _keys(layer: str) -> dict[str, object]:
        style = LAYERS.get(layer, "cite_lakes")
        where = {"TileMatrixSet": "BlueLake", "TileMatrix": "0", "TileRow": 1, "TileCol": 1}
        return {"Layer": layer, "Style": style} | ({"Time": "default"} if layer == "Autos" else {}) | where

    def _at(self, template: str, keys: dict[str, object], layer: str) -> Answer:
        # A template has the name of its own layer for good.
        path = template.replace(f"/{self._known(layer)}/", f"/{layer}/").replace("/Lakes/", f"/{layer}/")
        for key, value in keys.items():
            path = path.replace(f"{{{key}}}", str(value))
        return self.wmts.cite.get(path.removeprefix(self.wmts.cite.base))
