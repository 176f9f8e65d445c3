from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.records import DuplicateLink, Face, Image
from pipeline.faces.detectors import YuNetDetector
from pipeline.faces.landmarks import LandmarkPredictor
from pipeline.review.label_doubts import LabelDoubt, doubt_labels
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages.cli import main
from tests.dedup.examples import image_row
from tests.stages.test_dedup_split import face_row

UNSURE = 0.5


def three_types(count: int) -> tuple[list[str], NDArray[np.float32]]:
    """Labels and features that tell them."""
    rng = np.random.default_rng(0)
    labels = [("none", "cloth", "ffp2")[i % 3] for i in range(count)]
    centres = {name: rng.normal(size=200) for name in set(labels)}
    return labels, np.array([centres[label] + rng.normal(0, 0.4, 200) for label in labels], dtype=np.float32)


def test_only_planted_wrong_labels_are_doubted() -> None:
    truth, features = three_types(300)
    planted = set(range(0, 300, 29))
    labels = [{"none": "cloth", "cloth": "ffp2", "ffp2": "none"}[t] if i in planted else t for i, t in enumerate(truth)]
    arguments = (labels, np.full(300, UNSURE), features, [str(i) for i in range(300)])
    doubts = doubt_labels(*arguments)
    assert {doubt.row for doubt in doubts} <= planted
    assert len(doubts) >= 5  # the rule takes what is at least as sure as usual: of faces that are all alike, half
    assert all(doubt.suggested == truth[doubt.row] and doubt.witness == "model" for doubt in doubts)
    assert [doubt.margin for doubt in doubts] == sorted((doubt.margin for doubt in doubts), reverse=True)
    assert doubts == doubt_labels(*arguments)


def test_the_cue_doubts_what_it_is_sure_of_and_both_go_first() -> None:
    truth, features = three_types(120)
    labels = ["none" if i == 1 else label for i, label in enumerate(truth)]
    masked = np.full(120, UNSURE)
    masked[[1, 3]], masked[4] = 0.99, 0.01
    doubts = doubt_labels(labels, masked, features, [str(i) for i in range(120)])
    by_row = {doubt.row: doubt for doubt in doubts}
    assert (doubts[0].row, doubts[0].witness, doubts[0].suggested) == (1, "both", "cloth")
    assert (by_row[3].witness, by_row[3].suggested) == ("cue", "masked")
    assert (by_row[4].witness, by_row[4].suggested) == ("cue", "none")


def test_one_type_alone_is_judged_by_the_cue() -> None:
    doubts = doubt_labels(["none"] * 4, np.array([0.1, 0.999, 0.2, 0.3]), np.zeros((4, 3), np.float32), list("abcd"))
    assert [(doubt.row, doubt.witness) for doubt in doubts] == [(1, "cue")]


def test_the_command_writes_the_list_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: Rgb
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    detector = YuNetDetector()
    landmarks = LandmarkPredictor().predict(portrait, detector.detect(portrait)[0])
    write_image(tmp_path / "bare.png", portrait)
    liar, gone = image_row("liar", path="bare.png"), image_row("gone", path="gone.png")
    write_manifest(tmp_path / "data/dedup/kept.parquet", [liar, gone], Image)
    write_manifest(tmp_path / "data/dedup/links.parquet", [], DuplicateLink)
    faces = [
        replace(face_row(i, i.origin), mask_type="ffp2", landmarks=tuple(landmarks.ravel().tolist()))
        for i in (liar, gone)
    ]
    write_manifest(tmp_path / "data/faces/faces.parquet", faces, Face)
    before = (tmp_path / "data/faces/faces.parquet").read_bytes()
    result = CliRunner().invoke(main, ["review-labels"])
    assert result.exit_code == 0, result.output
    assert "1 of 2 labelled faces doubted, 1 could not be read" in result.output
    (row,) = read_manifest(tmp_path / "reports/review.parquet", LabelDoubt)
    assert (row.face_id, row.mask_type, row.suggested, row.witness) == ("liar", "ffp2", "none", "cue")
    assert (tmp_path / "data/faces/faces.parquet").read_bytes() == before
