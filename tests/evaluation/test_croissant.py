import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.locations import Address
from pipeline.core.records import Assignment, Image, Rejection
from pipeline.evaluation.croissant import croissant
from pipeline.evaluation.flow import FlowRow, flow_row
from pipeline.evaluation.measured import MeasuredSet
from pipeline.evaluation.outputs import write_dataset_cards
from pipeline.evaluation.responsible import responsible_fields
from pipeline.evaluation.slices import SliceScore
from pipeline.storage.manifests import read_manifest, write_manifest
from tests.evaluation.test_report import measured, model

__all__ = ["measured", "model"]

SPLIT = "data/split/split.parquet"
OUTSIDE = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # from rdflib and pandas, inside mlcroissant


@pytest.fixture
def rows(project: Path) -> list[Assignment]:
    return read_manifest(project / SPLIT, Assignment)


@pytest.fixture
def flow() -> list[FlowRow]:
    missed = Rejection(id="a", stage="faces", reason="no_face", detail="", origin="x")
    return [flow_row("faces", 100, "faces", [missed])]


@pytest.fixture
def write(
    project: Path, rows: list[Assignment], flow: list[FlowRow], make_image: Callable[..., Image]
) -> Callable[..., dict[str, Any]]:
    """Writes the cards of a project and reads croissant.json back."""

    def written(out: str = "reports", changed: list[Assignment] | None = None, **told: Any) -> dict[str, Any]:
        used = rows if changed is None else changed
        write_manifest(project / SPLIT, used, Assignment)
        images = [make_image(id=row.image_id) for row in used]
        arguments: dict[str, Any] = {"root": project, "sets": []} | told
        write_dataset_cards(project / out, project / SPLIT, used, images, flow, **arguments)
        return dict(json.loads((project / out / "croissant.json").read_text("utf-8")))

    return written


