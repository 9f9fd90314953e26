"""One file per codec: one block in, one array out."""
