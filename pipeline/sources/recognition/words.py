"""What a class is called often tells what it means: as far as it does, and no further."""

import re
from typing import Any

from pipeline.sources.labels import Label, plain_text

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[^a-z0-9]+")

_KNOWN = {"afdb_face_dataset": Label(mask_type="none"), "afdb_masked_face_dataset": Label(masked="yes")}
"""Folders of published sets whose names say less than is known."""

_DATA_SET = re.compile(r"(^|_)(data|dataset|datasets|detection|detector|classification|recognition|project)(_|$)")
_BARE = re.compile(
    r"(^|_)(un_?mask(ed)?|maskless|bare(_?faced?)?"
    r"|(no|non|not|without|wo)_?(a_)?(wear(ing)?_)?(a_)?(face_?)?mask(s|ed)?"
    r")(_|$)|(^|_)((face_?)?mask(ed)?(_type)?_(no|none|false|off)|(type|wear)_none)$"
)
_MASKED = re.compile(
    r"(^|_)(masked|(with|wear(s|ing)?)_?(a_)?(face_?)?mask(s|ed)?)(_|$)|(^|_)(face_?)?mask_(yes|true|on)$"
)
_MASK = re.compile(r"(^|_)(face)?masks?(_|$)")
_UNKNOWN = re.compile(r"^(mask_type|type|wear|valve|masked)_unknown$")
_TYPES = {
    "surgical": re.compile(r"(^|_)(surgical|medical|disposable)(masks?)?(_|$)"),
    "cloth": re.compile(r"(^|_)(cloth|fabric|textile|cotton)(masks?)?(_|$)"),
    "ffp2": re.compile(r"(^|_)(ffp_?2|k?n_?95|kf_?94|respirator)(masks?)?(_|$)"),
}
_OPEN = "(out|exposed|exposing|visible|uncovered|bare|open)"
_WEARS = {
    "nose_mouth_exposed": re.compile(
        rf"(^|_)(nose_(and_)?mouth_{_OPEN}|{_OPEN}_nose_(and_)?mouth|(on|under|below)_(the_)?chin)(_|$)"
    ),
    "nose_exposed": re.compile(rf"(^|_)(nose_{_OPEN}|{_OPEN}_nose|(under|below)_(the_)?nose)(_|$)"),
    "chin_exposed": re.compile(rf"(^|_)(chin_{_OPEN}|{_OPEN}_chin)(_|$)"),
    "incorrect": re.compile(r"(^|_)(incorrect(ly)?|improper(ly)?|wrong(ly)?|bad(ly)?|not_(correct|proper)(ly)?)(_|$)"),
    "correct": re.compile(r"(^|_)(correct|proper)(ly)?(_|$)"),
}
_NO_VALVE = re.compile(r"(^|_)((no|without)_valve|valve_(no|false|none))(_|$)")
_VALVE = re.compile(r"(^|_)valved?(_|$)")


def told_by(word: str) -> Label | None:
    """What a class's name tells, None where it tells nothing, or things that contradict each other.

    >>> told_by("surgical_nose_out")
    Label(mask_type='surgical', wear='nose_exposed', valve='unknown', masked='yes')
    >>> told_by("WithoutMask").masked, told_by("Face Mask Detection"), told_by("person")
    ('no', None, None)
    """
    text = _plain(word)
    if text in _KNOWN:
        return _KNOWN[text]
    if _UNKNOWN.search(text):
        return Label()
    said: dict[str, Any] = {}
    kinds = [kind for kind, pattern in _TYPES.items() if pattern.search(text)]
    ways = [way for way, pattern in _WEARS.items() if pattern.search(text)]
    if _NO_VALVE.search(text) or _VALVE.search(text):
        said["valve"] = "no" if _NO_VALVE.search(text) else "yes"
    if len(kinds) > 1:
        return None
    said |= {"mask_type": kinds[0]} if kinds else {}
    said |= {"wear": ways[0]} if ways else {}
    if _BARE.search(text):
        return None if said or _MASKED.search(_BARE.sub("_", text)) else Label(mask_type="none")
    if not said and (_MASKED.search(text) or (_MASK.search(text) and not _DATA_SET.search(text))):
        return Label(masked="yes")
    return Label.model_validate(said) if said else None


def _plain(word: str) -> str:
    """Lower-case words with one underscore between them: `WithMask`, `with-mask` and `with mask` are one."""
    return _SIGNS.sub("_", _CAMEL.sub("_", plain_text(word)).casefold()).strip("_")
