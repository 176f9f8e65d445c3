from xml.etree import ElementTree

import numpy as np
import pytest

from pipeline.evaluation.charts import line_chart, reliability_chart
from pipeline.evaluation.plots import confusion_rows, prediction_rows, roc_rows, to_csv
from pipeline.scores.calibration import ReliabilityBin
from pipeline.scores.classification import roc_auc

LABELS = np.array([0, 1, 1, 0, 1])
PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.7, 0.3], [0.2, 0.8]], dtype=np.float32)


def test_confusion_rows_name_both_classes() -> None:
    rows = confusion_rows(LABELS, PROBABILITIES, ("no", "yes"))
    assert rows[2] == {"actual": "yes", "predicted": "no"}
    assert len(rows) == 5


def test_the_area_under_the_curve_rows_is_the_auc() -> None:
    rows = roc_rows(LABELS, PROBABILITIES, ("no", "yes"))["yes"]
    area = np.trapezoid([row["tpr"] for row in rows], [row["fpr"] for row in rows])
    assert area == pytest.approx(roc_auc(LABELS, PROBABILITIES))
    assert (rows[0]["fpr"], rows[-1]["tpr"]) == (0.0, 1.0)


def test_prediction_rows_carry_ids_and_probabilities() -> None:
    rows = prediction_rows(list("abcde"), LABELS, PROBABILITIES, ("no", "yes"))
    assert rows[1]["sample_id"] == "b"
    assert np.isclose(rows[1]["p_yes"], 0.6)


def test_csv_has_a_header_without_rows() -> None:
    assert to_csv([], ("a", "b")) == "a,b\n"
    assert to_csv([{"a": 1 / 3, "b": "x"}], ("a", "b")) == "a,b\n0.333333,x\n"


def test_charts_are_well_formed_and_escape_names() -> None:
    bins = [ReliabilityBin(0.5, 0.6, 4, 0.55, 0.5), ReliabilityBin(0.9, 1.0, 40, 0.97, 0.9)]
    for chart in (reliability_chart(bins, 'a "<b>"'), line_chart({"a<b": [1.0, 0.5], "c": [0.2]}, "Loss", "loss")):
        ElementTree.fromstring(chart)  # noqa: S314 - our own text
    assert line_chart({"none": []}, "Loss", "loss").startswith("<svg")
