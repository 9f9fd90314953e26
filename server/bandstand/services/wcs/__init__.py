"""Web Coverage Service: numbers, not pictures; one address for every version."""

from bandstand.services.wcs.service import SERVICE

__all__ = ["SERVICE"]
