"""From a source's own words to the taxonomy."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import model_validator

from pipeline.core.agreement import LABEL_FIELDS
from pipeline.core.errors import SampleRejected, SourceError
from pipeline.core.params import Section
from pipeline.core.records import Masked, MaskType, Valve, Wear

_BLANKS = re.compile(r"[\s_\-\u058a\u2010-\u2015\u2212\u301c]+")
_YES_OR_NO = {"yes": "yes", "true": "yes", "on": "yes", "no": "no", "false": "no", "off": "no"}


class Label(Section):
    """What one word of a source says about a face; a field that it says nothing about stays `unknown`.

    `masked` follows from a known type or wear; said alone, it is a mask of unknown type.
    """

    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"

    @model_validator(mode="before")
    @classmethod
    def _with_what_follows(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        said = {**value, **{key: _yes_or_no(value[key]) for key in ("valve", "masked") if key in value}}
        if "none" in (said.get("mask_type"), said.get("wear")) or said.get("masked") == "no":
            return {"mask_type": "none", "wear": "none", "masked": "no", **_known(said)}
        worn = any(said.get(field, "unknown") != "unknown" for field in ("mask_type", "wear"))
        return {"masked": "yes", **_known(said)} if worn else said

    @model_validator(mode="after")
    def _consistent(self) -> "Label":
        if not (self.mask_type == "none") == (self.wear == "none") == (self.masked == "no"):
            raise ValueError("mask_type none, wear none and masked no go together: there is no mask, or there is one")
        return self


def _yes_or_no(value: Any) -> Any:
    """What people write for yes and no."""
    return _YES_OR_NO.get(str(value).casefold(), value)


def _known(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value != "unknown"}


NO_MASK = Label(mask_type="none")


def merge_labels(labels: Sequence[Label]) -> Label:
    """One label of several that each say a part; without any, all is unknown.

    What is known to be no mask agrees with what says nothing of one, and with nothing else.

    >>> merge_labels([Label(wear="correct"), Label(mask_type="cloth")])
    Label(mask_type='cloth', wear='correct', valve='unknown', masked='yes')

    Raises:
        SampleRejected: `label_conflict` where two say different things.
    """
    if any(label.masked == "no" for label in labels) and all(label.masked != "yes" for label in labels):
        return NO_MASK
    return Label.model_validate({field: _agreed(field, labels) for field in LABEL_FIELDS})


def _agreed(field: str, labels: Sequence[Label]) -> str:
    said = {getattr(label, field) for label in labels} - {"unknown"}
    if field == "wear" and len(said) > 1 and not said & {"none", "correct"}:
        said.discard("incorrect")  # how it is worn wrongly says more than that it is
    if len(said) > 1:
        raise SampleRejected("label_conflict", f"the source's own labels say {field} {' and '.join(sorted(said))}")
    return str(said.pop()) if said else "unknown"


def normalised(word: str) -> str:
    """The spelling under which a label is looked up.

    Case, blanks and hyphens of every kind, signs without a width, wide letters and how accents are stored don't count.

    >>> normalised("With Mask") == normalised("with-mask") == normalised("with_mask") == normalised("with\u2011mask")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    seen = "".join(sign for sign in folded if unicodedata.category(sign) != "Cf")
    return _BLANKS.sub("_", seen.replace("i\u0307", "i").strip())  # a Turkish capital I, and its dot


def plain_text(text: str) -> str:
    """The text without blanks at its ends, its accents stored with their letters (NFC), as macOS doesn't."""
    return unicodedata.normalize("NFC", text).strip()


class LabelMap:
    """A source's label mapping, looked up whatever the spelling: as it stands, else where one label alone is meant."""

    def __init__(self, labels: Mapping[str, Label]) -> None:
        self._exact = {plain_text(word): label for word, label in labels.items()}
        spellings: dict[str, set[Label]] = {}
        for word, label in labels.items():
            spellings.setdefault(normalised(word), set()).add(label)
        self._folded = {word: found.pop() for word, found in spellings.items() if len(found) == 1}

    def __contains__(self, word: str) -> bool:
        return plain_text(word) in self._exact or normalised(word) in self._folded

    def __getitem__(self, word: str) -> Label:
        exact = self._exact.get(plain_text(word))
        return self._folded[normalised(word)] if exact is None else exact

    def resolve(self, words: Iterable[str]) -> Label:
        """The label that the words of one face or image say together.

        Raises:
            SampleRejected: `label_conflict`.
            KeyError: a word isn't mapped; `require_mapped` runs before.
        """
        return merge_labels([self[word] for word in words])

    def require_mapped(self, source: str, words: Iterable[str]) -> None:
        """Stop where a label of the source stands in no mapping.

        Raises:
            SourceError: lists every label found and says where to map the missing ones.
        """
        found = sorted(set(words))
        missing = [word for word in found if word not in self]
        if missing:
            raise SourceError(
                f"{source}: no mapping for the label(s) {', '.join(map(repr, missing))}.\n"
                f"Labels found: {', '.join(map(repr, found))}.\n"
                f"Map each of them in params.yaml under ingest.settings.{source}.labels, for example\n"
                f"  {missing[0]!r}: {{mask_type: surgical, wear: correct}}\n"
                f"or  {missing[0]!r}: {{}}  where it says nothing about a mask."
            )
