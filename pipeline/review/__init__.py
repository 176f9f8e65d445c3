"""Pages and lists for people who look a dataset over."""
