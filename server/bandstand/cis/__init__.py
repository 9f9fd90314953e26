"""Coverages in OGC's own words (CIS 1.0, also called GMLCOV): what services describe and files say of themselves."""
