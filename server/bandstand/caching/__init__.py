"""What is remembered, within bounds."""
