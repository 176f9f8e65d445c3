"""takedowns.yaml: what must not be used. It is committed, so that it binds everybody who builds the data set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter, ValidationError, model_validator

from pipeline.core.errors import SourceError
from pipeline.core.params import Section
from pipeline.core.records import Image
from pipeline.core.validation import explain_validation
from pipeline.core.yaml_files import read_yaml
from pipeline.sources.inspection import record_id
from pipeline.sources.offers import Offer
from pipeline.storage.whole_files import write_text

FILE = "takedowns.yaml"
_MAX_BYTES, _MAX_NODES = 2**23, 100_000
"""This file grows with the requests: room for some 15,000, which are read in a second."""
_HEADER = (
    "# Images that must not be used, and why; `maskwright takedown` adds to it. Commit this file:\n"
    "# the next `dvc repro` drops them and everything derived from them.\n"
)


class Takedown(Section):
    """One request: exactly one of `url`, `author`, `id` and `sha256` says what it is about.

    Attributes:
        copies: The sha256 of each image that it was about when it was written, so that copies in other sources go too.
    """

    url: Annotated[str, Field(min_length=1)] | None = None
    author: Annotated[str, Field(min_length=1)] | None = None
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    reason: str = ""
    date: str = ""
    copies: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_subject(self) -> "Takedown":
        if sum(value is not None for value in (self.url, self.author, self.id, self.sha256)) != 1:
            raise ValueError("give exactly one of url, author, id and sha256")
        return self

    def concerns(self, image: Image) -> bool:
        """Whether the request is about this image."""
        return (
            image.id == self.id
            or image.sha256 == self.sha256
            or (self.url is not None and self.url in {image.url, image.origin})
            or (self.author is not None and _same(self.author, image.author))
        )


@dataclass(frozen=True, slots=True)
class Denylist:
    """All requests, ready to be asked about an offer."""

    entries: tuple[Takedown, ...]

    @property
    def sha256(self) -> frozenset[str]:
        """The content of everything that was taken down."""
        named = {entry.sha256 for entry in self.entries if entry.sha256}
        return frozenset(named.union(*(entry.copies for entry in self.entries)))

    def reason(self, source: str, offer: Offer, author: str | None) -> str | None:
        """Why an offer must not be taken, or None; `author` is the source's, for offers that name none."""
        for entry in self.entries:
            by_url = entry.url is not None and entry.url in {offer.url, offer.origin}
            by_author = entry.author is not None and _same(entry.author, offer.author or author)
            if by_url or by_author or entry.id == record_id(source, offer.origin):
                return entry.reason or "taken down by its owner"
        return None


def _same(one: str, other: str | None) -> bool:
    return other is not None and one.strip().casefold() == other.strip().casefold()


def read_takedowns(root: Path) -> Denylist:
    """The requests of a project; none where there is no file.

    Raises:
        SourceError: the file can't be read: nothing may be taken until it can.
    """
    path = root / FILE
    if not path.exists():
        return Denylist(())
    try:
        document = read_yaml(path, SourceError, max_bytes=_MAX_BYTES, max_nodes=_MAX_NODES) or []
        return Denylist(TypeAdapter(tuple[Takedown, ...]).validate_python(document))
    except ValidationError as error:
        raise SourceError(explain_validation(f"{path}: cannot be read", error)) from error


def add_takedown(root: Path, request: Takedown, images: Iterable[Image]) -> list[Image]:
    """Add a request to the file and return the images that it is about, copies in other sources included."""
    everything = list(images)
    subjects = {image.sha256 for image in everything if request.concerns(image)}
    entry = request.model_copy(update={"copies": tuple(sorted(subjects))})
    _write(root, (*read_takedowns(root).entries, entry))
    return [image for image in everything if image.sha256 in subjects]


def _write(root: Path, entries: Sequence[Takedown]) -> None:
    rows = [entry.model_dump(mode="json", exclude_defaults=True) for entry in entries]
    write_text(root / FILE, _HEADER + yaml.safe_dump(rows, sort_keys=False, allow_unicode=True))
