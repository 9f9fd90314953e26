"""The page and the small JSON API behind it."""

from bandstand.services.portal.service import SERVICE

__all__ = ["SERVICE"]
