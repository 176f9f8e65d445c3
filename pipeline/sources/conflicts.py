"""Sources that say different things about one file: rows for a person to decide."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.records import Image

_FIELDS = ("mask_type", "wear", "valve", "synthetic")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelConflict:
    """One image that says something else about a field than another image with the same bytes."""

    sha256: str
    field: str
    value: str
    source: str
    origin: str
    id: str
    original_label: str | None


def find_conflicts(images: Iterable[Image]) -> Iterator[LabelConflict]:
    """Every image of every group of equal files that disagrees about a field; `unknown` disagrees with nothing.

    Only equal bytes are compared here; near duplicates are found and judged by `dedup`.
    """
    groups: defaultdict[str, list[Image]] = defaultdict(list)
    for image in images:
        groups[image.sha256].append(image)
    for sha256 in sorted(groups):
        for field in _FIELDS:
            yield from _disagreeing(groups[sha256], field)


def _disagreeing(images: list[Image], field: str) -> Iterator[LabelConflict]:
    said = [(str(getattr(image, field)), image) for image in images]
    known = [(value, image) for value, image in said if value != "unknown"]
    if len({value for value, _ in known}) < 2:
        return
    for value, image in sorted(known, key=lambda pair: (pair[1].source, pair[1].origin)):
        yield LabelConflict(
            sha256=image.sha256,
            field=field,
            value=value,
            source=image.source,
            origin=image.origin,
            id=image.id,
            original_label=image.original_label,
        )
