"""Groups of samples and the sides they stand on."""
