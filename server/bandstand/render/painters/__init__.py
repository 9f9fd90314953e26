"""One file a kind of style: numbers to colours."""
