"""What is said of a source that was recognised: its counts by label, and its lines for params.yaml."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.sources.entries import catalogue
from pipeline.sources.labels import Label, LabelMap
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.recognition.layouts import Layout

_SHOWN = 3
_TO_SAY = "its name doesn't tell: say mask_type, wear, valve or masked, or leave {} where it means nothing"
_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass
class Counts:
    """What a source offers, by its own words; words of one face or image stand together."""

    images: Counter[str] = field(default_factory=Counter)
    boxes: Counter[str] = field(default_factory=Counter)
    offered: int = 0
    words: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    first: list[Refusal] = field(default_factory=list)

    @classmethod
    def of(cls, offers: Iterable[Offer | Refusal]) -> "Counts":
        """The counts of everything that a source offers and refuses."""
        counts = cls()
        for one in offers:
            if isinstance(one, Offer):
                counts._add(one)
                continue
            counts.refused[one.reason] += 1
            if one.reason not in {"not_an_image", "system_file"} and counts.refused[one.reason] <= _SHOWN:
                counts.first.append(one)
        counts.first = _one_of_each_reason(counts.first)
        return counts

    def _add(self, offer: Offer) -> None:
        self.offered += 1
        self.words |= offer.words()
        if offer.labels or not offer.boxes:
            self.images[" ".join(offer.labels) or "no label"] += 1
        self.boxes.update(" ".join(box.labels) for box in offer.boxes)

    def lines(self) -> Iterator[str]:
        """The counts for a person, a line each."""
        refused = ", ".join(f"{reason} {count}" for reason, count in sorted(self.refused.items()))
        yield f"{self.offered} images offered, {self.refused.total()} items refused{f' ({refused})' if refused else ''}"
        for count, what in ((self.images, "images"), (self.boxes, "boxes")):
            for word, number in sorted(count.items(), key=lambda pair: (-pair[1], pair[0])):
                yield f"{number} {what}: {word}"
        for one in self.first:
            yield f"refused: {one.origin}: {one.reason}: {one.detail}"


def _one_of_each_reason(refusals: Sequence[Refusal]) -> list[Refusal]:
    """One refusal of each reason in the order that they come in, then others, up to what is shown at the least."""
    firsts = list({one.reason: one for one in reversed(refusals)}.values())[::-1]
    others = [one for one in refusals if one not in firsts]
    return [*firsts, *others[: max(0, _SHOWN - len(firsts))]]


def params_lines(
    layout: Layout, path: Path, name: str, words: Iterable[str], told: Mapping[str, Label]
) -> Iterator[str]:
    """The lines of params.yaml that take the source in; words whose names tell nothing are left for a person to say."""
    name = layout.known or name
    yield "ingest:"
    yield f"  sources: [{name}]"
    yield "  settings:"
    yield f"    {name}:"
    yield from (f"      {line}" for line in settings_lines(layout, path, words, told))


def settings_lines(layout: Layout, path: Path, words: Iterable[str], told: Mapping[str, Label]) -> Iterator[str]:
    """The source's settings alone, from the first column on."""
    own = {} if layout.known else {"adapter": layout.adapter}
    for key, value in {**own, "path": path.as_posix(), **layout.settings}.items():
        yield f"{key}: {_scalar(value)}"
    if layout.known:
        return
    yield "licence: unknown  # whose photos these are, and on what terms"
    yield "labels:"
    mapping = LabelMap(told)
    for word in sorted(words):
        if word in mapping:
            yield f"  {_scalar(word)}: {_said(mapping[word])}"
        else:
            yield f"  # {_scalar(word)}: {{}}  # {_TO_SAY}"


def untold(words: Iterable[str], told: Mapping[str, Label]) -> list[str]:
    """The words that are left for a person to say."""
    mapping = LabelMap(told)
    return sorted(word for word in words if word not in mapping)


def source_name(path: Path) -> str:
    """A source's name after its folder or archive, none of the catalogue's."""
    stem = path.name.partition(".")[0] if path.is_file() else path.name
    name = _SIGNS.sub("-", stem.casefold()).strip("-") or "photos"
    return f"my-{name}" if name in catalogue() or name.isdecimal() else name


def _said(label: Label) -> str:
    """What a label says, without what follows from it."""
    said = {key: value for key, value in label.model_dump().items() if value != "unknown"}
    if label.masked == "no":
        said = {"mask_type": "none"}
    elif {"mask_type", "wear"} & said.keys():
        said.pop("masked")
    return "{" + ", ".join(f"{key}: {_scalar(value)}" for key, value in said.items()) + "}"


def _scalar(value: Any) -> str:
    """A value as YAML spells it on one line."""
    plain = str(value).isprintable()
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=plain, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
