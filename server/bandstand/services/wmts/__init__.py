"""WMTS 1.0.0 (OGC 07-057r7) in KVP and REST, and its small sister XYZ."""

from bandstand.services.wmts.service import WMTS
from bandstand.services.wmts.xyz import XYZ

SERVICE = (WMTS, XYZ)

__all__ = ["SERVICE"]
