"""The servers that are measured, one module each, all of one shape (`peers/target.py`)."""
