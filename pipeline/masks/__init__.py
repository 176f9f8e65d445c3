"""Masks: templates, geometry, light and compositing.

>>> from pipeline.masks import MaskSynthesizer, load_templates
>>> synthesizer = MaskSynthesizer(load_templates())
"""

from pipeline.masks.look import LookRanges
from pipeline.masks.params import MaskParams
from pipeline.masks.recipe import MaskedFace, MaskRecipe
from pipeline.masks.render import PaintedMask
from pipeline.masks.synthesizer import MaskSynthesizer
from pipeline.masks.template import Template, load_templates

__all__ = [
    "LookRanges",
    "MaskParams",
    "MaskRecipe",
    "MaskSynthesizer",
    "MaskedFace",
    "PaintedMask",
    "Template",
    "load_templates",
]
