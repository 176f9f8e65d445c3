"""What everything may import: arrays, errors, records, ranges, randomness, parameters, locations, paths."""
