import base64
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.core.records import Face, Image, MaskedImage
from pipeline.review.label_doubts import LabelDoubt
from pipeline.storage.images import decode_image, read_image, write_image
from pipeline.storage.manifests import read_manifest, write_manifest
from stages.cli import main
from tests.dedup.examples import picture
from tests.stages.test_dedup_split import face_row, masked_row, photo, run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page after dedup and split of a small project with a duplicate and a conflict."""
    monkeypatch.chdir(tmp_path)
    params = "ingest: {sources: [unit]}\ndedup: {align_faces: false}\n"
    (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
    photos = [photo(tmp_path, f"p{i}", picture(i)) for i in range(20)]
    copy = photo(tmp_path, "smaller", picture(0)[::2, ::2].copy(), width_px=50)
    liar = photo(tmp_path, "<liar> & co", picture(1)[::2, ::2].copy())
    rows = [*photos, copy, replace(liar, mask_type="ffp2")]
    write_manifest(tmp_path / "data/raw/unit/images.parquet", rows, Image)
    run("dedup")
    faces = [face_row(image, f"face{image.origin}") for image in photos]
    masked = [masked_row(face, image, f"masked {face.id}") for face, image in zip(faces, photos, strict=True)]
    for i, path in enumerate([*(row.crop_path for row in faces), *(row.crop_path for row in masked)]):
        assert path is not None
        write_image(tmp_path / path, picture(i))
    write_manifest(tmp_path / "data/faces/faces.parquet", faces, Face)
    write_manifest(tmp_path / "data/masked/masked.parquet", masked, MaskedImage)
    run("split")
    run("curation-report")
    return tmp_path / "reports" / "curation.html"


def test_the_page_tells_what_was_dropped_and_why(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    for name in ("counts", "reasons", "links", "clusters", "conflicts", "leaks", "shortcuts"):
        assert f'<section id="{name}">' in text
    assert "near_duplicate" in text
    assert re.search(r"2 images, coarse patterns (at least )?\d+ % alike", text)
    assert "bits apart" not in text  # what says nothing to a reader
    assert '<link rel="stylesheet" href="browse/link.css">' in text
    assert "dropped: smaller. unit: smaller" in text
    assert "kept. unit: p0" in text
    assert "rejected: labels conflict. unit: &lt;liar&gt; &amp; co" in text
    assert "0 links join two sides" in text
    assert "upper third" in text


def test_the_page_needs_nothing_but_itself(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http" not in text.replace("data:image", "")
    assert text.count("data:image/jpeg;base64,") >= 4


def doubt_row(face: str, image: str, witness: str) -> LabelDoubt:
    return LabelDoubt(
        face_id=face,
        image_id=image,
        path="the photo of it",
        mask_type="none",
        suggested="masked",
        margin=0.97,
        witness=witness,
    )


def test_doubted_labels_are_shown_where_a_list_is_given_and_nothing_is_changed(report: Path) -> None:
    folder = report.parent
    assert '<section id="review">' not in report.read_text(encoding="utf-8")
    faces = read_manifest(folder.parent / "data/faces/faces.parquet", Face)
    doubts = [doubt_row(faces[k].id, faces[k].image_id, w) for k, w in enumerate(("both", "cue", "model"))]
    write_manifest(folder / "review.parquet", [*doubts, doubt_row("gone", "gone", "cue")], LabelDoubt)
    manifests = {path: path.read_bytes() for path in folder.parent.glob("data/**/*.parquet")}
    run("curation-report", "--review", "reports/review.parquet", "--out", "reports/review.html")
    text = (folder / "review.html").read_text(encoding="utf-8")
    section = text[text.index('<section id="review">') :]
    assert "3 labels doubted, 3 shown, the most doubtful first. Nothing was changed. 1 more are of faces" in section
    captions = re.findall("<figcaption>(.*?)</figcaption>", section)
    assert captions[0] == "labelled none, looks masked, says the masked-face cue and the other labels (0.97). unit: p0"
    assert [("cue" in c, "other labels" in c) for c in captions] == [(True, True), (True, False), (False, True)]
    shown = [decode_image(base64.b64decode(data)).rgb for data in re.findall('base64,([^"]*)"', section)]
    assert len(shown) == 3
    assert faces[0].crop_path is not None
    crop = cv2.resize(read_image(folder.parent / faces[0].crop_path).rgb, shown[0].shape[1::-1])
    assert np.abs(crop.astype(int) - shown[0]).mean() < 8  # its own face, not just any picture
    assert manifests == {path: path.read_bytes() for path in folder.parent.glob("data/**/*.parquet")}


def test_a_list_that_is_none_is_named(report: Path) -> None:
    result = CliRunner().invoke(main, ["curation-report", "--review", "data/split/split.parquet"])
    assert result.exit_code == 1
    assert "split.parquet" in result.output


def test_without_dedup_the_missing_manifest_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    result = CliRunner().invoke(main, ["curation-report"])
    assert result.exit_code == 1
    assert "images.parquet" in result.output


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_page_opens_in_a_browser(report: Path, tmp_path: Path) -> None:
    screenshot = tmp_path / "curation.png"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--window-size=1200,2400", f"--screenshot={screenshot}", report.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shown = read_image(screenshot).rgb
    assert shown.shape == (2400, 1200, 3)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 1000  # the pictures are there, not only text
