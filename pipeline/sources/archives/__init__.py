"""Archives from strangers, unpacked within limits."""
