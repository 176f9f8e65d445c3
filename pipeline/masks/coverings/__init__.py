"""Things that hide the mouth and are no mask: hands, cups, phones, microphones, scarves, visors and chin bars.

They are negatives to learn from. None is labelled as a mask, and none needs a template.
"""

from pipeline.masks.coverings.covering import KINDS, Covering, CoveringKind, cover_face, draw_covering

__all__ = ["KINDS", "Covering", "CoveringKind", "cover_face", "draw_covering"]
