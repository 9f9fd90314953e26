"""Thin protocol adapters."""
