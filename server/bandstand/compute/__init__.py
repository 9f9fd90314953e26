"""Bands to values: band math."""
