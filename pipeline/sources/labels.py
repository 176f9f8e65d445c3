"""From a source's own words to the taxonomy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import model_validator

from pipeline.core.errors import SampleRejected, SourceError
from pipeline.core.params import Section
from pipeline.core.records import MaskType, Valve, Wear

_FIELDS = ("mask_type", "wear", "valve")


class Label(Section):
    """What one word of a source says about a face; a field that it says nothing about stays `unknown`."""

    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"

    @model_validator(mode="before")
    @classmethod
    def _no_mask_is_not_worn(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("mask_type") == "none":
            return {"wear": "none", **value}
        if isinstance(value, dict) and value.get("wear") == "none":
            return {"mask_type": "none", **value}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "Label":
        if (self.mask_type == "none") != (self.wear == "none"):
            raise ValueError("mask_type none and wear none go together: there is no mask, or there is one")
        return self


NO_MASK = Label(mask_type="none", wear="none")


def merge_labels(labels: Sequence[Label]) -> Label:
    """One label of several that each say a part; without any, all is unknown.

    >>> merge_labels([Label(wear="correct"), Label(mask_type="cloth")])
    Label(mask_type='cloth', wear='correct', valve='unknown')

    Raises:
        SampleRejected: `label_conflict` where two say different things.
    """
    if any(label.mask_type == "none" for label in labels) and all(_compatible_with_none(label) for label in labels):
        return NO_MASK
    return Label.model_validate({field: _agreed(field, labels) for field in _FIELDS})


def _compatible_with_none(label: Label) -> bool:
    """A file name can carry both "none" and the type of the mask that isn't worn: nothing worn wins."""
    return label.wear in {"none", "unknown"}


def _agreed(field: str, labels: Sequence[Label]) -> str:
    said = sorted({getattr(label, field) for label in labels} - {"unknown"})
    if len(said) > 1:
        raise SampleRejected("label_conflict", f"the source's own labels say {field} {' and '.join(said)}")
    return said[0] if said else "unknown"


def normalised(word: str) -> str:
    """The spelling under which a label is looked up: case, blanks and hyphens make no difference.

    >>> normalised("With Mask") == normalised("with-mask") == normalised("with_mask")
    True
    """
    return word.strip().casefold().replace(" ", "_").replace("-", "_")


class LabelMap:
    """A source's label mapping, looked up whatever the spelling."""

    def __init__(self, labels: Mapping[str, Label]) -> None:
        self._labels = {normalised(word): label for word, label in labels.items()}

    def __contains__(self, word: str) -> bool:
        return normalised(word) in self._labels

    def resolve(self, words: Iterable[str]) -> Label:
        """The label that the words of one face or image say together.

        Raises:
            SampleRejected: `label_conflict`.
            KeyError: a word isn't mapped; `require_mapped` runs before.
        """
        return merge_labels([self._labels[normalised(word)] for word in words])

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
