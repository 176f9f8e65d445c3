"""Face detectors, landmarks and head pose."""
