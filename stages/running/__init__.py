"""What the commands share: options, messages, run records, progress, orderly stops."""
