"""A small renderer of human heads, for the committed sample of faces."""
