"""params.yaml as frozen models: the only reader of that file."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from pipeline.core.errors import ConfigError
from pipeline.core.locations import Location, LocationSetting
from pipeline.core.ranges import InOrder
from pipeline.core.records import LandmarkModel, LinkKind
from pipeline.core.validation import explain_validation
from pipeline.core.yaml_files import read_yaml

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
AspectFactor = Annotated[float, Field(ge=0.6, le=1.6)]
JpegQuality = Annotated[int, Field(ge=1, le=100)]


class Section(BaseModel):
    """A part of params.yaml: frozen, and closed to keys that it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)


class EngineParams(Section):
    """How work is spread; never changes a byte of the output."""

    jobs: Annotated[int, Field(ge=0)] = 1
    address: Annotated[str, Field(pattern=r"^(tcp|tls|ws|wss|ucx)://\S+$")] | None = None


class StorageParams(Section):
    """Where the pixels are that stages write; manifests are always in this project's `data/`."""

    root: LocationSetting | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether pixels are not in this project, where DVC would see them: an index then stands for them."""
        return self.root is not None

    @property
    def pixels(self) -> Location:
        """What the paths in manifests are relative to."""
        return Path() if self.root is None else self.root


class ArchiveParams(Section):
    """What an archive may ask of the machine; an archive or member over a limit becomes a rejection."""

    max_members: Annotated[int, Field(ge=1)] = 300_000
    max_total_gb: Annotated[float, Field(gt=0, le=1e6)] = 60
    max_ratio: Annotated[float, Field(gt=1)] = 200


class SandboxParams(Section):
    """What a picture or an archive may take of the child process of `ingest.sandbox` before it counts as damaged."""

    seconds: Annotated[int, Field(ge=1, le=86_400)] = 60
    archive_seconds: Annotated[int, Field(ge=1, le=604_800)] = 3600
    memory_gb: Annotated[float, Field(ge=0.1, le=1e6)] = 4


class IngestParams(Section):
    """Which sources are taken, how each is set up, and what a file may ask of the machine.

    `settings` holds one mapping a source; the source's adapter checks it, since each kind has its own keys.
    """

    sources: tuple[str, ...] = ("sample",)
    settings: dict[str, dict[str, Any]] = {}
    max_file_mb: Annotated[float, Field(gt=0, le=1e6)] = 64
    max_megapixels: Annotated[float, Field(gt=0, le=1e6)] = 64
    min_side_px: Annotated[int, Field(ge=1)] = 32
    archive: ArchiveParams = ArchiveParams()
    sandbox: bool = False
    sandbox_limits: SandboxParams = SandboxParams()


LinkPolicy = Literal["drop", "group", "ignore"]


class LinkPolicies(Section):
    """What a link means: `drop` all but one copy, `group` on one side of the split, or `ignore`."""

    exact: LinkPolicy = "drop"
    near: LinkPolicy = "drop"
    mask_pair: LinkPolicy = "group"
    part_of: LinkPolicy = "group"
    same_source_id: LinkPolicy = "group"
    same_person: LinkPolicy = "group"
    derived_from: LinkPolicy = "group"

    def of(self, kind: LinkKind) -> LinkPolicy:
        """The policy of one kind of link."""
        return cast("LinkPolicy", getattr(self, kind))

    def ignored(self) -> frozenset[LinkKind]:
        """The kinds that mean nothing."""
        return frozenset(kind for kind in get_args(LinkKind) if self.of(kind) == "ignore")


class SamePersonParams(Section):
    """When two photos are taken to show one person because their faces' embeddings are near."""

    enabled: bool = False
    max_distance: Positive = 0.3
    max_images: Annotated[int, Field(ge=2)] = 50


HasherName = Literal["fast", "imagehash"]


