"""The page and the small JSON API behind it."""
