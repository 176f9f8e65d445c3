"""Training: data, models and the loop."""
