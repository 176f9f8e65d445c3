"""One page to look through every picture of a project or of an output of `augment-masks`: opened from the disk."""
