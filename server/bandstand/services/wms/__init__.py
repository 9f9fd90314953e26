"""WMS 1.3.0 (OGC 06-042) and 1.1.1 (OGC 01-068r3)."""

from bandstand.services.wms.service import SERVICE

__all__ = ["SERVICE"]
