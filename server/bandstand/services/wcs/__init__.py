"""Web Coverage Service 2.0.1: numbers, not pictures."""

from bandstand.services.wcs.service import SERVICE

__all__ = ["SERVICE"]
