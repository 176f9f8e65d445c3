"""What a class is called often tells what it means: as far as it does, and no further."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.sources.labels import Label, plain_text

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[\W_]+")
_ORDINAL = re.compile(r"^\d+_(?!(face_?)?masks?$)(?=\D)")
"""The number by which class folders are sorted, `0_without_mask`; that of `0_mask` may be how many there are."""
_COUNTED = re.compile(
    r"(?<!^mask)(?<!^masks)(?<!^face_mask)(?<!^face_masks)(?<!^masked)(?<!ffp)(?<!n)(?<!level)(?<!type)_[1-9]\d*$"
)
"""The number of one more such folder, `with_mask_2` or `no_mask (1)`; that of `mask_2` may be a class, and 0 is no."""
_SHORT = re.compile(r"(?<![^\W_])w/(o(?![^\W_]))?", re.IGNORECASE)
"""What people write for `with` and `without`: w/ and w/o."""

_KNOWN = {"afdb_face_dataset": Label(mask_type="none"), "afdb_masked_face_dataset": Label(masked="yes")}
"""Folders of published sets whose names say less than is known."""

_BARE = re.compile(
    r"(^|_)(un_?mask(ed)?|maskless|bare(_?faced?)?"
    r"|(no|non|not|without|wo)_?(a_)?(wear(ing)?_)?(a_)?(face_?)?mask(s|ed)?"
    r")(_|$)|(^|_)((face_?)?mask(ed)?(_type)?_(no|none|false|off)|(type|wear)_none)$"
)
_MASKED = re.compile(
    r"(^|_)(masked|(with|wear(s|ing)?)_?(a_)?(face_?)?mask(s|ed)?)(?=_|$)|(^|_)(face_?)?mask_(yes|true|on)$"
    r"|(^|_)(face)?masks?(?=_|$)"
)
_UNKNOWN = re.compile(r"^((face_?)?mask|mask_type|type|wear|valve|masked)_unknown$")
_TYPES = {
    "surgical": re.compile(r"(^|_)(surgical|medical|disposable)(masks?)?(?=_|$)"),
    "cloth": re.compile(r"(^|_)(cloth|fabric|textile|cotton)(masks?)?(?=_|$)"),
    "ffp2": re.compile(r"(^|_)(ffp_?2|k?n_?95|kf_?94|respirator)(masks?)?(?=_|$)"),
}
_OPEN = "(out|exposed|exposing|visible|uncovered|bare|open)"
_WEARS = {
    "nose_mouth_exposed": re.compile(
        rf"(^|_)(nose_(and_)?mouth_{_OPEN}|{_OPEN}_nose_(and_)?mouth|(on|under|below)_(the_)?chin)(?=_|$)"
    ),
    "nose_exposed": re.compile(rf"(^|_)(nose_{_OPEN}|{_OPEN}_nose|(under|below)_(the_)?nose)(?=_|$)"),
    "chin_exposed": re.compile(rf"(^|_)(chin_{_OPEN}|{_OPEN}_chin)(?=_|$)"),
    "incorrect": re.compile(
        r"(^|_)(incorrect(ly)?|improper(ly)?|wrong(ly)?|bad(ly)?|not_(correct|proper)(ly)?)(?=_|$)"
    ),
    "correct": re.compile(r"(^|_)(correct|proper)(ly)?(?=_|$)"),
}
_NO_VALVE = re.compile(r"(^|_)((no|without)_valve|valve_(no|false|none))(?=_|$)")
_VALVE = re.compile(r"(^|_)valved?(?=_|$)")
_OF_ANYTHING = re.compile(r"(^|_)(improper|wrong|bad|proper)")
"""What a photo or a label may be as well: it is of a mask where one is named, or that it is worn."""
_WORN = re.compile(r"mask|(^|_)(worn|wear)")
# fmt: off
_BESIDE = frozenset({
    "a", "an", "the", "of", "is", "are", "has", "have", "only", "with", "wear", "wears", "weared", "wearing", "worn",
    "wearer", "class", "type", "label", "category", "yes", "true",
    "face", "faces", "faced", "head", "heads", "person", "persons", "people", "human", "humans", "man", "men", "woman",
    "women", "male", "female", "boy", "girl", "child", "children", "kid", "kids", "adult",
    "image", "images", "img", "imgs", "photo", "photos", "picture", "pictures", "pic", "pics",
    "train", "training", "test", "testing", "val", "valid", "validation",
    "black", "white", "grey", "gray", "blue", "green", "red", "pink", "yellow", "orange", "purple", "brown",
    "colored", "coloured", "maske", "masken", "masque", "masques", "mascarilla", "mascarillas", "mascherina", "maska",
    "zip", "tar", "tgz", "gz",
})
# fmt: on
"""Words that change nothing of what the others say. Any other may: a word that isn't understood, such as the `non` of
`non-medical mask`, `gas`, or one in another language, leaves the meaning to a person."""


def told_by(word: str) -> Label | None:
    """What a class's name tells; None where that is nothing or contradicts itself, or a word of it isn't understood.

    >>> told_by("surgical_nose_out")
    Label(mask_type='surgical', wear='nose_exposed', valve='unknown', masked='yes')
    >>> told_by("WithoutMask").masked, told_by("Face Mask Detection"), told_by("no surgical mask")
    ('no', None, None)
    """
    text = _plain(word)
    if text in _KNOWN:
        return _KNOWN[text]
    if _UNKNOWN.search(text):
        return Label()
    said, rest = _said(text)
    bare, masked = _BARE.search(rest), _MASKED.search(_BARE.sub("_", rest))
    rest = _MASKED.sub("_", _BARE.sub("_", rest))
    if said is None or (bare and (said or masked)) or not _BESIDE.issuperset(filter(None, rest.split("_"))):
        return None
    if bare or masked:
        return Label(mask_type="none") if bare else Label.model_validate({"masked": "yes"} | said)
    return Label.model_validate(said) if said else None


def _said(text: str) -> tuple[dict[str, Any] | None, str]:
    """What the words for type, wear and valve say, None where they contradict each other; and the text without them."""
    said: dict[str, Any] = {}
    for valve, pattern in (("no", _NO_VALVE), ("yes", _VALVE)):
        if pattern.search(text):
            said.setdefault("valve", valve)
            text = pattern.sub("_", text)
    kinds, rest = _taken(text, _TYPES)
    ways, rest = _taken(rest, _WEARS)
    if len(ways) > 1 and "incorrect" in ways:
        ways.remove("incorrect")  # how it is worn wrongly says more than that it is
    vague = _OF_ANYTHING.search(text) and not kinds and not _WORN.search(text)
    if len(kinds) > 1 or len(ways) > 1 or vague:
        return None, rest
    said |= {"mask_type": kinds[0]} if kinds else {}
    return said | ({"wear": ways[0]} if ways else {}), rest


def _taken(text: str, patterns: Mapping[str, re.Pattern[str]]) -> tuple[list[str], str]:
    """The names of the patterns that are found one after the other, and the text without what they found."""
    found = []
    for name, pattern in patterns.items():
        text, times = pattern.subn("_", text)
        found += [name] if times else []
    return found, text


def _plain(word: str) -> str:
    """Lower-case words with one underscore between them: `WithMask`, `with-mask` and `with mask` are one."""
    spelt = _SHORT.sub(lambda found: "without " if found[1] else "with ", plain_text(word))
    return _COUNTED.sub("", _ORDINAL.sub("", _SIGNS.sub("_", _CAMEL.sub("_", spelt).casefold()).strip("_")))
