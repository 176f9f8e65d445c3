"""The parts of a mask: one module each, with its ranges, what is drawn of it, and how it is laid."""
