"""An output of `augment-masks` as Hugging Face's own libraries load it: whole, whatever the photos are called."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stages.augment_masks import main as augment_masks
from tests.conftest import MakePhotos

NAMES = ("test/a.jpg", "train/a.jpg", "val/dev.jpg", "my_test.jpg", "eval-1.jpg", "validation.jpg")
"""Names that the loaders take for sides of a split: a folder that has some loads those alone, without any row."""

LOAD = """
import json, sys
import datasets
from huggingface_hub import DatasetCard
out, cache = sys.argv[1:]
datasets.disable_progress_bars()
told = {}
for how, asked in {"folder": {"path": out}, "loader": {"path": "imagefolder", "data_dir": out}}.items():
    sides = datasets.load_dataset(**asked, cache_dir=f"{cache}/{how}")
    rows = [row for side in sides.values() for row in side]
    told[how] = {"sides": {name: len(side) for name, side in sides.items()}, "ids": [row["id"] for row in rows]}
    told[how]["sizes"] = sorted({row["image"].size for row in rows})
    told[how]["columns"] = sorted(sides["train"].column_names)
card = DatasetCard.load(f"{out}/README.md", ignore_metadata_errors=False)
told["card"] = {"license": card.data.license, "size_categories": card.data.size_categories, "tags": card.data.tags}
print(json.dumps(told))
"""


def loaded(out: Path, cache: Path) -> dict[str, Any]:
    """What both ways to load say, in a process that can't reach the Hub."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(cache / "home")}
    command = [sys.executable, "-c", LOAD, str(out), str(cache)]
    done = subprocess.run(command, env=os.environ | offline, capture_output=True, text=True, check=True, timeout=120)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("faces", ["each", "all"])
def test_all_pictures_are_loaded_with_their_rows(make_photos: MakePhotos, tmp_path: Path, faces: str) -> None:
    out, command = tmp_path / "OUT", ["--mask", "cloth", "--include-unmasked", "--crops", "--alpha", "--jobs", "1"]
    photos = make_photos(*NAMES)
    augment_masks([str(photos), str(out), *command, "--faces", faces, "--licence", "CC BY 4.0"], standalone_mode=False)
    rows = [json.loads(line) for line in (out / "metadata.jsonl").read_text(encoding="utf-8").splitlines()]
    told = loaded(out, tmp_path / "cache")
    for how in ("folder", "loader"):
        assert told[how]["sides"] == {"train": 2 * len(NAMES)}
        assert sorted(told[how]["ids"]) == sorted(row["id"] for row in rows)
        assert told[how]["sizes"] == [[row["width_px"], row["height_px"]] for row in rows[:1]]
        assert {"image", "parent", "licence", "mask_type" if faces == "each" else "objects"} <= {*told[how]["columns"]}
    assert told["card"] == {"license": "cc-by-4.0", "size_categories": ["n<1K"], "tags": ["face-mask", "synthetic"]}
