"""Logs, seen from anywhere."""
