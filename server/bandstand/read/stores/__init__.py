"""One file per kind of store: byte ranges and nothing else."""
