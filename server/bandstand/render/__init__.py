"""Values and a style to a picture."""
