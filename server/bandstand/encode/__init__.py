"""Pixels to bytes: one file a format."""
