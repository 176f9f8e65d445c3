"""The people of a source, as its settings find them."""

from collections.abc import Iterable, Iterator

from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.people import Naming, with_people
from pipeline.sources.settings import SourceSettings


def named_offers(source: str, settings: SourceSettings, offers: Iterable[Offer | Refusal]) -> Iterator[Offer | Refusal]:
    """The offers of a source with the people that its settings find; words that are labels are nobody."""
    if settings.person is None:
        yield from offers
    else:
        naming = Naming.of(source, settings.person, settings.exclude_people, settings.labels)
        yield from with_people(offers, naming)
