"""Measures of a classifier that training and evaluation share."""
