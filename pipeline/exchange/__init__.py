"""Data sets in the formats that other tools read: boxes and outlines of faces and masks, with what is known of them."""
