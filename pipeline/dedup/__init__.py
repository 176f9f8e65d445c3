"""Duplicates: fingerprints, neighbour search, links, and what is kept."""
