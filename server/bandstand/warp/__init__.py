"""From a source grid onto the grid of the request."""
