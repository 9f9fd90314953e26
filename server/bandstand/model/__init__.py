"""The nouns: frozen values without I/O that every room speaks in."""
