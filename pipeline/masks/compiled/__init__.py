"""Kernels in C for what takes most of the time of drawing a mask; without them NumPy does the same, byte for byte."""