@OUTSIDE
def test_it_is_valid_1_1_and_reads_the_rows(
    write: Callable[..., dict[str, Any]], measured: MeasuredSet, rows: list[Assignment]
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    write(sets=[measured])
    dataset = mlcroissant.Dataset(jsonld="reports/croissant.json")
    assert dataset.metadata.issues.errors == set()
    assert dataset.metadata.ctx.is_v1_1()
    records = list(dataset.records("samples"))
    assert len(records) == len(rows)
    assert records[3]["samples/mask_type"] in (b"ffp2", "ffp2")


@OUTSIDE
def test_another_reader_finds_the_responsible_fields(
    write: Callable[..., dict[str, Any]], measured: MeasuredSet
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    write(sets=[measured])
    metadata = mlcroissant.Dataset(jsonld="reports/croissant.json").metadata
    assert "Synthetic: 75 of 100 face crops (75.0 %), 75 with a mask drawn here and 0 from" in metadata.data_collection
    assert any("Consent of the people shown: unknown" in text for text in metadata.personal_sensitive_information)
    assert metadata.data_preprocessing_protocol == ["faces: 100 faces kept, 1 rejected (no_face 1)."]
    assert len(metadata.data_annotation_protocol) == 3
    assert len(metadata.data_limitations) == 5
    assert len(metadata.data_biases) >= 4


@OUTSIDE
def test_the_context_is_that_of_1_1(write: Callable[..., dict[str, Any]]) -> None:
    pytest.importorskip("mlcroissant")
    from mlcroissant._src.core.context import Context, CroissantVersion
    from mlcroissant._src.core.rdf import make_context

    assert write()["@context"] == make_context(Context(conforms_to=CroissantVersion.V_1_1))


@pytest.mark.parametrize("out", ["reports", "reports/in two/große Ordner", "."])
def test_the_set_of_images_includes_each_crop_and_nothing_else(
    write: Callable[..., dict[str, Any]], project: Path, rows: list[Assignment], out: str
) -> None:
    images = write(out)["distribution"][1]
    assert (images["@type"], images["@id"], images["encodingFormat"]) == ("cr:FileSet", "images", ["image/jpeg"])
    found = {path.resolve() for pattern in images["includes"] for path in (project / out).glob(pattern)}
    assert found == {(project / row.crop_path).resolve() for row in rows}


@pytest.mark.parametrize(
    ("crop_path", "include", "encoding"),
    [
        ("data/faces/crops/000001.tar#1536+40211", "s3://bucket/faces/data/faces/crops/*.tar", "application/x-tar"),
        ("s3://other/crops/a.png", "s3://other/crops/*.png", "image/png"),
        ("/mnt/große Platte/[1]/a#b.jpg", "/mnt/große Platte/[[]1]/*.jpg", "image/jpeg"),
        ("data/faces/crops/a.JPG", "s3://bucket/faces/data/faces/crops/*.JPG", "image/jpeg"),
    ],
)
def test_crops_in_a_store_or_in_shards_are_named_as_they_lie(
    write: Callable[..., dict[str, Any]], rows: list[Assignment], crop_path: str, include: str, encoding: str
) -> None:
    changed = [replace(rows[0], crop_path=crop_path), *rows[1:]]
    images = write(changed=changed, root=Address("s3://bucket/faces"))["distribution"][1]
    assert include in images["includes"]
    assert len(images["includes"]) == 2
    assert images["encodingFormat"] == sorted({encoding, "image/jpeg"})


def test_without_rows_there_is_no_set_and_no_division_by_none() -> None:
    rai = responsible_fields([], [], [], [])
    document = croissant([], [], rai, sha256="0" * 64, path="split.parquet", pixels=".")
    assert [one["@type"] for one in document["distribution"]] == ["cr:FileObject"]
    assert "0 of 0 face crops (0.0 %)" in document["rai:dataCollection"]


def test_what_a_source_drew_is_not_called_our_own(rows: list[Assignment]) -> None:
    bare = sum(row.mask_type == "none" for row in rows)
    theirs = [replace(row, template=None, mask_type="unknown") if row.synthetic else row for row in rows[:4]]
    rai = responsible_fields([*theirs, *rows[4:]], [], [], [])
    assert "75 of 100 face crops (75.0 %), 72 with a mask drawn here and 3 from" in rai["rai:dataCollection"]
    assert f"3 of {bare + 3} face crops" in rai["rai:dataAnnotationProtocol"][-1]


def test_a_slice_that_lags_is_a_known_bias(rows: list[Assignment], measured: MeasuredSet) -> None:
    result = measured.results["mask_type"]
    scores = replace(result.scores, accuracy=0.9)
    slices = (SliceScore("skin_tone", "dark", 40, 0.5, 0.35, 0.65), SliceScore("yaw", "30-45 deg", 40, 0.9, 0.8, 0.96))
    lagging = MeasuredSet(measured.found, {"mask_type": replace(result, scores=scores, slices=slices)})
    biases = responsible_fields(rows, [], [], [lagging])["rai:dataBiases"]
    assert [text for text in biases if "is right on" in text] == [
        f"{measured.title}, mask_type: skin_tone dark is right on 50.0 % of 40 crops (95 % interval 35.0 to 65.0 %), "
        "all crops on 90.0 %."
    ]
    even = MeasuredSet(measured.found, {"mask_type": replace(result, scores=scores, slices=slices[1:])})
    assert "none of 1 measured slices lags" in responsible_fields(rows, [], [], [even])["rai:dataBiases"][-1]


def test_same_rows_give_the_same_bytes(
    write: Callable[..., dict[str, Any]], project: Path, rows: list[Assignment]
) -> None:
    def digest() -> str:
        return hashlib.sha256((project / "reports/croissant.json").read_bytes()).hexdigest()

    write()
    first = digest()
    write()
    assert digest() == first
    again = {key: value for key, value in write(changed=rows[::-1]).items() if key.startswith("rai:")}
    assert again == {key: value for key, value in write().items() if key.startswith("rai:")}
