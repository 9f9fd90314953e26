"""Bandstand: an OGC map and coverage server for archives of Cloud Optimized GeoTIFFs."""

__version__ = "0.1.0"
