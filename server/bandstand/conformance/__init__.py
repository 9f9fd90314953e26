"""What the OGC compliance suites ask about: the Blue Lake maps and a few tiny coverages, made by our own code."""

from bandstand.conformance.site import CONFIG_NAME, collection_names, generate

__all__ = ["CONFIG_NAME", "collection_names", "generate"]
