"""Arithmetic on images that the mask engine is made of: textures, light, noise, compositing."""
