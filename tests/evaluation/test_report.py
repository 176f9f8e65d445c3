import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner

from pipeline.core.records import Assignment, Image, MaskedImage, Rejection
from pipeline.evaluation.cards import data_card, model_card, source_rows
from pipeline.evaluation.evaluating import Measuring
from pipeline.evaluation.external import held_out_sets
from pipeline.evaluation.flow import flow_row
from pipeline.evaluation.gradcam import grad_cam, overlay
from pipeline.evaluation.inputs import mask_pairs
from pipeline.evaluation.measured import MeasuredSet
from pipeline.evaluation.report import MaskPair, pictured_rows, render_report
from pipeline.evaluation.trained import TrainedJudge
from pipeline.review.browse.writing import SHOW_LINKS
from pipeline.storage.crop_files import read_crop
from pipeline.storage.manifests import read_manifest, write_manifest
from pipeline.training.labels import MASK_TYPE_HEAD, heads_of
from pipeline.training.models import MaskClassifier, ModelSpec, build_model
from tests.dedup.examples import image_row
from tests.stages.test_dedup_split import face_row, masked_row

FACTS = {
    "seed": 0,
    "parameters": 887_000,
    "best_epoch": 1,
    "epochs_run": 2,
    "counts": {"train/none": 9, "train/cloth": 9},
    "params": {
        "image_px": 32,
        "weights": "none",
        "optimizer": "adamw",
        "lr": 0.002,
        "schedule": "one_cycle",
        "batch_size": 32,
        "balance": "weights",
    },
    "history": [
        {"train_loss": 1.4, "val_loss": 1.3, "val_accuracy": 0.4, "val_macro_f1": 0.3},
        {"train_loss": 0.7, "val_loss": 0.9, "val_accuracy": 0.8, "val_macro_f1": 0.7},
    ],
}


@pytest.fixture
def model() -> MaskClassifier:
    torch.manual_seed(0)
    return build_model(ModelSpec("masknet", heads_of("mask_type"), 32, (0.5,) * 3, (0.2,) * 3, 0.0)).eval()


@pytest.fixture
def rows(project: Path) -> list[Assignment]:
    return read_manifest(project / "data/split/split.parquet", Assignment)


@pytest.fixture
def measured(model: MaskClassifier, rows: list[Assignment], project: Path) -> MeasuredSet:
    """An untrained model on the test side: right and wrong answers."""
    measuring = Measuring(
        root=project,
        temperatures={"mask_type": 1.5},
        seen_templates=frozenset({"cloth_1"}),
        bootstrap_samples=100,
        seed=0,
    )
    found = held_out_sets(rows, {})[0]
    return MeasuredSet(found, measuring.measure(TrainedJudge(model, batch_size=8, both_ways=True), found))


@pytest.fixture
def report(model: MaskClassifier, measured: MeasuredSet, project: Path) -> str:
    crops = {row.sample_id: read_crop(project / row.crop_path, 32) for row in pictured_rows([measured])}
    rejections = [Rejection(id=str(k), stage="faces", reason="no_face", detail="", origin="x") for k in range(3)]
    face = np.full((40, 40, 3), 130, dtype=np.uint8)
    return render_report(
        model,
        FACTS,
        [measured],
        crops=crops,
        pairs=[MaskPair(face, face, "cloth, <script>alert(1)</script>")],
        flow=[flow_row("faces", 97, "faces", rejections)],
    )


def test_the_report_holds_everything_itself(report: str, measured: MeasuredSet) -> None:
    result = measured.results["mask_type"]
    assert f"{100 * result.scores.accuracy:.1f} %" in report
    assert len(re.findall(r'<img src="data:image/jpeg;base64,', report)) == len(re.findall("<img ", report)) > 4
    addresses = set(re.findall(r"""(?:src|href)=["'](?!data:)([^"']*)""", report))
    assert addresses == {"browse/link.css", "browse.html", "browse.html#side=test"}  # shown where that page is
    assert "url(" not in report
    assert "no face 3" in report