class DedupParams(Section):
    """When two images are the same photo, and what follows from it."""

    hasher: HasherName = "fast"
    max_distance_bits: Annotated[int, Field(ge=0, le=32)] = 8
    max_in_memory: Annotated[int, Field(ge=1)] = 20_000_000
    align_faces: bool = True
    find_mirrored: bool = True
    find_turned: bool = True
    min_correlation: Share = 0.95
    min_agreement: Share = 0.9
    min_face_agreement: Share = 0.9
    min_face_correlation: Share = 0.96
    mask_pair_min_correlation: Share = 0.97
    mask_pair_min_agreement: Share = 0.6
    max_cluster_size: Annotated[int, Field(ge=2)] = 50
    label_conflict: Literal["reject", "keep_best"] = "reject"
    same_person: SamePersonParams = SamePersonParams()
    links: LinkPolicies = LinkPolicies()


class QualityParams(Section):
    """When a picture is too poor to use; the scores are kept in the manifest."""

    min_side_px: Annotated[int, Field(ge=1)] = 48
    max_aspect: Annotated[float, Field(ge=1)] = 3.0
    min_brightness: Annotated[float, Field(ge=0, le=255)] = 20
    max_brightness: Annotated[float, Field(ge=0, le=255)] = 245
    min_contrast: Annotated[float, Field(ge=0)] = 8
    min_sharpness: Annotated[float, Field(ge=0)] = 0.002


class FacesParams(Section):
    """How faces are found and what is cut out around them."""

    detector: Literal["yunet", "dlib_hog", "dlib_cnn"] = "yunet"
    boxes: Literal["detector", "source", "both"] = "both"
    landmarks: LandmarkModel = "dlib"
    min_score: float | None = None
    long_side_px: Annotated[int, Field(ge=64, le=16384)] | None = None
    min_face_px: Annotated[int, Field(ge=8)] = 24
    min_face_visible: Share = 0.7
    unlabelled: Literal["reject", "unknown"] = "reject"
    crop_scale: Annotated[float, Field(gt=0, le=10)] = 1.35
    crop_px: Annotated[int, Field(ge=32, le=4096)] = 224


FacesChoice = Literal["each", "all", "largest"]
"""Which faces of a photo get masks: each in a picture of its own, all in one picture, or the largest alone."""


class AugmentParams(Section):
    """Which masks are put on, and how many.

    `mask` holds the ranges of `pipeline.masks.MaskParams`, which checks them: naming that class here would make every
    stage depend on the mask engine.
    """

    masks: Annotated[tuple[Literal["cloth", "surgical", "ffp2"], ...], Field(min_length=1)] = (
        "cloth",
        "surgical",
        "ffp2",
    )
    per_face: Annotated[int, Field(ge=1)] = 1
    faces: FacesChoice = "each"
    share: Share = 1.0
    templates: tuple[Path, ...] = ()
    mask: dict[str, Any] = {}
    alpha: bool = False
    format: Literal["folder", "shards"] = "folder"
    shard_photos: Annotated[int, Field(ge=1)] = 256
    jpeg_quality: JpegQuality = 95
    holdout_templates: tuple[str, ...] = ()
    already_masked_threshold: Share = 0.9
    mark_synthetic: bool = True


