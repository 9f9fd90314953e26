"""Caches bounded by bytes."""
