"""config.yml to typed values."""
