"""Web Coverage Service 2.0.1 (OGC 09-110r4): key-value pairs in, GeoTIFF and descriptions out."""

from bandstand.services.wcs.v20.dialect import DIALECT

__all__ = ["DIALECT"]
