"""What the OGC services share: reading keys, negotiating versions, reports, templates, feature info."""
