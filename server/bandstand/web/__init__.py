"""The only Flask: mounts services, catches errors once."""
