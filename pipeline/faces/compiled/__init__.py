"""What takes most of the time of finding landmarks, in C: docs/decisions/compiled-kernels.md."""
