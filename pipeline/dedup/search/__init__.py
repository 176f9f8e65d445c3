"""Which fingerprints are near each other, and whether they show one photo."""
