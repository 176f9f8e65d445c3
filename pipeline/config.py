"""params.yaml as frozen models: the only reader of that file."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ConfigError

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
JpegQuality = Annotated[int, Field(ge=1, le=100)]


class Section(BaseModel):
    """A part of params.yaml: frozen, and closed to keys that it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


Ranged = TypeVar("Ranged", bound=Section)


def _ordered(section: Ranged) -> Ranged:
    """The section itself, its `..._range` fields checked to begin with the smaller value."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if name.endswith("_range") and value[0] > value[1]:
            raise ValueError(f"{name} {list(value)} must begin with the smaller value")
    return section


class EngineParams(Section):
    """How work is spread; never changes a byte of the output."""

    jobs: Annotated[int, Field(ge=0)] = 1


class IngestParams(Section):
    """Which sources are taken and what a file may ask of the machine."""

    sources: tuple[str, ...] = ("sample",)
    max_file_mb: Annotated[float, Field(gt=0)] = 64
    max_megapixels: Annotated[float, Field(gt=0)] = 64
    min_side_px: Annotated[int, Field(ge=1)] = 32


class DedupParams(Section):
    """When two images are the same photo."""

    max_distance_bits: Annotated[int, Field(ge=0, le=64)] = 8


class FacesParams(Section):
    """How faces are found and what is cut out around them."""

    detector: Literal["yunet", "dlib_hog", "dlib_cnn"] = "yunet"
    min_score: Share = 0.6
    long_side_px: Annotated[int, Field(ge=64)] = 320
    min_face_px: Annotated[int, Field(ge=8)] = 24
    crop_scale: Annotated[float, Field(gt=0)] = 1.35
    crop_px: Annotated[int, Field(ge=32)] = 224


class AugmentParams(Section):
    """Which masks are put on, and how many."""

    masks: tuple[Literal["cloth", "surgical", "ffp2"], ...] = ("cloth", "surgical", "ffp2")
    per_face: Annotated[int, Field(ge=1)] = 1
    max_yaw_deg: Annotated[float, Field(gt=0, le=90)] = 50
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 95
    holdout_templates: tuple[str, ...] = ()


class SplitParams(Section):
    """How groups are spread over the sides."""

    train: Share = 0.7
    val: Share = 0.15
    test: Share = 0.15


class AugmentationParams(Section):
    """What is done to a training crop; a share is the part of the crops it is done to."""

    flip: Share = 0.5
    rotate_deg: Annotated[float, Field(ge=0, le=180)] = 12
    translate: Share = 0.08
    scale_range: tuple[Positive, Positive] = (0.85, 1.2)
    brightness: Share = 0.35
    contrast: Share = 0.35
    saturation: Share = 0.35
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0
    colour_cast: Share = 0.12
    grey: Share = 0.05
    blur: Share = 0.2
    blur_sigma_px_range: tuple[Positive, Positive] = (0.3, 1.5)
    jpeg: Share = 0.2
    jpeg_quality_range: tuple[JpegQuality, JpegQuality] = (35, 95)
    low_resolution: Share = 0.2
    low_resolution_range: tuple[Positive, Positive] = (0.3, 0.9)
    erase: Share = 0.15
    erase_area_range: tuple[Share, Share] = (0.02, 0.12)

    @model_validator(mode="after")
    def _check_ranges(self) -> "AugmentationParams":
        return _ordered(self)


class TrainParams(Section):
    """The CNN and its training loop."""

    target: Literal["mask_type", "wear", "type_and_wear", "mask_presence"] = "mask_type"
    model: str = "masknet"
    weights: str = "none"
    normalisation: Literal["auto", "dataset", "imagenet"] = "auto"
    image_px: Annotated[int, Field(ge=32, le=512)] = 96
    epochs: Annotated[int, Field(ge=1)] = 15
    batch_size: Annotated[int, Field(ge=2)] = 32
    optimizer: Literal["adamw", "sgd"] = "adamw"
    lr: Positive = 0.002
    backbone_lr_scale: Share = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    momentum: Share = 0.9
    schedule: Literal["cosine", "one_cycle", "constant"] = "one_cycle"
    warmup_epochs: Annotated[float, Field(ge=0)] = 1
    freeze_epochs: Annotated[int, Field(ge=0)] = 0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.05
    mixup_alpha: Annotated[float, Field(ge=0)] = 0
    cutmix_alpha: Annotated[float, Field(ge=0)] = 0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0
    clip_grad_norm: Annotated[float, Field(ge=0)] = 5
    early_stop_epochs: Annotated[int, Field(ge=0)] = 0
    balance: Literal["none", "weights", "sampler"] = "weights"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    compile: bool = False
    workers: Annotated[int, Field(ge=0)] = 1
    cache_mb: Annotated[int, Field(ge=0)] = 1024
    augmentation: AugmentationParams = AugmentationParams()


class EvaluateParams(Section):
    """What is measured beside the held-out side."""

    external: dict[str, Path] = {}
    bootstrap_samples: Annotated[int, Field(ge=0)] = 1000
    batch_size: Annotated[int, Field(ge=1)] = 64


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0)] = 0
    engine: EngineParams = EngineParams()
    ingest: IngestParams = IngestParams()
    dedup: DedupParams = DedupParams()
    faces: FacesParams = FacesParams()
    augment: AugmentParams = AugmentParams()
    split: SplitParams = SplitParams()
    train: TrainParams = TrainParams()
    evaluate: EvaluateParams = EvaluateParams()


def load_params(path: Path) -> Params:
    """Read and check a parameters file.

    Raises:
        ConfigError: the file can't be read or isn't YAML, a key is unknown, or a value is impossible.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse_params({} if document is None else document, str(path))


def parse_params(document: Any, origin: str) -> Params:
    """Check a parsed document; `origin` names it in messages.

    Raises:
        ConfigError: names the key, the value and what was expected, one line for each problem.
    """
    try:
        return Params.model_validate(document)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(origin, problem) for problem in error.errors())) from error


def _explain(origin: str, problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"]) or "(document)"
    if problem["type"] == "extra_forbidden":
        return f"{origin}: {key}: unknown key (value {problem['input']!r}); check its spelling and its section"
    return f"{origin}: {key}: {problem['input']!r}: {problem['msg']}"
