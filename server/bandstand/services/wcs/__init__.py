"""Web Coverage Service 2.0.1: numbers, not pictures."""
