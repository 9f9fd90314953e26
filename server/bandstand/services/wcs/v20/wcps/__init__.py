"""The language of OGC 08-068r3, Web Coverage Processing Service, over the archive."""

from bandstand.services.wcs.v20.wcps.errors import QuerySemantics, QuerySyntax

__all__ = ["QuerySemantics", "QuerySyntax"]
