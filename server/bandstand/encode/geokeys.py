"""How a TIFF says where it lies: the transform's tags, and a CRS as GeoKeys (OGC 19-008r4)."""

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rasterio import Affine as RasterioAffine
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from bandstand.encode.tiff import ASCII, DOUBLE, SHORT, Tag
from bandstand.model.crs import Crs
from bandstand.model.grid import Affine, Grid

_GEO_KEYS, _GEO_DOUBLES, _GEO_ASCII = 34735, 34736, 34737
_PIXEL_SCALE, _TIE_POINT, _TRANSFORMATION = 33550, 33922, 34264


def geo_tags(grid: Grid) -> list[Tag]:
    """The tags that place a grid; pixels are areas, x is the first model axis whatever the CRS says."""
    return [*_placement(grid.transform), *_crs_tags(grid.crs)]


def _placement(t: Affine) -> list[Tag]:
    if t.north_up:
        scale = np.array([t.a, -t.e, 0.0])
        tie = np.array([0.0, 0.0, 0.0, t.c, t.f, 0.0])
        return [Tag(_PIXEL_SCALE, DOUBLE, scale), Tag(_TIE_POINT, DOUBLE, tie)]
    matrix = np.array([t.a, t.b, 0, t.c, t.d, t.e, 0, t.f, 0, 0, 0, 0, 0, 0, 0, 1], np.float64)
    return [Tag(_TRANSFORMATION, DOUBLE, matrix)]


@lru_cache(maxsize=256)
def _crs_tags(crs: Crs) -> list[Tag]:
    """The GeoKeys that GDAL writes for a CRS, taken from a file of one pixel."""
    known = CRS.from_epsg(crs.epsg) if crs.epsg else CRS.from_user_input(crs.wkt)
    # A transform keeps rasterio from warning; it is not read.
    profile = {"driver": "GTiff", "width": 1, "height": 1, "count": 1, "dtype": "uint8", "crs": known}
    with MemoryFile() as memory:
        with memory.open(**profile, transform=RasterioAffine(1.0, 0.0, 0.0, 0.0, -1.0, 1.0)) as file:
            file.write(np.zeros((1, 1, 1), np.uint8))
        content = memory.read()
    return [tag for tag in _directory(content) if tag.code in {_GEO_KEYS, _GEO_DOUBLES, _GEO_ASCII}]


def _directory(content: bytes) -> list[Tag]:
    """The geo tags of a classic little-endian TIFF of one page."""
    (start,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, start)
    found = []
    for i in range(count):
        code, kind, length, inline = struct.unpack_from("<HHII", content, start + 2 + 12 * i)
        size = {SHORT: 2, DOUBLE: 8, ASCII: 1}.get(kind)
        if size is None:
            continue
        offset = inline if size * length > 4 else start + 2 + 12 * i + 8
        body: NDArray[np.generic] | bytes = content[offset : offset + size * length]
        if kind != ASCII:
            body = np.frombuffer(body, "<u2" if kind == SHORT else "<f8")
        found.append(Tag(code, kind, body))
    return found
