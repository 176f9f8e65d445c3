"""Masks: templates, geometry, light and compositing.

>>> from pipeline.masks import MaskSynthesizer, load_templates
>>> synthesizer = MaskSynthesizer(load_templates())
"""

from pipeline.masks.params import LookRanges, MaskParams
from pipeline.masks.synthesizer import MaskSynthesizer
from pipeline.masks.template import Template, load_templates
from pipeline.masks.types import MaskDraw, MaskedFace

__all__ = ["LookRanges", "MaskDraw", "MaskParams", "MaskSynthesizer", "MaskedFace", "Template", "load_templates"]
