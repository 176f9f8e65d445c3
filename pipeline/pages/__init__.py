"""Pages that open from disk: one frame and one stylesheet for all."""