class SplitParams(Section):
    """How groups are spread over the sides."""

    train: Share = 0.7
    val: Share = 0.15
    test: Share = 0.15
    assignment: Literal["balanced", "stable"] = "stable"
    folds: Annotated[int, Field(ge=0)] = 0
    test_real_only: bool = False
    holdout_sources: tuple[str, ...] = ()
    pinned: Path | None = None

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> Self:
        if abs(self.train + self.val + self.test - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, not {self.train + self.val + self.test:g}")
        return self


class AugmentationParams(Section):
    """What is done to a training crop; a share is the part of the crops it is done to."""

    random_mask: Share = 0
    random_covering: Share = 0
    random_partial_covering: Share = 0
    flip: Share = 0.5
    rotate_deg: Annotated[float, Field(ge=0, le=180)] = 12
    translate: Share = 0.08
    scale_range: Annotated[tuple[Positive, Positive], InOrder] = (0.85, 1.2)
    aspect_range: Annotated[tuple[AspectFactor, AspectFactor], InOrder] = (0.8, 1.05)
    perspective: Annotated[float, Field(ge=0, le=0.3)] = 0
    trivial_augment: Share = 0
    rand_augment: Annotated[int, Field(ge=0, le=10)] = 0
    rand_augment_magnitude: Annotated[int, Field(ge=0, le=30)] = 9
    brightness: Share = 0.35
    contrast: Share = 0.35
    saturation: Share = 0.35
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0
    colour_cast: Share = 0.12
    grey: Share = 0.05
    blur: Share = 0.2
    blur_sigma_px_range: Annotated[tuple[Positive, Positive], InOrder] = (0.3, 1.5)
    noise: Share = 0
    noise_sigma_range: Annotated[tuple[Share, Share], InOrder] = (0.01, 0.06)
    jpeg: Share = 0.2
    jpeg_quality_range: Annotated[tuple[JpegQuality, JpegQuality], InOrder] = (35, 95)
    low_resolution: Share = 0.2
    low_resolution_range: Annotated[tuple[Positive, Positive], InOrder] = (0.3, 0.9)
    erase: Share = 0.15
    erase_area_range: Annotated[tuple[Share, Share], InOrder] = (0.02, 0.12)

    @field_validator("random_covering")
    @classmethod
    def _no_face_gets_both(cls, covering: float, others: ValidationInfo) -> float:
        masked = others.data.get("random_mask", 0.0)  # missing where it is itself impossible
        if masked + covering > 1 + 1e-9:
            raise ValueError(f"random_mask + random_covering must be at most 1, not {masked + covering:g}")
        return covering


class TrainParams(Section):
    """The CNN and its training loop."""

    target: Literal["mask_type", "wear", "type_and_wear", "mask_presence", "wear_correctness", "all"] = "mask_type"
    fold: Annotated[int, Field(ge=0)] | None = None
    model: str = "masknet"
    weights: str = "none"
    normalisation: Literal["auto", "dataset", "imagenet"] = "auto"
    teacher: str = "none"
    teacher_share: Share = 0.5
    teacher_temperature: Annotated[float, Field(ge=1)] = 2.0
    image_px: Annotated[int, Field(ge=32, le=512)] = 96
    epochs: Annotated[int, Field(ge=1)] = 15
    batch_size: Annotated[int, Field(ge=2)] = 32
    optimizer: Literal["adamw", "sgd"] = "adamw"
    lr: Positive = 0.002
    backbone_lr_scale: Share = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    momentum: Share = 0.9
    schedule: Literal["cosine", "one_cycle", "constant", "plateau"] = "one_cycle"
    warmup_epochs: Annotated[float, Field(ge=0)] = 1
    plateau_epochs: Annotated[int, Field(ge=1)] = 3
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.3
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
    both_ways: bool = True
    batch_size: Annotated[int, Field(ge=1)] = 64


class Params(Section):
    """All of params.yaml."""

    seed: Annotated[int, Field(ge=0)] = 0
    engine: EngineParams = EngineParams()
    storage: StorageParams = StorageParams()
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
    document = read_yaml(path)
    return parse_params({} if document is None else document, str(path))


def with_address(params: Params, address: str | None, origin: str) -> Params:
    """The same parameters with another `engine.address`; None and the empty word change nothing.

    Raises:
        ConfigError: it is no address; `origin` names where it came from.
    """
    if not address:
        return params
    engine = parse_section(EngineParams, params.engine.model_dump() | {"address": address}, origin, "engine")
    return params.model_copy(update={"engine": engine})


def parse_params(document: Any, origin: str) -> Params:
    """Check a parsed document; `origin` names it in messages.

    Raises:
        ConfigError: names the key, the value and what was expected, one line for each problem.
    """
    return parse_section(Params, document, origin)


def parse_section(model: type[Model], document: Any, origin: str, within: str = "") -> Model:
    """Check a part of a document against its model; `within` is the key under which it stands, such as `augment.mask`.

    Raises:
        ConfigError: as `parse_params`.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise ConfigError(explain_validation(origin, error, within)) from error
