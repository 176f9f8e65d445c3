"""What a source will say, from its listing and its annotations alone: no image is read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.agreement import LABEL_FIELDS
from pipeline.core.errors import SampleRejected
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.labels import Label, LabelMap
from pipeline.sources.naming import named_offers
from pipeline.sources.offers import Offer, Refusal


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many images and boxes will have which label.

    Attributes:
        images: Of the images that have a label of their own.
        boxes: Of the boxes, which label faces.
        boxed: Images with boxes.
        refused: What won't be taken, by reason.
        people: How many are named.
    """

    images: Counter[Label] = field(default_factory=Counter)
    boxes: Counter[Label] = field(default_factory=Counter)
    boxed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    people: int = 0

    def lines(self) -> Iterator[str]:
        """The counts for a person, a line each."""
        total = self.images.total() + self.boxed
        refused = ", ".join(f"{reason} {count}" for reason, count in sorted(self.refused.items()))
        yield f"{total} images offered, {self.refused.total()} items refused{f' ({refused})' if refused else ''}"
        for count, what in ((self.images, "images"), (self.boxes, "boxes")):
            for label, number in sorted(count.items(), key=lambda pair: (-pair[1], _said(pair[0]))):
                yield f"{number} {what}: {_said(label)}"
        if self.people:
            yield f"{self.people} people are named"


def forecast(name: str, adapter: Adapter[Any]) -> Forecast | None:
    """The counts of one source, None where it must be fetched before anything can be said.

    Raises:
        SourceError: it can't be taken as a whole, or a label of it stands in no mapping.
    """
    settings, listed = adapter.settings, adapter.listed()
    if listed is None:
        return None
    found = list(named_offers(name, settings, listed))
    offers = [one for one in found if isinstance(one, Offer)]
    labels = LabelMap(settings.labels)
    labels.require_mapped(name, (word for offer in offers for word in offer.words()))
    people = {offer.person_id for offer in offers} - {None}
    counts = Forecast(refused=Counter(one.reason for one in found if isinstance(one, Refusal)), people=len(people))
    boxed = 0
    for offer in offers:
        boxed += bool(offer.boxes and not offer.labels)
        _count(counts.images, counts.refused, labels, offer.labels if offer.labels or not offer.boxes else None)
        for box in offer.boxes:
            _count(counts.boxes, counts.refused, labels, box.labels)
    return Forecast(counts.images, counts.boxes, boxed, counts.refused, counts.people)


def _count(counts: Counter[Label], refused: Counter[str], labels: LabelMap, words: tuple[str, ...] | None) -> None:
    if words is None:
        return
    try:
        counts[labels.resolve(words)] += 1
    except SampleRejected as verdict:
        refused[verdict.reason] += 1


def _said(label: Label) -> str:
    said = [f"{name} {getattr(label, name)}" for name in LABEL_FIELDS if getattr(label, name) != "unknown"]
    return ", ".join(said) or "no label"
