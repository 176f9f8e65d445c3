"""The output of augment-masks, taken in again beside its photos, stays tied to them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.core.arrays import Rgb
from pipeline.core.records import DuplicateLink, Image
from pipeline.storage.images import write_image
from pipeline.storage.manifests import read_manifest
from stages.augment_masks import MaskCommand
from stages.augment_masks import command as augment_masks
from stages.cli import LazyGroup, main

PARAMS = """\
ingest:
  sources: [photos, made]
  settings:
    photos: {adapter: folder, path: photos, licence: CC0-1.0, labels: {none: {mask_type: none, wear: none}}}
    made:
      adapter: imagefolder
      path: made
      licence: CC0-1.0
      label_columns: [mask_type]
      synthetic: true
      labels: {surgical: {mask_type: surgical}, cloth: {mask_type: cloth}}
dedup: {align_faces: false}
"""


def run(command: MaskCommand | LazyGroup, *arguments: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output


def test_masked_pictures_are_derived_from_their_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, portrait: Rgb
) -> None:
    monkeypatch.chdir(tmp_path)
    write_image(tmp_path / "photos" / "none" / "hopper.png", portrait)
    run(augment_masks, "photos", "made", "--mask", "surgical", "--mask", "cloth")
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    run(main, "ingest")
    run(main, "dedup")
    sources = {
        i.id: i.source
        for s in ("photos", "made")
        for i in read_manifest(tmp_path / f"data/raw/{s}/images.parquet", Image)
    }
    links = read_manifest(tmp_path / "data/dedup/links.parquet", DuplicateLink)
    derived = [link for link in links if link.kind == "derived_from"]
    assert sorted(sources.values()) == ["made", "made", "photos"]
    assert [{sources[link.first], sources[link.second]} for link in derived] == [{"photos", "made"}] * 2