def test_links_to_the_page_of_all_pictures_are_hidden_where_there_is_none(report: str, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    shown = "<pre id=probe></pre><script>document.getElementById('probe').textContent = \
        getComputedStyle(document.querySelector('.browse-link')).display</script>"
    page.write_text(report.replace("</body>", shown + "</body>"))
    assert '<pre id="probe">none</pre>' in browse(page, "--dump-dom").stdout
    (tmp_path / "browse").mkdir()
    (tmp_path / "browse/link.css").write_text(SHOW_LINKS)
    assert '<pre id="probe">block</pre>' in browse(page, "--dump-dom").stdout


def test_pairs_are_of_every_type(project: Path, rows: list[Assignment]) -> None:
    held_out = [replace(row, side="test") for row in rows]
    image = image_row("photo")
    face = face_row(image, next(row.sample_id for row in rows if row.mask_type == "none"))
    twins = [
        replace(masked_row(face, image, row.sample_id), mask_type=row.mask_type)
        for row in sorted(rows, key=lambda row: row.mask_type)  # as a manifest may have them: one type after the other
        if row.mask_type != "none"
    ]
    write_manifest(project / "data/masked/masked.parquet", twins, MaskedImage)
    pairs = mask_pairs(project, project, held_out)
    assert Counter(pair.caption.partition(",")[0] for pair in pairs) == {"cloth": 3, "ffp2": 3, "surgical": 2}
    write_manifest(project / "data/masked/masked.parquet", twins[:26], MaskedImage)  # 25 of one type, 1 of another
    few = mask_pairs(project, project, held_out)
    assert Counter(pair.caption.partition(",")[0] for pair in few) == {"cloth": 4, "ffp2": 1}


def test_names_cannot_inject_markup(report: str) -> None:
    assert "<script" not in report


def browse(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Load a page in headless Chromium, without a network."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    flags += ["--enable-logging=stderr", "--virtual-time-budget=2000", f"--user-data-dir={page.parent / 'profile'}"]
    command = [chromium, *flags, *arguments, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


_PROBE = """<pre id=probe></pre><script>
const images = [...document.images];
document.getElementById("probe").textContent = JSON.stringify({
  images: images.length, loaded: images.filter(i => i.complete && i.naturalWidth > 0).length,
  fetched: performance.getEntriesByType("resource").filter(r => !/^data:|browse.link.css$/.test(r.name)).length,
  overflow: document.documentElement.scrollWidth - window.innerWidth,
  tables: document.querySelectorAll("table").length, charts: document.querySelectorAll("svg").length,
});
</script>"""


@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it_from_disk(report: str, tmp_path: Path, width: int) -> None:
    page = tmp_path / "report.html"
    page.write_text(report.replace("</body>", _PROBE + "</body>"))
    done = browse(page, "--dump-dom", f"--window-size={width},2000")
    probe = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout)
    assert probe, done.stdout[-500:]
    found = json.loads(probe[1])
    assert found["loaded"] == found["images"] > 4
    assert (found["fetched"], found["charts"]) == (0, 3)
    assert found["overflow"] <= 0
    assert "CONSOLE" not in done.stderr


def test_grad_cam_follows_what_the_class_depends_on(model: MaskClassifier) -> None:
    crop = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    heat = grad_cam(model, crop, "mask_type", 1)
    assert (heat.shape, heat.dtype) == ((32, 32), np.dtype(np.float32))
    assert heat.min() >= 0
    assert heat.max() == pytest.approx(1.0)
    assert overlay(crop, np.zeros_like(heat)).tolist() == crop.tolist()


def test_grad_cam_finds_the_half_that_decides(model: MaskClassifier) -> None:
    class LeftBrightness(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 1, 1)
            torch.nn.init.ones_(self.conv.weight)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            features: torch.Tensor = self.conv(images)
            return features.mean((2, 3)).repeat(1, 192)

    model.backbone = LeftBrightness()
    torch.nn.init.ones_(model.get_parameter("heads.mask_type.weight"))
    crop = np.zeros((32, 32, 3), dtype=np.uint8)
    crop[:, :16] = 255
    heat = grad_cam(model, crop, "mask_type", 0)
    assert heat[:, :14].mean() > 10 * heat[:, 18:].mean()


def test_cards_begin_with_front_matter(
    measured: MeasuredSet, rows: list[Assignment], make_image: Callable[..., Image]
) -> None:
    images = [make_image(id=row.image_id, source="sample", licence="CC0-1.0") for row in rows]
    images.append(make_image(id="unused", source="elsewhere", licence="secret"))
    sources = source_rows(images, rows)
    assert [(s.name, s.images, s.licences) for s in sources] == [("sample", 100, ("CC0-1.0",))]
    data = data_card(rows, sources, [flow_row("split", 100, "samples", [])])
    front = yaml.safe_load(data.split("---\n")[1])
    assert front["size_categories"] == ["n<1K"]
    assert "| cloth | 15 | 5 | 5 | 25 |" in data
    card = model_card("masknet", FACTS, [measured])
    results = yaml.safe_load(card.split("---\n")[1])["model-index"][0]["results"]
    assert results[0]["metrics"][0]["value"] == round(measured.results["mask_type"].scores.accuracy, 4)


def test_strangers_words_are_shown_and_no_more(
    rows: list[Assignment], measured: MeasuredSet, make_image: Callable[..., Image]
) -> None:
    bad = 'mine"><script>alert(1)</script> | x\n---\n# Mine `a`'
    images = [make_image(id=row.image_id, source=bad, licence=bad) for row in rows]
    data = data_card(rows, source_rows(images, rows), [flow_row("split", 100, "samples", [])])
    facts = {**FACTS, "params": {"image_px": 32, "weights": bad}, "counts": {bad: 1}}
    for card in (data, model_card(bad, facts, [measured])):
        assert "<script" not in card
        assert '">' not in card
        assert "\n# Mine" not in card
        assert card.count("\n---\n") == 1
    name = yaml.safe_load(data.split("---\n")[1])["license_name"]
    assert name == 'mine"><script>alert(1)</script> | x --- # Mine `a`'


def test_evaluate_writes_every_file(project: Path) -> None:
    from stages.evaluate import command as evaluate
    from stages.train import command as train

    write_manifest(project / "data/split/rejected.parquet", [], Rejection)
    photo = read_crop(project / "data/faces/crops/000.jpg", 64)
    for name in ("none", "cloth"):
        from pipeline.storage.images import write_image

        write_image(project / f"photos/{name}/a.png", photo)
    (project / "params.yaml").write_text(
        "train: {image_px: 32, workers: 0, epochs: 1, target: type_and_wear}\n"
        "evaluate: {external: {mine: photos}, bootstrap_samples: 20}\n"
    )
    assert CliRunner().invoke(train, []).exit_code == 0
    result = CliRunner().invoke(evaluate, [])
    assert result.exit_code == 0, result.output
    metrics = json.loads((project / "reports/metrics.json").read_text())
    assert set(metrics) == {"test_synthetic", "mine"}
    assert metrics["mine"]["mask_type"]["count"] == 2
    assert metrics["mine"]["wear"]["count"] == 1  # how the cloth mask is worn isn't known
    names = {path.relative_to(project / "reports").as_posix() for path in (project / "reports").rglob("*.*")}
    assert {"report.html", "model_card.md", "data_card.md", "croissant.json", "evaluation.json"} <= names
    assert "plots/mine/mask_type/confusion.csv" in names


def test_a_test_side_of_one_class_says_so(project: Path, rows: list[Assignment]) -> None:
    from stages.evaluate import command as evaluate
    from stages.train import command as train

    (project / "params.yaml").write_text("train: {image_px: 32, workers: 0, epochs: 1}\n")
    assert CliRunner().invoke(train, []).exit_code == 0
    only = [replace(row, side="val") if row.side == "test" and row.mask_type != "none" else row for row in rows]
    write_manifest(project / "data/split/split.parquet", only, Assignment)
    result = CliRunner().invoke(evaluate, [])
    assert result.exit_code == 1
    assert "nothing to measure on" in result.output


def test_heads_keep_their_order(measured: MeasuredSet) -> None:
    assert measured.results["mask_type"].head == MASK_TYPE_HEAD
    assert measured.results["mask_type"].details()["classes"] == ["none", "cloth", "surgical", "ffp2"]
