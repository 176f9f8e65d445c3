"""How well thresholds tell copies and people apart, measured on pairs that are known."""
