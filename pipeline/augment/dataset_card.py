"""The dataset card `README.md` of a folder of `augment-masks`, with the front matter that Hugging Face reads."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline.augment.columns import held_by, names_in
from pipeline.augment.features import Kind, features_of
from pipeline.augment.request import FolderRequest
from pipeline.augment.rows import BARE, Row
from pipeline.core.version import VERSION
from pipeline.pages.markdown import front_matter, one_line, plain, size_category, table
from pipeline.storage.content_credentials import Credentials

_HUB_LICENCES = frozenset(
    {"cc", "cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0"}
    | {"cc-by-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "apache-2.0", "mit", "pddl", "odbl", "unknown"}
)
"""Licences by the names that the Hub knows; others are `other`, told by name."""

_NOTE = re.compile(r"\n<!-- written by augment-masks, left alone once edited: ([0-9a-f]{16}) -->\n\Z")
_OPTIONS = {"masks": "mask"}
"""Options whose names aren't those of the request's fields."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a card tells of: what was asked for, the rows of `metadata.jsonl`, how often each reason was given."""

    request: FolderRequest
    rows: Iterable[Row]
    rejected: Mapping[str, int]


@dataclass(slots=True)
class _Contents:
    """What a card says of the rows, which may be millions and are gone through once."""

    pictures: int = 0
    parents: set[str] = field(default_factory=set)
    faces: Counter[tuple[str, str]] = field(default_factory=Counter)
    names: set[str] = field(default_factory=set)
    table: Kind = field(default_factory=Kind)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "_Contents":
        contents = cls()
        for row in rows:
            contents.pictures += 1
            contents.parents.add(row["parent_sha256"])
            contents.faces.update(_labels(row))
            contents.names.update(names_in(row))
            contents.table.take(row)
        return contents


def dataset_card(made: Made) -> str:
    """The card, the same text for the same dataset; its last line tells by a digest whether somebody edited it."""
    contents = _Contents.of(made.rows)
    text = front_matter(_front(made.request, contents)) + "\n" + "\n".join(_body(made, contents))
    return f"{text}\n<!-- written by augment-masks, left alone once edited: {_digest(text)} -->\n"


def is_ours(card: str) -> bool:
    """Whether a card is as `dataset_card` wrote it: what somebody wrote or edited isn't to be replaced."""
    note = _NOTE.search(card)
    return note is not None and _digest(card[: note.start()]) == note[1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _front(request: FolderRequest, contents: _Contents) -> dict[str, Any]:
    whole = request.faces == "all"
    folders = ["images", *(name for name, asked in (("crops", request.crops), ("alpha", request.alpha)) if asked)]
    paths = ["metadata.jsonl", *(f"{name}/**" for name in folders)]
    return {
        "pretty_name": "Faces with drawn masks",
        **_licence(request.licence),
        "task_categories": ["object-detection", "image-segmentation"] if whole else ["image-classification"],
        "size_categories": [size_category(contents.pictures)],
        "tags": ["face-mask", "synthetic"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": paths}]}],
        "dataset_info": {"features": features_of(contents.table)},
    }


def _licence(words: str) -> dict[str, str]:
    named = re.sub(r"[\s_]+", "-", words.strip().lower())
    if named in _HUB_LICENCES:
        return {"license": named}
    return {"license": "other", "license_name": one_line(words) or "unknown"}


def _body(made: Made, contents: _Contents) -> list[str]:
    request = made.request
    author = f" by {plain(request.author)}" if request.author else ""
    return [
        "# Faces with drawn masks",
        "",
        f"{contents.pictures} pictures of {len(contents.parents)} photos with masks drawn on their faces, made by "
        "Maskwright. The photos are real or not as they were; **the masks are synthetic**"
        f"{', and each masked picture says so in its XMP' if request.mark_synthetic else ''}"
        f"{', and in a signed C2PA manifest' if request.credentials else ''}.",
        "",
        "## What is in it",
        "",
        *table(("type", "worn", "faces"), _composition(contents.faces)),
        "",
        *table(("column", "values", "what"), [(name, one.kind, one.what) for name, one in held_by(contents.names)]),
        "",
        "## Terms",
        "",
        f"The photos{author}: {plain(request.licence)}. A mask drawn on a photo changes nothing of the photo's terms, "
        "nor of the rights of who is shown. Whether they consented is not known to the program.",
        "",
        "## How it was made",
        "",
        f"    {_command(request)}",
        "",
        f"Maskwright {VERSION}, seed {request.seed}. The same photos, options and version give the same bytes.",
        "",
        *_left_out(made.rejected),
        "## Loading",
        "",
        "    from datasets import load_dataset",
        '    dataset = load_dataset("OUT", split="train")',
        "",
        "The library takes column types from the first 10 MB of the table. Should a later row hold what none of those "
        'holds, hand it all: `DatasetInfosDict.from_directory("OUT")["default"].features` as `features`.',
        "",
        "## Limits",
        "",
        "- Labels of drawn masks are certain. That a face was bare is the word of a small cue, which errs.",
        "- Faces that the detector misses are in the pictures without a label.",
        "- Drawn masks aren't photographed ones: measure on real photos what was learnt here.",
        "- The faces are as varied, and as one-sided, as the photos that were given.",
        "- Not made for recognising people, nor for decisions about them.",
        "",
    ]


def _labels(row: Row) -> Iterator[tuple[str, str]]:
    """Type of mask and way of wearing of each face."""
    if "objects" in row:
        kinds = zip(row["objects"]["category"], row["objects"]["wear"], strict=True)
    else:
        kinds = zip([row["mask_type"]], [row["wear"]], strict=True)
    yield from ((BARE if kind == "none" else kind, wear) for kind, wear in kinds)


def _composition(faces: Counter[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(kind, wear, str(count)) for (kind, wear), count in sorted(faces.items())]


def _left_out(rejected: Mapping[str, int]) -> list[str]:
    if not rejected:
        return []
    rows = [(reason, str(count)) for reason, count in sorted(rejected.items())]
    told = table(("left out because of", "photos or faces"), rows)
    return ["`rejected.jsonl` has a line for each photo or face that is not in it.", "", *told, ""]


def _command(request: FolderRequest) -> str:
    """What was asked for beyond the defaults; folders by their last name, for nobody need know where they lie."""
    words = ["augment-masks", "FACES", "OUT"]
    for asked in fields(FolderRequest):
        value = getattr(request, asked.name)
        if value == asked.default:
            continue
        name = _OPTIONS.get(asked.name, asked.name).replace("_", "-")
        if isinstance(value, Credentials):
            words += [f"--c2pa-cert {_word(value.certificate)}", f"--c2pa-key {_word(value.key)}"]
        elif asked.name == "mark_synthetic":
            words.append("--no-mark")
        elif isinstance(value, bool):
            words.append(f"--{name}")
        elif asked.name == "split":
            words.append(f"--{name} {','.join(map(str, value))}")
        else:
            values = value if isinstance(value, tuple) else (value,)
            words += [f"--{name} {_word(one)}" for one in values]
    return " ".join(words)


def _word(value: Any) -> str:
    text = one_line(value.name if isinstance(value, Path) else str(value))
    return text if re.fullmatch(r"[\w.,+:-]+", text) else "'" + text.replace("'", "'\\''") + "'"
