"""Masks: templates, geometry, shading and compositing."""
