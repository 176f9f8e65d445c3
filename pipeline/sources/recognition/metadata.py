"""What the columns of Hugging Face's metadata say: which label an image, and what their words mean."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.agreement import LABEL_FIELDS
from pipeline.core.records import MASK_TYPES
from pipeline.sources.adapters.imagefolder import METADATA, ImageFolderSettings, metadata_rows
from pipeline.sources.adapters.layout import ParsedTree
from pipeline.sources.labels import Label
from pipeline.sources.offers import Refusal
from pipeline.sources.recognition.words import told_by

_MOST_WORDS = 50
"""A column of more words names images or people, no classes."""
_OURS = {"parent", "parent_sha256", "faces_in_photo"}
"""Columns that an output of `augment-masks` has, with faces in pictures of their own or all in one."""
_DEFAULT = ImageFolderSettings.model_fields["label_columns"].default

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """The settings that the columns ask for beside the path, and what the words in them mean."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Label] = field(default_factory=dict)


def columns_of(tree: ParsedTree) -> Columns:
    """What the metadata files of a tree say by themselves; nothing where a column `label` or boxes say it."""
    papers = (file for file in tree.others if file.name.lower() in METADATA)
    rows = [row.said for file in papers for row in metadata_rows(file) if not isinstance(row, Refusal)]
    names = dict.fromkeys(str(name) for row in rows for name in row)
    labelled, told = list[str](), dict[str, Label]()
    if not {*_DEFAULT, "objects"} & names.keys():
        labelled, told = _agreeing(_labelling(rows, names))
    settings: dict[str, Any] = {"label_columns": labelled} if labelled else {}
    return Columns(settings | _of_ours(names, bool(labelled)), told)


def _of_ours(names: Mapping[str, None], labelled: bool) -> dict[str, Any]:
    """What an output of `augment-masks` says beside the labels; nothing for another's metadata."""
    if not names.keys() >= _OURS:
        return {}
    columns = {"licence_column": "licence", "author_column": "author"}
    columns |= {"box_column": "face_box"} if labelled else {}
    said: dict[str, Any] = {key: column for key, column in columns.items() if column in names}
    return said | {"synthetic_labels": [kind for kind in MASK_TYPES if kind != "none"]}


def _labelling(rows: Sequence[_Row], names: Iterable[str]) -> Iterator[tuple[str, dict[str, Label]]]:
    """The columns that label an image, each with its words: those named as labels are here, else those that tell."""
    fields = [name for name in LABEL_FIELDS if name in names]
    for name in fields or names:
        words = _words(rows, name)
        said = {word: _told(name, word) for word in words}
        told = {word: label for word, label in said.items() if label is not None}
        if told and (fields or len(told) == len(words)):
            yield name, told


def _told(name: str, word: str) -> Label | None:
    """What a word tells in its column; a number says nothing there, though it may count folders (`with_mask_2`)."""
    return (None if word.isdecimal() else told_by(f"{name}_{word}")) or told_by(word)


def _words(rows: Sequence[_Row], name: str) -> set[str]:
    """The words of a column; none where it holds something else, or too many."""
    words = {value for row in rows if (value := row.get(name)) not in (None, "")} if _is_plain(rows, name) else set()
    return {str(word) for word in words} if len(words) <= _MOST_WORDS else set()


def _is_plain(rows: Sequence[_Row], name: str) -> bool:
    return name != "file_name" and all(isinstance(row.get(name), str | bool | None) for row in rows)


def _agreeing(columns: Iterable[tuple[str, dict[str, Label]]]) -> tuple[list[str], dict[str, Label]]:
    """The columns whose words mean the same wherever they stand; one that doesn't agree with those before is left."""
    names, told = list[str](), dict[str, Label]()
    for name, said in columns:
        if all(told.get(word, label) == label for word, label in said.items()):
            names.append(name)
            told |= said
    return names, told
