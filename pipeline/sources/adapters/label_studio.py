"""Label Studio: JSON files of tasks, each of one image, with what each annotator said of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.sources.adapters.annotated import AnnotatedAdapter, AnnotationClaim
from pipeline.sources.adapters.label_studio_names import ImageNames
from pipeline.sources.adapters.label_studio_results import read_results
from pipeline.sources.adapters.layout import ParsedTree, annotation_bytes, damaged, is_image_name, no_layout
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.papers import decode_text

EXPECTED = "a JSON export of Label Studio (JSON or JSON-MIN), a list of tasks with annotations; images"

_ANNOTATIONS = ("annotations", "completions")
_MINIMAL = ("annotation_id", "annotator", "lead_time")
"""Keys that only tasks of JSON-MIN have; there the words stand in the task itself."""
_LOOKED_AT = 20

_Task = Mapping[str, Any]


class LabelStudioAdapter(AnnotatedAdapter[TreeSettings]):
    """One image a task; the labels are the words of its regions, or those for the whole image."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image with its boxes.

        Raises:
            SourceError: there is no image, or no such JSON.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = [(file, _read(file)) for file in tree.others if file.name.lower().endswith(".json")]
        exports = {file.origin: read for file, read in papers if isinstance(read, list)}
        refusals = [read for _, read in papers if isinstance(read, Refusal)]
        if not exports or not tree.images:
            raise no_layout(self.workspace.name, EXPECTED, found, refusals)
        taken = {*exports, *(one.origin for one in refusals)}
        tree.take(lambda file: file.origin in taken)
        names = ImageNames(image.origin for image in tree.images)
        read = [row for origin, tasks in exports.items() for row in _claims(origin, tasks, names)]
        yield from self.all_of(tree, [*read, *refusals])


def is_label_studio(document: Any) -> bool:
    """Whether a JSON document is a list of tasks."""
    return isinstance(document, list) and any(_is_task(one) for one in document[:_LOOKED_AT])


def _is_task(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    full = isinstance(one.get("data"), dict) and any(isinstance(one.get(key), list) for key in _ANNOTATIONS)
    return full or any(key in one for key in _MINIMAL)


def _read(file: TreeFile) -> list[Any] | Refusal | None:
    """The tasks of a file, why it can't be read, or None where it is another document."""
    try:
        document = json.loads(decode_text(annotation_bytes(file)))
    except (ValueError, RecursionError) as error:
        return damaged(file.origin, f"not JSON: {error}")
    return document if is_label_studio(document) else None


def _claims(origin: str, tasks: Sequence[Any], names: ImageNames) -> Iterator[AnnotationClaim | Refusal]:
    """What each task claims, after a row for each of its results that can't be used.

    Annotations that were cancelled don't count; where one is marked as the truth, the others don't.
    """
    for place, task in enumerate(tasks):
        known = task.get("id") if isinstance(task, dict) else None
        number = f"task-{known}" if isinstance(known, str | int) else f"task-at-{place}"
        try:
            if not _is_task(task):
                raise ValueError("is no task with annotations")
            named = names.named(_image_of(task))
            annotations = list(_annotations(task))
        except ValueError as error:
            yield damaged(f"{origin}#{number}", error)
            continue
        for count, results in enumerate(annotations):
            each = number if len(annotations) == 1 else f"{number}-annotation{count}"
            said = read_results(results)
            yield from (damaged(f"{origin}#{each}-{name}", error) for name, error in said.damage)
            yield AnnotationClaim(origin, said.annotation, number=each, named=named)


def _image_of(task: _Task) -> str:
    """The address of a task's image.

    Raises:
        ValueError: it has none.
    """
    data = task["data"] if isinstance(task.get("data"), dict) else task
    words = [value for value in (data.get("image"), *data.values()) if isinstance(value, str) and value.strip()]
    found = words[:1] if words and words[0] == data.get("image") else [one for one in words if _is_image(one)]
    if not found:
        raise ValueError("names no image")
    if len(set(found)) > 1:
        raise ValueError(f"names {len(set(found))} images, and its regions are of one of them")
    return found[0].strip()


def _is_image(address: str) -> bool:
    return is_image_name(address.partition("?")[0])


def _annotations(task: _Task) -> Iterator[list[Any]]:
    """The results of each annotation that counts.

    Raises:
        ValueError: one is no list of results.
    """
    if not isinstance(task.get("data"), dict):
        yield list(_minimal(task))
        return
    listed = [task[key] for key in _ANNOTATIONS if isinstance(task.get(key), list)]
    found = [one for annotations in listed for one in annotations if not _is_cancelled(one)]
    truth = [one for one in found if isinstance(one, dict) and one.get("ground_truth")]
    for one in truth or found:
        results = one.get("result") if isinstance(one, dict) else None
        if not isinstance(results, list):
            raise ValueError("an annotation without a list of results")
        yield results


def _is_cancelled(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("was_cancelled") or one.get("skipped"))


def _minimal(task: _Task) -> Iterator[Any]:
    """The results of a task of JSON-MIN: lists of regions, and a word or words for the whole image as `choice`."""
    for key, value in task.items():
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            yield from (one for one in value if not (isinstance(one, dict) and "x" not in one and "points" not in one))
        elif key in {"choice", "choices", "label"} and isinstance(value, str | dict | list):
            words = value.get("choices") if isinstance(value, dict) else value
            yield {"choices": words if isinstance(words, list) else [words]}
