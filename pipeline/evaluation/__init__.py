"""Evaluation: metrics, plots and the report."""
