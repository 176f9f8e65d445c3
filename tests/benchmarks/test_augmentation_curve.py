from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from benchmarks.augmentation_curve import (
    IMAGE_PX,
    Features,
    accuracy,
    balanced,
    chart,
    curve,
    drawn_of,
    features_of,
    line,
)


def clouds(count: int, shift: float, seed: int) -> Features:
    """Four classes on four axes, each crop and its mirror image near its class's end; `shift` moves them all."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), count)
    ends = np.eye(4)[labels][:, None, :] + shift
    values = ends + rng.normal(0, 0.3, (len(labels), 2, 4))
    return Features(values.astype(np.float32), labels)


def test_the_curve_has_ours_and_both_ways_for_each_number() -> None:
    ours, real, test = clouds(30, 0.3, 1), clouds(50, 0, 2), clouds(50, 0, 3)
    rows = curve(ours, real, test, draws=3)
    assert [(row.kind, row.number, len(row.accuracies)) for row in rows] == [
        ("ours alone", 0, 1),
        *((kind, number, 3) for number in (5, 10, 20, 40) for kind in ("real alone", "both")),
        ("real alone", None, 1),
        ("both", None, 1),
    ]
    assert rows[-2].mean > 0.9  # the clouds can be told apart
    assert line(rows[-1]).startswith("both, all a class: ")
    assert " to " in line(rows[1])
    assert rows == curve(ours, real, test, draws=3)
    drawing = ElementTree.fromstring(chart(rows, 200))  # noqa: S314 - our own
    assert [text.text for text in drawing.iter() if text.tag.endswith("text")][-3:] == [
        "real alone", "both", "ours alone",
    ]  # fmt: skip


def test_draws_differ_and_take_so_many_of_each_class() -> None:
    real = clouds(50, 0, 2)
    first, again, second = drawn_of(real, 5, 0), drawn_of(real, 5, 0), drawn_of(real, 5, 1)
    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values, second.values)
    assert np.bincount(first.labels).tolist() == [5] * 4
    assert np.bincount(drawn_of(real, 99, 0).labels).tolist() == [50] * 4


def test_weights_make_classes_alike_and_keep_those_within() -> None:
    weights = balanced(np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 4.0, 1.0]))
    assert weights == pytest.approx([1 / 3, 1 / 3, 4 / 3, 2])


def test_what_weighs_more_is_believed_more() -> None:
    right, wrong = clouds(20, 0, 5), clouds(20, 0, 6)
    wrong = Features(wrong.values, (wrong.labels + 1) % 4)
    test = clouds(50, 0, 7)
    assert accuracy([(right, 9.0), (wrong, 1.0)], test) > 0.9
    assert accuracy([(right, 1.0), (wrong, 9.0)], test) < 0.1


def test_a_crop_and_its_mirror_image_are_seen() -> None:
    half = np.zeros((IMAGE_PX, IMAGE_PX, 3), dtype=np.uint8)
    half[:, : IMAGE_PX // 2] = 255
    found = features_of(torch.nn.AvgPool2d(3), [half, half[:, ::-1]])
    assert found.shape == (2, 2, 3)
    assert found[0] == pytest.approx(found[1][::-1])
