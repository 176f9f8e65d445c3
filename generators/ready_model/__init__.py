"""Makes the model that comes along: from portraits that may be used, with our masks, by the stages themselves."""
