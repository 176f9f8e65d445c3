import numpy as np
import pytest

from pipeline.review.shortcuts import one_hot, picture_evidence, shortcut_scores
from tests.dedup.examples import picture


def test_a_shortcut_scores_high_and_noise_scores_like_guessing() -> None:
    rng = np.random.default_rng(0)
    labels = [("none", "cloth", "ffp2")[i % 3] for i in range(900)]
    telling = one_hot([label if rng.random() < 0.95 else "other" for label in labels])
    scores = shortcut_scores(
        {"telling": telling, "noise": rng.normal(size=(900, 4))}, labels, [str(i) for i in range(900)]
    )
    assert [s.evidence for s in scores] == ["telling", "noise"]
    assert scores[0].balanced_accuracy > 0.9
    assert scores[1].balanced_accuracy == pytest.approx(1 / 3, abs=0.06)
    assert scores[0].chance == pytest.approx(1 / 3)


def test_what_only_tells_the_group_does_not_count() -> None:
    groups = [str(i // 10) for i in range(400)]
    labels = [("none", "cloth")[(i // 10) % 2] for i in range(400)]
    score = shortcut_scores({"group": one_hot(groups)}, labels, groups)[0]
    assert score.balanced_accuracy < 0.65


def test_one_class_has_no_shortcuts() -> None:
    assert shortcut_scores({"source": one_hot(["a", "b"])}, ["none", "none"], ["1", "2"]) == []


def test_evidence_leaves_the_masked_part_out() -> None:
    rgb = picture(1, side_px=160)
    changed = rgb.copy()
    changed[60:145, 20:140] = 255
    for name, values in picture_evidence(rgb).items():
        np.testing.assert_allclose(values, picture_evidence(changed)[name], atol=0.02, err_msg=name)
