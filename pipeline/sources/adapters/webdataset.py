"""WebDataset shards: tar files in which the members of a sample share their name up to the first dot."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.layout import is_image_name, no_layout, read_annotation
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal

EXPECTED = "tar shards with <key>.jpg and <key>.json, <key>.cls or <key>.txt"


class WebDatasetSettings(TreeSettings):
    """Where a sample's label stands.

    Attributes:
        label_keys: Keys of the sample's JSON, each of which gives one word.
        licence_key: The JSON's key with this image's licence; `author_key` and `url_key` likewise.
    """

    label_keys: tuple[str, ...] = ("label",)
    licence_key: str | None = None
    author_key: str | None = None
    url_key: str | None = None


class WebDatasetAdapter(TreeAdapter[WebDatasetSettings]):
    """Samples by key; the label is in `.cls` or `.txt` as it stands, or in `.json`."""

    settings_model = WebDatasetSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every sample's image with its label; a sample without an image is refused."""
        samples: defaultdict[str, dict[str, TreeFile]] = defaultdict(dict)
        images = 0
        for found in self.files():
            if isinstance(found, Refusal):
                yield found
                continue
            stem, _, ending = found.name.partition(".")
            samples["/".join((*found.folders, stem))][ending.lower()] = found
            images += is_image_name(found.name)
        if not images:
            raise no_layout(self.workspace.name, EXPECTED, samples)
        for key, members in samples.items():
            yield from self._sample(key, members)

    def _sample(self, key: str, members: Mapping[str, TreeFile]) -> Iterator[Offer | Refusal]:
        images = [file for file in members.values() if is_image_name(file.name)]
        if not images:
            yield Refusal(origin=key, reason="not_an_image", detail=f"a sample without image: {', '.join(members)}")
            return
        row = self._json(members["json"]) if "json" in members else {}
        words = [str(row[name]) for name in self.settings.label_keys if name in row]
        texts = [read_annotation(members[ending]).strip() for ending in ("cls", "txt") if ending in members]
        for file in images:
            yield Offer(
                origin=file.origin,
                file=file.path,
                in_place=file.in_place,
                labels=tuple(words or texts[:1]),
                licence=_text(row, self.settings.licence_key),
                author=_text(row, self.settings.author_key),
                url=_text(row, self.settings.url_key),
            )

    def _json(self, file: TreeFile) -> dict[str, Any]:
        try:
            row = json.loads(read_annotation(file))
        except ValueError as error:
            raise SourceError(f"{self.workspace.name}: {file.origin}: not JSON: {error}") from error
        return row if isinstance(row, dict) else {}


def _text(row: Mapping[str, Any], key: str | None) -> str | None:
    value = row.get(key) if key else None
    return None if value is None or value == "" else str(value)
