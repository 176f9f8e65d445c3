"""report.html: one file that opens anywhere, with every picture and style inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.records import Assignment
from pipeline.evaluation.attributes import SKIN_TONE_LIMITS
from pipeline.evaluation.charts import line_chart, reliability_chart
from pipeline.evaluation.evaluating import HeadResult, worst_mistakes
from pipeline.evaluation.flow import FlowRow
from pipeline.evaluation.gradcam import grad_cam, overlay
from pipeline.evaluation.measured import MeasuredSet
from pipeline.evaluation.slices import lagging
from pipeline.pages.rendering import jpeg_uri, render_page
from pipeline.scores.calibration import reliability
from pipeline.training.models import MaskClassifier

_PICTURE_PX = 128
_MISTAKES = 8


@dataclass(frozen=True, slots=True)
class MaskPair:
    """A face before and after a mask was put on it."""

    before: Rgb
    after: Rgb
    caption: str


def render_report(
    model: MaskClassifier,
    facts: Mapping[str, Any],
    sets: Sequence[MeasuredSet],
    *,
    crops: Mapping[str, Rgb],
    pairs: Sequence[MaskPair] = (),
    flow: Sequence[FlowRow] = (),
) -> str:
    """The report as HTML; `crops` holds the mistakes' crops at the model's input size, by `sample_id`."""
    return render_page(
        "pipeline.evaluation",
        "report.html.j2",
        facts=facts,
        model_name=model.spec.model,
        sets=[_set_section(model, measured, crops) for measured in sets],
        curves=_curves(facts),
        pairs=[{"before": data_uri(p.before), "after": data_uri(p.after), "caption": p.caption} for p in pairs],
        flow=flow,
        skin_tone_limits=SKIN_TONE_LIMITS,
    )


def _curves(facts: Mapping[str, Any]) -> list[str]:
    history = facts["history"]
    losses = {"train": [row["train_loss"] for row in history], "validation": [row["val_loss"] for row in history]}
    scores = {
        "accuracy": [row["val_accuracy"] for row in history],
        "macro-F1": [row["val_macro_f1"] for row in history],
    }
    return [line_chart(losses, "Loss", "loss"), line_chart(scores, "Validation side", "score")]


def _set_section(model: MaskClassifier, measured: MeasuredSet, crops: Mapping[str, Rgb]) -> dict[str, Any]:
    return {
        "name": measured.found.name,
        "title": measured.title,
        "is_real": measured.is_real,
        "count": len(measured.found.rows),
        "rejected": len(measured.found.rejections),
        "heads": [_head_section(model, result, crops) for result in measured.results.values()],
    }


def _head_section(model: MaskClassifier, result: HeadResult, crops: Mapping[str, Rgb]) -> dict[str, Any]:
    return {
        "name": result.head.name.replace("_", " "),
        "classes": result.head.classes,
        "scores": result.scores,
        "intervals": result.intervals,
        "confusion": _confusion_cells(result),
        "calibration_error": result.calibration_error,
        "uncalibrated_error": result.uncalibrated_error,
        "reliability": reliability_chart(reliability(result.labels, result.probabilities), "Reliability"),
        "lagging": lagging(result.slices, result.scores.accuracy),
        "slices": result.slices,
        "mistakes": _mistakes(model, result, crops),
    }


def _confusion_cells(result: HeadResult) -> list[dict[str, Any]]:
    rows = []
    for name, counts in zip(result.head.classes, result.scores.confusion, strict=True):
        total = max(1, sum(counts))
        rows.append({"name": name, "cells": [{"count": count, "share": count / total} for count in counts]})
    return rows


def _mistakes(model: MaskClassifier, result: HeadResult, crops: Mapping[str, Rgb]) -> list[dict[str, str]]:
    found = []
    for position in mistaken_positions(result):
        row, predicted = result.rows[position], int(result.predicted[position])
        crop = crops[row.sample_id]
        heat = grad_cam(model, crop, result.head.name, predicted)
        classes, sure = result.head.classes, result.probabilities[position, predicted]
        caption = f"{classes[result.labels[position]]} taken for {classes[predicted]}, {sure:.0%} sure"
        found.append({"crop": data_uri(crop), "heat": data_uri(overlay(crop, heat)), "caption": caption})
    return found


def mistaken_positions(result: HeadResult) -> list[int]:
    """The mistakes that the report shows."""
    return worst_mistakes(result, _MISTAKES)


def pictured_rows(sets: Sequence[MeasuredSet]) -> list[Assignment]:
    """The rows whose crops the report shows."""
    return [
        result.rows[position]
        for measured in sets
        for result in measured.results.values()
        for position in mistaken_positions(result)
    ]


def data_uri(rgb: Rgb, side_px: int = _PICTURE_PX) -> str:
    """A picture as text that a page can hold, brought to a square of that side."""
    method = cv2.INTER_AREA if min(rgb.shape[:2]) > side_px else cv2.INTER_CUBIC
    square = np.asarray(cv2.resize(rgb, (side_px, side_px), interpolation=method), dtype=np.uint8)
    return jpeg_uri(square, quality=82)
