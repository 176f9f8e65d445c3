import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.all_dials import read_pairs, slope_lines, slopes, worlds
from benchmarks.template_dials import FARTHEST, dial_names, knobs, shipped, turned_params, turned_templates
from pipeline.masks import MaskParams, load_templates


def test_dials_at_zero_leave_everything_as_shipped() -> None:
    still = dict.fromkeys(dial_names(), 0.0)
    assert turned_templates(still) == load_templates()
    assert turned_params(still) == MaskParams()


def test_each_dial_turns_a_value() -> None:
    of_templates = [knob for document in shipped() for knob in knobs(document)]
    moving = {knob.dial for knob in of_templates if knob.turned(1.0) != knob.turned(0.0)}
    assert {knob.dial for knob in of_templates} == moving


@pytest.mark.parametrize("z", [-FARTHEST, FARTHEST])
def test_templates_load_with_every_dial_turned_as_far_as_it_goes(z: float) -> None:
    turns = dict.fromkeys(dial_names(), z)
    assert set(turned_templates(turns)) == set(load_templates())
    assert turned_params(turns) != MaskParams()


def test_a_dial_turns_what_it_names() -> None:
    height = "ffp2 reliefs.wrinkles.height_mm"
    turned = turned_templates({height: 1.0})
    changed = {name for name, template in load_templates().items() if template != turned[name]}
    assert "ffp2_folded" in changed
    assert all(name.startswith("ffp2") for name in changed)


def test_worlds_of_a_pair_are_opposite(tmp_path: Path) -> None:
    up, down, other, _ = worlds(tmp_path, 2, 0.8)
    assert up.seed == down.seed != other.seed
    assert all(up.turns[name] == -down.turns[name] for name in up.turns)
    assert np.std(list(up.turns.values())) == pytest.approx(0.8, abs=0.1)
    assert up.turns != other.turns


def test_slopes_are_found_again_among_others() -> None:
    rng = np.random.default_rng(0)
    turns = rng.normal(0, 0.8, (400, 5))
    halves = turns @ np.array([0.02, -0.01, 0, 0, 0]) + rng.normal(0, 0.01, 400)
    found, error = slopes(turns, halves)
    assert found == pytest.approx([0.02, -0.01, 0, 0, 0], abs=0.003)
    assert (np.abs(found / error) > 4).tolist() == [True, True, False, False, False]


def test_pairs_that_are_half_judged_are_left_out(tmp_path: Path) -> None:
    for folder, loss in (("000-up", 0.30), ("000-down", 0.34), ("001-up", 0.5)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "dials.json").write_text(json.dumps({"turns": {"a": 1.0, "b": -0.5}}))
        (tmp_path / folder / "judged.json").write_text(json.dumps({"losses": {"dev": loss}}))
    turns, halves = read_pairs(tmp_path)
    assert turns == [{"a": 1.0, "b": -0.5}]
    assert halves == [{"dev": pytest.approx(-0.02)}]
    lines = slope_lines(turns, halves, ["dev"])
    assert lines[0].startswith("1 pairs")
    assert lines[1].endswith("a: -0.0200")
    assert slope_lines([], [], ["dev"]) == ["no pair is judged yet"]
