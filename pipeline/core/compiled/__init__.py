"""What makes pictures smaller, in C: docs/decisions/compiled-kernels.md."""
