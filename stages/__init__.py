"""Command-line doors to the pipeline: one module a DVC stage, plus `augment-masks`."""
