"""The Earth observation profile of WCS 2.0 (OGC 10-140r1): series of datasets, single datasets, stitched mosaics."""
