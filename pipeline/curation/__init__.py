"""Curation: hashing, neighbour search, clusters, quality and what is kept."""
