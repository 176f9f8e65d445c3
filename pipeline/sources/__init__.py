"""Sources: one adapter a kind of source, labels mapped to one taxonomy."""
