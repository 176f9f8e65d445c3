"""A classifier of face crops behind one interface, and the one that onnxruntime runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as refusals

from pipeline.core.arrays import Rgb
from pipeline.core.errors import MaskwrightError
from pipeline.core.step_times import timed
from pipeline.faces.onnx_session import one_thread_session
from pipeline.prediction.onnx_parts import has_outside_weights
from pipeline.prediction.usage import METADATA_KEY, ModelUsage, read_usage
from pipeline.scores.probabilities import Logits, log_of_mean

_LARGEST_BYTES = 512 * 2**20
_REFUSALS = (
    refusals.Fail, refusals.InvalidProtobuf, refusals.InvalidGraph, refusals.InvalidArgument, refusals.NotImplemented,
    refusals.NoModel, refusals.RuntimeException, ValueError, RuntimeError,
)  # fmt: skip
"""What onnxruntime raises over a file that it can't take: its own exceptions have no common base."""


class Classifier(Protocol):
    """Tells the classes of face crops."""

    @property
    def usage(self) -> ModelUsage:
        """What it wants to see, and what its numbers mean."""
        ...

    def __call__(self, crops: Rgb) -> dict[str, Logits]:
        """Logits `(N, classes)` by head of crops `uint8 (N, image_px, image_px, 3)`."""
        ...


def logits_of(classifier: Classifier, crops: Sequence[Rgb], *, both_ways: bool) -> dict[str, Logits]:
    """Logits `(N, classes)` by head; `both_ways` gives the log of the mean probabilities of each with its mirror image.

    A face and its mirror image wear the same mask. What a model says of both together is right a little more often.
    """
    images = np.stack(crops)
    if not both_ways:
        return classifier(images)
    found = classifier(np.concatenate([images, images[:, :, ::-1]]))
    count = len(images)
    return {head: log_of_mean(logits[:count], logits[count:]) for head, logits in found.items()}


class OnnxClassifier:
    """A model in an ONNX file as `maskwright export-model` writes it: usage inside, weights inside, on one thread.

    One thread gives the same numbers on every machine with the same processor features, however many cores it has.
    """

    def __init__(self, data: bytes, origin: str) -> None:
        self._origin = origin
        self._session = _session(data, origin)
        self.usage = _usage_of(self._session, origin)
        self._heads = tuple(output.name for output in self._session.get_outputs())
        self._input = self._session.get_inputs()[0].name
        self._try_out()

    @classmethod
    def read(cls, path: Path) -> "OnnxClassifier":
        """The model in a file.

        Raises:
            MaskwrightError: the file can't be read, is damaged, keeps its weights elsewhere, or isn't one of ours.
        """
        try:
            if path.stat().st_size > _LARGEST_BYTES:
                raise MaskwrightError(f"{path}: larger than {_LARGEST_BYTES >> 20} MB, which no model of ours is")
            return cls(path.read_bytes(), str(path))
        except OSError as error:
            raise MaskwrightError(f"{path}: cannot be read: {error.strerror}") from error

    @timed("classify")
    def __call__(self, crops: Rgb) -> dict[str, Logits]:
        """Logits `(N, classes)` by head of crops `uint8 (N, image_px, image_px, 3)`.

        Raises:
            MaskwrightError: the model gives what is no number.
        """
        images = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)
        found: list[Any] = self._session.run(self._heads, {self._input: images})
        return {head: self._checked(head, logits, len(crops)) for head, logits in zip(self._heads, found, strict=True)}

    def _checked(self, head: str, logits: Any, count: int) -> Logits:
        wanted = (count, len(self.usage.classes[head]))
        if not isinstance(logits, np.ndarray) or logits.shape != wanted:
            shape = getattr(logits, "shape", type(logits).__name__)
            raise MaskwrightError(f"{self._origin}: its output {head} has the shape {shape}, expected {wanted}")
        if not np.isfinite(logits).all():
            raise MaskwrightError(f"{self._origin}: its output {head} is no finite number: its weights are damaged")
        return np.asarray(logits, dtype=np.float32)

    def _try_out(self) -> None:
        """One grey picture, so that a model that can't answer says so before the first photo."""
        side = self.usage.image_px
        try:
            self(np.full((1, side, side, 3), 127, dtype=np.uint8))
        except _REFUSALS as error:
            raise _foreign(self._origin, f"it can't be run: {_first_line(error)}") from error


def _session(data: bytes, origin: str) -> Any:
    try:
        outside = has_outside_weights(data)
    except ValueError as error:
        raise _foreign(origin, f"no ONNX file, or a damaged one: {error}") from error
    if outside:
        raise _foreign(origin, "it keeps weights in another file")
    try:
        return one_thread_session(data)
    except _REFUSALS as error:
        raise _foreign(origin, f"no ONNX file, or a damaged one: {_first_line(error)}") from error


def _usage_of(session: Any, origin: str) -> ModelUsage:
    """The usage in the file's metadata, its heads those that the file puts out.

    Raises:
        MaskwrightError: there is none, it is of another version, or it speaks of other outputs.
    """
    try:
        metadata = session.get_modelmeta().custom_metadata_map
        inputs, outputs = ([end.name for end in ends] for ends in (session.get_inputs(), session.get_outputs()))
    except UnicodeDecodeError as error:
        raise _foreign(origin, f"a damaged ONNX file: {error}") from error
    if METADATA_KEY not in metadata:
        raise _foreign(origin, f"its metadata have no {METADATA_KEY!r}")
    usage = read_usage(metadata[METADATA_KEY], origin)
    if set(outputs) != set(usage.classes) or len(inputs) != 1:
        raise _foreign(origin, f"its outputs are {outputs}, its metadata speak of {sorted(usage.classes)}")
    return usage.model_copy(update={"classes": {head: usage.classes[head] for head in outputs}})


def _foreign(origin: str, why: str) -> MaskwrightError:
    return MaskwrightError(f"{origin}: not a model that `maskwright export-model` wrote: {why}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
