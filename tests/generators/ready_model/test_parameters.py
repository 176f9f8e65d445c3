from pathlib import Path

import yaml

from generators.ready_model.__main__ import parameters
from generators.stage_runs import merged, write_params
from pipeline.core.params import load_params


def test_the_settings_are_parameters_of_ours(tmp_path: Path) -> None:
    params = parameters(tmp_path / "congress", tmp_path / "portraits", tmp_path / "weights.pth")
    write_params(tmp_path / "run", params)
    read = load_params(tmp_path / "run/params.yaml")
    assert read.train.target == "all"
    assert read.train.augmentation.random_covering > 0
    assert read.train.augmentation.flip == 0.5  # what the settings don't speak of stays
    assert read.ingest.sources == ("us-congress", "faker-portraits")
    written = yaml.safe_load((tmp_path / "run/params.yaml").read_text())
    assert written["ingest"]["settings"]["us-congress"]["path"] == str(tmp_path / "congress")


def test_changes_leave_what_they_change_as_it_was() -> None:
    before = {"a": {"b": 1}, "c": 2}
    assert merged(before, {"a": {"d": 3}, "c": {"e": 4}}) == {"a": {"b": 1, "d": 3}, "c": {"e": 4}}
    assert before == {"a": {"b": 1}, "c": 2}
