"""Things that hide the mouth and are no mask: hands, cups, phones, microphones, scarves, visors and chin bars.

Over a bare mouth they are negatives to learn from, none is labelled as a mask; beside a mask they hide a part of it.
None needs a template.
"""

from pipeline.masks.coverings.covering import (
    KINDS,
    Covering,
    CoveringKind,
    cover_face,
    draw_covering,
    draw_partial_covering,
)

__all__ = ["KINDS", "Covering", "CoveringKind", "cover_face", "draw_covering", "draw_partial_covering"]
