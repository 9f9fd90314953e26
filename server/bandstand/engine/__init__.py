"""The hall that all rooms open onto: plan, run, answer."""
