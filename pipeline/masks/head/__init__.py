"""The canonical head and surfaces on it."""
