"""WCS 1.1.0 to 1.1.2 (OGC 06-083r8, 07-067r2, 07-067r5): grids of cell centres, files with manifests."""

from bandstand.services.wcs.v11.dialect import DIALECT

__all__ = ["DIALECT"]
