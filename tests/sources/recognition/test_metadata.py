import json
from pathlib import Path
from typing import Any

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import SourceError
from pipeline.core.params import IngestParams
from pipeline.core.yaml_files import parse_yaml
from pipeline.sources.recognition.recognise import described
from stages.augment_masks import main as augment_masks
from tests.conftest import MakePhotos
from tests.sources.kit import Ingest

Row = dict[str, Any]


def proposed(path: Path, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """The source's name and settings, as `maskwright sources check` prints them."""
    lines = list(described(path, path, IngestParams(), tmp_path / "store"))
    block = parse_yaml("\n".join(lines[lines.index("For params.yaml:") + 1 :]).encode(), "printed")["ingest"]
    (name,) = block["sources"]
    return name, block["settings"][name]


def table(tmp_path: Path, *rows: Row) -> Path:
    files = {f"{number}.jpg": picture(number) for number in range(len(rows))}
    named = ({"file_name": f"{number}.jpg"} | row for number, row in enumerate(rows))
    return write_tree(
        tmp_path / "in", {**files, "metadata.jsonl": "".join(f"{json.dumps(r)}\n" for r in named).encode()}
    )


@pytest.mark.parametrize("faces", ["each", "all"])
def test_an_output_of_augment_masks_is_proposed_as_it_can_be_taken_in(
    ingest: Ingest, make_photos: MakePhotos, tmp_path: Path, faces: str
) -> None:
    command = [str(make_photos("a.jpg")), str(tmp_path / "OUT"), "--mask", "ffp2", "--include-unmasked"]
    augment_masks([*command, "--faces", faces, "--licence", "CC0-1.0"], standalone_mode=False)
    name, settings = proposed(tmp_path / "OUT", tmp_path)
    taken = ingest(name, **settings)
    assert {(image.boxes[0].mask_type, image.synthetic, image.licence) for image in taken.images} == {
        ("ffp2", True, "CC0-1.0"), ("none", False, "CC0-1.0")
    }  # fmt: skip
    wears = {box.wear for image in taken.images for box in image.boxes}
    assert wears == ({"correct", "none"} if faces == "each" else {"unknown", "none"})


@pytest.mark.parametrize(
    ("rows", "columns", "labels"),
    [
        ([{"mask": "yes"}, {"mask": "no"}], ["mask"], {"yes": {"masked": "yes"}, "no": {"mask_type": "none"}}),
        ([{"mask": True}, {"mask": False}], ["mask"], {"True": {"masked": "yes"}, "False": {"mask_type": "none"}}),
        ([{"class": "with mask", "who": "Ann"}], ["class"], {"with mask": {"masked": "yes"}}),
        (  # what means something else in another column is left out, not guessed
            [{"mask_type": "cloth", "valve": "no", "masked": "no"}],
            ["mask_type", "valve"],
            {"cloth": {"mask_type": "cloth"}, "no": {"valve": "no"}},
        ),
    ],
)
def test_columns_whose_words_tell_are_named_as_labels(
    ingest: Ingest, tmp_path: Path, rows: list[Row], columns: list[str], labels: dict[str, Any]
) -> None:
    name, settings = proposed(table(tmp_path, *rows), tmp_path)
    assert (settings["label_columns"], settings["labels"]) == (columns, labels)
    assert ingest(name, **settings).images


def test_columns_that_tell_nothing_are_left_to_the_user(tmp_path: Path) -> None:
    path = table(tmp_path, {"word": "x"}, {"word": "y"})
    with pytest.raises(Exception, match="not ready"):
        proposed(path, tmp_path)


def test_a_number_in_a_column_tells_nothing(tmp_path: Path) -> None:
    rows = ({"no_mask": number} for number in ("1", "2"))
    with pytest.raises(SourceError, match="not ready"):
        proposed(table(tmp_path, *rows), tmp_path)
