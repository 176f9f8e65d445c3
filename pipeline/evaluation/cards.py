"""Model card and data card as Markdown with the front matter that Hugging Face reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.core.records import MASK_TYPES, Assignment, Image
from pipeline.evaluation.attributes import SKIN_TONE_LIMITS
from pipeline.evaluation.flow import FlowRow
from pipeline.evaluation.measured import MeasuredSet
from pipeline.pages.markdown import front_matter, one_line, plain, size_category, table


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What one source gave to the dataset and on what terms."""

    name: str
    images: int
    licences: tuple[str, ...]


def source_rows(images: Sequence[Image], rows: Sequence[Assignment]) -> list[SourceRow]:
    """The sources of the images that samples were made from, by name."""
    used = {row.image_id for row in rows}
    by_source: dict[str, list[Image]] = {}
    for image in images:
        if image.id in used:
            by_source.setdefault(image.source, []).append(image)
    return [
        SourceRow(name, len(found), tuple(sorted({image.licence for image in found})))
        for name, found in sorted(by_source.items())
    ]


def data_card(rows: Sequence[Assignment], sources: Sequence[SourceRow], flow: Sequence[FlowRow]) -> str:
    """The dataset for people: what is in it, where it came from, what it isn't fit for."""
    licences = sorted({licence for source in sources for licence in source.licences})
    front = {
        "pretty_name": "Maskwright face-mask dataset",
        "task_categories": ["image-classification"],
        "size_categories": [size_category(len(rows))],
        "license": "other",
        "license_name": one_line(", ".join(licences)) or "unknown",
        "tags": ["face-mask", "synthetic"],
    }
    body = [
        "# Face-mask dataset",
        "",
        f"{len(rows)} face crops with a mask type, a wear state and a side of the split, built by Maskwright.",
        "",
        "## Composition",
        "",
        *table(("class", "train", "val", "test", "of these drawn"), _composition(rows)),
        "",
        "Drawn masks are laid on real faces; the manifest names the template and every drawn value of each. Copies of "
        "one photo, photos of one person and a face with its masked copies stand on one side of the split.",
        "",
        "## Sources and licences",
        "",
        *table(("source", "images", "licence"), [(s.name, str(s.images), ", ".join(s.licences)) for s in sources]),
        "",
        "## How it was made",
        "",
        *table(("stage", "kept", "rejected", "reasons"), [_flow_cells(row) for row in flow]),
        "",
        "## Limits",
        "",
        "- Faces that the detector misses are not in the dataset; each miss is a row of the stage's rejections.",
        "- Labels of drawn masks are certain. Those of photos come from their sources.",
        f"- {SKIN_TONE_LIMITS}",
        "- Not made for recognising people, nor for decisions about them.",
        "",
    ]
    return _card(front, body)


def model_card(model: str, facts: Mapping[str, Any], sets: Sequence[MeasuredSet]) -> str:
    """The model for people: what it was trained on, how well it does and where it doesn't."""
    body = [
        f"# {plain(model)} for face-mask types",
        "",
        f"Tells {plain(', '.join(_class_names(sets)))} apart on square face crops of {facts['params']['image_px']} px; "
        f"{facts['parameters']:,} parameters, initial weights: {plain(str(facts['params']['weights']))}.",
        "",
        "## Training data",
        "",
        *table(("side / class", "crops"), [(name, str(count)) for name, count in facts["counts"].items()]),
        "",
        "## Results",
        "",
        *table(("set", "head", "crops", "accuracy", "95 % interval", "balanced", "macro-F1"), _result_cells(sets)),
        "",
        "Real and drawn masks are measured apart. See report.html for confusion matrices, calibration and slices.",
        "",
        "## Limits",
        "",
        "- Trained mostly on drawn masks: results on real photos are those that count.",
        "- Coverings that are no mask of a known type (scarves, hands, shields) get the nearest class.",
        f"- {SKIN_TONE_LIMITS}",
        "- A prediction is no evidence about a person; don't enforce rules with it.",
        "",
    ]
    return _card(_model_front(model, sets), body)


def _model_front(model: str, sets: Sequence[MeasuredSet]) -> dict[str, Any]:
    results = [
        {
            "task": {"type": "image-classification"},
            "dataset": {"name": one_line(measured.title), "type": one_line(measured.found.name)},
            "metrics": [
                {"type": "accuracy", "value": round(result.scores.accuracy, 4), "name": f"{name} accuracy"},
                {"type": "f1", "value": round(result.scores.macro_f1, 4), "name": f"{name} macro-F1"},
            ],
        }
        for measured in sets
        for name, result in measured.results.items()
    ]
    return {
        "library_name": "pytorch",
        "pipeline_tag": "image-classification",
        "tags": ["face-mask"],
        "model-index": [{"name": model, "results": results}],
    }


def _class_names(sets: Sequence[MeasuredSet]) -> list[str]:
    heads = {name: result.head.classes for measured in sets for name, result in measured.results.items()}
    return [label for classes in heads.values() for label in classes]


def _result_cells(sets: Sequence[MeasuredSet]) -> list[tuple[str, ...]]:
    return [
        (
            measured.title,
            name,
            str(result.scores.count),
            f"{result.scores.accuracy:.1%}",
            " to ".join(f"{end:.1%}" for end in result.intervals.get("accuracy", ())),
            f"{result.scores.balanced_accuracy:.1%}",
            f"{result.scores.macro_f1:.1%}",
        )
        for measured in sets
        for name, result in measured.results.items()
    ]


def _composition(rows: Sequence[Assignment]) -> list[tuple[str, ...]]:
    counts = Counter((row.mask_type, row.side) for row in rows)
    drawn = Counter(row.mask_type for row in rows if row.synthetic)
    names = [name for name in (*MASK_TYPES, "unknown") if any(row.mask_type == name for row in rows)]
    return [(name, *(str(counts[name, side]) for side in ("train", "val", "test")), str(drawn[name])) for name in names]


def _flow_cells(row: FlowRow) -> tuple[str, ...]:
    reasons = ", ".join(f"{reason} {count}" for reason, count in row.reasons)
    return (row.stage, f"{row.kept} {row.unit}", str(row.rejected), reasons)


def _card(front: Mapping[str, Any], body: Sequence[str]) -> str:
    return front_matter(front) + "\n" + "\n".join(body)
