"""params.yaml as frozen models: the only reader of that file."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import ConfigError
from pipeline.records import LinkKind

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of params.yaml: frozen, and closed to keys that it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class EngineParams(Section):
    """How work is spread; never changes a byte of the output."""

    jobs: Annotated[int, Field(ge=0)] = 1


class IngestParams(Section):
    """Which sources are taken and what a file may ask of the machine."""

    sources: tuple[str, ...] = ("sample",)
    max_file_mb: Annotated[float, Field(gt=0)] = 64
    max_megapixels: Annotated[float, Field(gt=0)] = 64
    min_side_px: Annotated[int, Field(ge=1)] = 32


LinkPolicy = Literal["drop", "group", "ignore"]


class LinkPolicies(Section):
    """What a link means: `drop` all but one copy, `group` on one side of the split, or `ignore`."""

    exact: LinkPolicy = "drop"
    near: LinkPolicy = "drop"
    mask_pair: LinkPolicy = "group"
    same_source_id: LinkPolicy = "group"
    same_person: LinkPolicy = "group"
    derived_from: LinkPolicy = "group"

    def of(self, kind: LinkKind) -> LinkPolicy:
        """The policy of one kind of link."""
        return cast("LinkPolicy", getattr(self, kind))

    def ignored(self) -> frozenset[LinkKind]:
        """The kinds that mean nothing."""
        return frozenset(kind for kind in get_args(LinkKind) if self.of(kind) == "ignore")


class DedupParams(Section):
    """When two images are the same photo, and what follows from it."""

    max_distance_bits: Annotated[int, Field(ge=0, le=32)] = 8
    align_faces: bool = True
    find_mirrored: bool = True
    min_correlation: Share = 0.95
    min_agreement: Share = 0.9
    min_face_agreement: Share = 0.9
    min_face_correlation: Share = 0.96
    mask_pair_min_correlation: Share = 0.97
    mask_pair_min_agreement: Share = 0.6
    max_cluster_size: Annotated[int, Field(ge=2)] = 50
    label_conflict: Literal["reject", "keep_best"] = "reject"
    links: LinkPolicies = LinkPolicies()


class QualityParams(Section):
    """When a picture or a face is too poor to use; the scores are kept in the manifests."""

    min_side_px: Annotated[int, Field(ge=1)] = 48
    max_aspect: Annotated[float, Field(ge=1)] = 3.0
    min_brightness: Annotated[float, Field(ge=0, le=255)] = 20
    max_brightness: Annotated[float, Field(ge=0, le=255)] = 245
    min_contrast: Annotated[float, Field(ge=0)] = 8
    min_sharpness: Annotated[float, Field(ge=0)] = 0.002
    min_face_px: Annotated[int, Field(ge=1)] = 24
    min_face_visible: Share = 0.75


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
    folds: Annotated[int, Field(ge=0)] = 0
    test_real_only: bool = False
    holdout_sources: tuple[str, ...] = ()
    pinned: Path | None = None

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> Self:
        if abs(self.train + self.val + self.test - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, not {self.train + self.val + self.test:g}")
        return self


class TrainParams(Section):
    """The CNN and its training loop."""

    epochs: Annotated[int, Field(ge=1)] = 5


class EvaluateParams(Section):
    """What is measured beside the held-out side."""

    external: dict[str, Path] = {}


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0)] = 0
    engine: EngineParams = EngineParams()
    ingest: IngestParams = IngestParams()
    dedup: DedupParams = DedupParams()
    quality: QualityParams = QualityParams()
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
