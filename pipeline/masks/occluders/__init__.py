"""What stays in front of a mask: hair and glasses."""
