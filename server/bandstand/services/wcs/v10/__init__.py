"""Web Coverage Service 1.0.0 (OGC 03-065r6): keys, forms and XML in; boxes of exactly the size asked out."""

from bandstand.services.wcs.v10.dialect import DIALECT

__all__ = ["DIALECT"]
