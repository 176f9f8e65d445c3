import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pipeline.core import paths
from pipeline.core.params import FacesParams
from pipeline.core.records import Face, Image, MaskedImage
from pipeline.faces.extraction import FaceExtractor
from pipeline.storage.images import read_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages import augment, augment_masks
from stages.cli import main

MakeImage = Callable[..., Image]


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


@pytest.fixture
def faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait_jpeg: bytes) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "faces"
    (folder / "a b").mkdir(parents=True)
    (folder / "a b" / "anna\u2028.jpg").write_bytes(portrait_jpeg)
    return folder


@pytest.fixture
def dataset(faces: Path) -> Path:
    """Two pictures of each type and the bare face, as augment-masks writes them."""
    arguments = ["faces", "out", "--per-face", "2", "--seed", "4", "--include-unmasked", "--wear", "nose_exposed"]
    result = CliRunner().invoke(augment_masks.command, arguments)
    assert result.exit_code == 0, result.output
    return faces.parent / "out"


def rows_of(dataset: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (dataset / "metadata.jsonl").read_text().removesuffix("\n").split("\n")]


def test_every_row_of_a_dataset_gives_its_file_again(dataset: Path, faces: Path) -> None:
    rows = rows_of(dataset)
    assert len(rows) == 7
    for number, row in enumerate(rows[:-1]):
        result = replay(dataset / "metadata.jsonl", "--row", number, "--faces", faces, "-o", "again.jpg")
        assert result.exit_code == 0, result.output
        assert Path("again.jpg").read_bytes() == (dataset / str(row["file_name"])).read_bytes()


def test_a_row_of_the_augment_stage_gives_its_file_again(faces: Path, make_image: MakeImage) -> None:
    from hashlib import sha256

    photo = "faces/a b/anna\u2028.jpg"
    image = make_image(path=photo, mask_type="none", sha256=sha256(Path(photo).read_bytes()).hexdigest())
    write_manifest(paths.KEPT, [image], Image)
    write_manifest(paths.FACES_TABLE, FaceExtractor(FacesParams(), Path(), paths.FACE_CROPS)(image).faces, Face)
    Path("params.yaml").write_text("seed: 3\naugment: {mask: {wear: {chin_exposed: 1}}}")
    CliRunner().invoke(augment.command, [])
    for row in read_manifest(paths.MASKED_TABLE, MaskedImage):
        result = replay(paths.MASKED_TABLE, "--id", row.id, "-o", "again.jpg")
        assert result.exit_code == 0, result.output
        assert np.array_equal(read_image(Path("again.jpg")).rgb, read_image(Path(row.path)).rgb)
    assert "no row has the id 'x'" in replay(paths.MASKED_TABLE, "--id", "x", "-o", "a.jpg").stderr


def test_a_missing_parent_is_named(dataset: Path, faces: Path) -> None:
    (faces / "a b" / "anna\u2028.jpg").unlink()
    result = replay(dataset / "metadata.jsonl", "--row", 0, "--faces", faces, "-o", "again.jpg")
    assert (result.exit_code, Path("again.jpg").exists()) == (1, False)
    assert "the parent photo is missing; --faces names the folder" in result.stderr


def test_a_changed_parent_is_told_by_its_hash(dataset: Path, faces: Path) -> None:
    parent = faces / "a b" / "anna\u2028.jpg"
    parent.write_bytes(parent.read_bytes() + b"\0")
    result = replay(dataset / "metadata.jsonl", "--row", 0, "--faces", faces, "-o", "again.jpg")
    assert result.exit_code == 1
    assert "not the photo that was masked: its sha256 is" in result.stderr
    assert str(rows_of(dataset)[0]["parent_sha256"]) in result.stderr


@pytest.mark.parametrize(
    ("row", "message"),
    [(6, "shows the face without a mask"), (7, "has 7 rows, the first is 0; there is no row 7")],
)
def test_rows_that_hold_no_mask_are_told(dataset: Path, faces: Path, row: int, message: str) -> None:
    assert message in replay(dataset / "metadata.jsonl", "--row", row, "--faces", faces, "-o", "a.jpg").stderr


def test_an_unknown_template_is_told(dataset: Path, faces: Path) -> None:
    metadata = dataset / "metadata.jsonl"
    metadata.write_text(metadata.read_text().replace(str(rows_of(dataset)[0]["template"]), "cloth_lost"))
    result = replay(metadata, "--row", 0, "--faces", faces, "-o", "a.jpg")
    assert "template 'cloth_lost' is not among" in result.stderr


def test_a_row_of_a_mask_that_cannot_be_is_told_with_its_key(dataset: Path, faces: Path) -> None:
    metadata = dataset / "metadata.jsonl"
    metadata.write_text(metadata.read_text().replace('"tautness": 0.', '"tautness": 7000.'))
    result = replay(metadata, "--row", 0, "--faces", faces, "-o", "a.jpg")
    assert result.exit_code == 1
    assert "row 0: draw: values.shape.tautness: 7000" in result.stderr
    assert "less than or equal to 100" in result.stderr


def test_foreign_rows_and_missing_options_are_told(faces: Path) -> None:
    Path("other.jsonl").write_text('{"file_name": "a.jpg"}\n')
    assert "row 0 is not one of augment-masks" in replay("other.jsonl", "--row", 0, "--faces", faces, "-o", "a").stderr
    result = replay("other.jsonl", "-o", "a.jpg")
    assert result.exit_code == 2
    assert "other.jsonl needs --row and --faces" in result.stderr


def test_rows_whose_draw_is_a_text_as_it_was_at_first_are_drawn_again(dataset: Path, faces: Path) -> None:
    row = rows_of(dataset)[0]
    Path("old.jsonl").write_text(json.dumps(row | {"draw": json.dumps(row["draw"])}) + "\n")
    result = replay("old.jsonl", "--row", 0, "--faces", faces, "-o", "again.jpg")
    assert result.exit_code == 0, result.output
    assert Path("again.jpg").read_bytes() == (dataset / str(row["file_name"])).read_bytes()
