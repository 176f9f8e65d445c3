"""Masks: templates, geometry, light and compositing.

>>> from pipeline.masks import MaskSynthesizer, load_templates
>>> synthesizer = MaskSynthesizer(load_templates())
"""

from pipeline.masks.params import LookRanges, MaskParams
from pipeline.masks.recipe import MaskDraw, MaskedFace
from pipeline.masks.synthesizer import MaskSynthesizer
from pipeline.masks.template import Template, load_templates

__all__ = ["LookRanges", "MaskDraw", "MaskParams", "MaskSynthesizer", "MaskedFace", "Template", "load_templates"]
