"""The sample archive: an invented coast, photographed the way Sentinel-2 would have done it."""

from bandstand.demo.archive import DemoArchive, generate

__all__ = ["DemoArchive", "generate"]
