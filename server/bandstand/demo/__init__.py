"""The sample archive: an invented coast, photographed the way Sentinel-2 would have done it."""

from bandstand.demo.archive import DemoArchive, generate, is_made

__all__ = ["DemoArchive", "generate", "is_made"]
