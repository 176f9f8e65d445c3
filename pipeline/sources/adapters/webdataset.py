"""WebDataset shards: tar files in which the members of a sample share their name up to the first dot."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.annotated import size_of
from pipeline.sources.adapters.box_forms import BoxesAre, require_told
from pipeline.sources.adapters.hf_objects import boxes_of, drawn_in, text_of
from pipeline.sources.adapters.layout import annotation_bytes, damaged, is_image_name, no_layout
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.labels import LabelMap
from pipeline.sources.offers import Offer, OfferedBox, Refusal
from pipeline.sources.papers import decode_text

EXPECTED = "tar shards with <key>.jpg and <key>.json, <key>.cls or <key>.txt"

_MARKS = frozenset({"alpha", "depth", "mask", "masks", "matte", "seg", "segmentation"})


class WebDatasetSettings(TreeSettings):
    """Where a sample's label stands.

    Attributes:
        label_keys: Keys of the sample's JSON, each of which gives one word.
        licence_key: The JSON's key with this image's licence; `author_key` and `url_key` likewise.
        boxes_are: The four numbers of a box in `objects`, as in `imagefolder`.
    """

    label_keys: tuple[str, ...] = ("label",)
    licence_key: str | None = None
    author_key: str | None = None
    url_key: str | None = None
    boxes_are: BoxesAre = "auto"


class WebDatasetAdapter(TreeAdapter[WebDatasetSettings]):
    """Samples by key; the label is in `.cls` or `.txt` as it stands, or in `.json`; its `objects` carry COCO boxes."""

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
            members = samples["/".join((*found.folders, stem))]
            if ending.lower() not in members:
                members[ending.lower()] = found
            elif is_image_name(found.name):  # a.jpg and a.JPG are two images of one sample
                members[found.name] = found
            else:
                yield damaged(found.origin, f"its sample has another .{ending.lower()}")
            images += is_image_name(found.name)
        if not images:
            raise no_layout(self.workspace.name, EXPECTED, samples)
        documents = {key: self._json(members["json"]) for key, members in samples.items() if "json" in members}
        self._require_keys(list(samples.values()), list(documents.values()))
        drawn = (box for row in documents.values() if isinstance(row, dict) for box in drawn_in(row))
        require_told(self.workspace.name, self.settings.boxes_are, drawn)
        for key, members in samples.items():
            yield from self._sample(key, members, documents.get(key, {}))

    def _sample(
        self, key: str, members: Mapping[str, TreeFile], row: dict[str, Any] | Refusal
    ) -> Iterator[Offer | Refusal]:
        pictures = [file for file in members.values() if is_image_name(file.name)]
        images = [file for file in pictures if not _marks_pixels(file)]
        yield from (
            Refusal(origin=file.origin, reason="not_an_image", detail="marks pixels of its sample's photo, by its name")
            for file in pictures
            if images and file not in images
        )
        images = images or pictures
        if not images:
            yield Refusal(origin=key, reason="not_an_image", detail=f"a sample without image: {', '.join(members)}")
            return
        read = [self._text(members[ending]) for ending in ("cls", "txt") if ending in members]
        texts = [one for one in read if not isinstance(one, Refusal)]
        if isinstance(row, Refusal) or len(texts) < len(read):
            yield from (one for one in (row, *read) if isinstance(one, Refusal))
            yield from (
                Refusal(origin=one.origin, reason="no_label", detail="its papers are damaged") for one in images
            )
            return
        yield from self._labelled(key, images, row, texts)

    def _labelled(
        self, key: str, images: Sequence[TreeFile], row: Mapping[str, Any], texts: Sequence[str]
    ) -> Iterator[Offer | Refusal]:
        """The sample's images with its label and boxes; a refusal for each box that is none."""
        boxes = []
        for place, made in enumerate(boxes_of(row, boxes_are=self.settings.boxes_are)):
            if isinstance(made, OfferedBox):
                boxes.append(made)
            else:
                yield damaged(f"{key}#object{place}", made)
        labels = self._words(row, texts)
        if not labels and not boxes and self.settings.unannotated == "reject":
            yield from (Refusal(origin=one.origin, reason="no_label", detail="nothing labels it") for one in images)
            return
        for file in images:
            yield Offer(
                origin=file.origin,
                file=file.path,
                in_place=file.in_place,
                labels=labels,
                boxes=tuple(boxes),
                boxes_size=size_of(row) if boxes else None,
                licence=text_of(row, self.settings.licence_key),
                author=text_of(row, self.settings.author_key),
                url=text_of(row, self.settings.url_key),
            )

    def _words(self, row: Mapping[str, Any], texts: Sequence[str]) -> tuple[str, ...]:
        """The words of a sample, of the first paper that has any; what others say counts where it is a label.

        They may as well hold its number or a caption. A label of theirs that contradicts must not be lost.
        """
        words = [word for name in self.settings.label_keys if (word := text_of(row, name)) is not None]
        said = [text for text in texts if text]
        first, others = (words, said) if words else (said[:1], said[1:])
        mapped = LabelMap(self.settings.labels)
        return tuple(dict.fromkeys((*first, *(word for word in others if word in mapped))))

    def _require_keys(self, samples: list[dict[str, TreeFile]], rows: list[dict[str, Any] | Refusal]) -> None:
        """Stop where no sample has a key that is asked for, unless labels stand in files of their own or with boxes."""
        settings = self.settings
        keys = {key for row in rows if isinstance(row, dict) for key in row}
        wanted = [settings.licence_key, settings.author_key, settings.url_key]
        with_boxes = "objects" in keys and "label_keys" not in settings.model_fields_set
        if not with_boxes and not any({"cls", "txt"} & members.keys() for members in samples):
            wanted += settings.label_keys
        missing = [key for key in wanted if key and key not in keys]
        if missing:
            raise SourceError(
                f"{self.workspace.name}: no sample's JSON has the key(s) {', '.join(map(repr, missing))}.\n"
                f"Keys found: {', '.join(map(repr, sorted(keys)))}.\n"
                f"Name those that hold the labels in ingest.settings.{self.workspace.name}.label_keys."
            )

    def _json(self, file: TreeFile) -> dict[str, Any] | Refusal:
        text = self._text(file)
        if isinstance(text, Refusal):
            return text
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            return damaged(file.origin, f"not JSON: {error}")
        return row if isinstance(row, dict) else damaged(file.origin, "no JSON object")

    def _text(self, file: TreeFile) -> str | Refusal:
        try:
            return decode_text(annotation_bytes(file)).strip()
        except ValueError as error:
            return damaged(file.origin, error)


def _marks_pixels(file: TreeFile) -> bool:
    """Whether a picture of a sample is no photo but an outline of one: `000.mask.png` beside `000.jpg`."""
    return not _MARKS.isdisjoint(file.name.lower().split(".")[1:-1])
