"""Selection and grid to items."""
