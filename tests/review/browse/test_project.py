from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.errors import ManifestError
from pipeline.core.records import Face
from pipeline.review.browse.records import Record
from pipeline.review.label_doubts import LabelDoubt
from pipeline.storage.manifests import read_manifest, write_manifest
from tests.review.browse.examples import make_project, project_of


def records_of(root: Path) -> dict[str, Record]:
    return {record.key.id: record for record in project_of(root).records()}


def test_every_id_is_there_once_and_in_the_order_of_the_keys(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    project = project_of(tmp_path)
    records = list(project.records())
    assert [record.key for record in records] == list(project.keys())
    assert Counter(record.facets.kind for record in records) == {"face": 8, "masked": 15, "rejected": 4}
    assert len({record.key.id for record in records}) == len(records) == 8 * 3 + 3
    assert len(images) == 8


def test_a_face_has_its_side_its_scores_and_its_copy(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    face = records_of(tmp_path)[f"{images[0].id}-0"]
    assert (face.facets.side, face.facets.source, face.facets.mask_type) == ("train", "unit", "none")
    assert (face.facets.pose, face.facets.quality, face.facets.size) == (
        "left, 15° to 45°",
        "blurred, below 50",
        "64 to 128 px",
    )
    assert (face.scores.detector_score, face.scores.brightness, face.scores.yaw_deg) == (0.9, 100.0, -20.0)
    assert [(one.why[:16], one.id) for one in face.relatives] == [("the same picture", _copy_id(tmp_path))]
    assert face.outline.cut == (-16.0, -16.0, 122.0)  # 1.35 times the face, as the crop was cut
    assert "landmarks" not in face.row["face"]


def _copy_id(root: Path) -> str:
    return next(key for key, one in records_of(root).items() if one.facets.reason == "dedup: near_duplicate")


def test_a_mask_knows_its_face_and_what_was_drawn(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    masked = records_of(tmp_path)[f"{images[1].id}-0-b"]
    assert masked.key.parent == f"{images[1].id}-0"
    assert (masked.facets.mask_type, masked.facets.wear, masked.facets.template) == ("ffp2", "nose_exposed", "t")
    assert masked.outline.polygon == (20.0, 40.0, 80.0, 40.0, 50.0, 90.0)
    assert masked.outline.cut == (0.0, 0.0, 100.0)  # it has no crop: the tile shows all of it
    assert masked.parent_picture == tmp_path / images[1].path
    assert masked.scores.sharpness == 1.0  # that of its face


def test_rejected_rows_say_why_and_show_the_photo_where_there_is_one(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    found = records_of(tmp_path)
    by_reason = {one.facets.reason: one for one in found.values() if one.facets.kind == "rejected"}
    assert set(by_reason) == {
        "ingest: not_an_image",
        "dedup: near_duplicate",
        "faces: face_cut_off",
        "split: no_group",
    }
    assert by_reason["ingest: not_an_image"].tile == tmp_path / "data/raw/unit/text.png"  # beside the source's images
    assert by_reason["faces: face_cut_off"].tile == tmp_path / images[0].path
    assert by_reason["split: no_group"].key.parent == f"{images[7].id}-0"  # a drawn mask all the same
    assert by_reason["dedup: near_duplicate"].detail == "detail of near_duplicate"
    assert [one.id for one in by_reason["dedup: near_duplicate"].relatives] == [f"{images[0].id}-0"]


def test_doubted_labels_are_told_where_a_list_is_there(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    doubt = LabelDoubt(
        face_id=f"{images[2].id}-0",
        image_id=images[2].id,
        path="x",
        mask_type="none",
        suggested="cloth",
        margin=0.7,
        witness="cue",
    )
    write_manifest(tmp_path / "reports/review.parquet", [doubt], LabelDoubt)
    face = records_of(tmp_path)[doubt.face_id]
    assert (face.facets.doubt, face.scores.label_doubt) == ("looks cloth", 0.7)


def test_stages_that_have_not_run_bring_nothing(tmp_path: Path) -> None:
    make_project(tmp_path)
    for table in tmp_path.glob("data/[dfms]*/*.parquet"):
        table.unlink()
    assert [one.facets.reason for one in project_of(tmp_path).records()] == ["ingest: not_an_image"]


def test_without_a_source_the_stage_to_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "data/raw").mkdir(parents=True)
    with pytest.raises(ManifestError, match="maskwright ingest"):
        list(project_of(tmp_path).keys())


def test_a_face_of_an_unknown_image_is_named(tmp_path: Path) -> None:
    make_project(tmp_path)
    table = tmp_path / "data/faces/faces.parquet"
    faces = read_manifest(table, Face)
    write_manifest(table, [replace(faces[0], image_id="elsewhere"), *faces[1:]], Face)
    with pytest.raises(ManifestError, match="names elsewhere, which no source brings"):
        list(project_of(tmp_path).records())


def test_shards_and_stores_are_read_but_no_address_of_the_page(tmp_path: Path) -> None:
    images = make_project(tmp_path)
    table = tmp_path / "data/faces/faces.parquet"
    faces = read_manifest(table, Face)
    write_manifest(table, [replace(face, crop_path="data/faces/0.tar#512+99") for face in faces], Face)
    assert str(records_of(tmp_path)[f"{images[0].id}-0"].tile) == f"{tmp_path}/data/faces/0.tar#512+99"
