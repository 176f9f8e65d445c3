"""What a split starts from: every face crop, real or with a synthetic mask, and the rules in params.yaml."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from pipeline.config import Params
from pipeline.records import Assignment, Image, MaskType, Rejection, Valve, Wear
from pipeline.splitting import Sample, SplitRules

STAGE = "split"


def split_rules(params: Params, earlier: Iterable[Assignment] = ()) -> SplitRules:
    """The rules of a split as the parameters have them; images of an `earlier` split keep their side."""
    return SplitRules(
        shares=(params.split.train, params.split.val, params.split.test),
        folds=params.split.folds,
        test_real_only=params.split.test_real_only,
        holdout_sources=frozenset(params.split.holdout_sources),
        holdout_templates=frozenset(params.augment.holdout_templates),
        pinned={row.image_id: row.side for row in earlier},
        seed=params.seed,
        stable=params.split.assignment == "stable",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCrop:
    """The columns of a `Face` that a split needs: landmarks, which take most of a manifest, are left out."""

    id: str
    image_id: str
    crop_path: str | None = None
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedCrop:
    """The columns of a `MaskedImage` that a split needs."""

    id: str
    image_id: str
    crop_path: str | None
    template: str
    mask_type: MaskType
    wear: Wear
    valve: Valve


def gather_samples(
    images: Iterable[Image], faces: Iterable[FaceCrop], masked: Iterable[MaskedCrop]
) -> tuple[list[Sample], list[Rejection]]:
    """Each face and each masked image once: as a sample, or rejected because it has no crop or no kept image."""
    by_id = {image.id: image for image in images}
    samples: list[Sample] = []
    rejections: list[Rejection] = []
    for result in chain(_face_samples(faces, by_id), _masked_samples(masked, by_id)):
        if isinstance(result, Sample):
            samples.append(result)
        else:
            rejections.append(result)
    return samples, rejections


def _identity(image: Image) -> str:
    """What a group is placed by: the person before the photo before the content, so that a new photo moves nobody."""
    if image.person_id is not None:
        return f"0 person {image.person_id}"
    return f"1 photo {image.photo_id}" if image.photo_id is not None else f"2 content {image.sha256}"


def _face_samples(faces: Iterable[FaceCrop], images: Mapping[str, Image]) -> Iterator[Sample | Rejection]:
    for face in faces:
        image = images.get(face.image_id)
        if image is None or face.crop_path is None:
            yield _unusable(face.id, image)
            continue
        yield Sample(
            id=face.id,
            image_id=face.image_id,
            identity=_identity(image),
            source=image.source,
            synthetic=image.synthetic,
            template=None,
            mask_type=face.mask_type,
            wear=face.wear,
            valve=face.valve,
            crop_path=face.crop_path,
        )


def _masked_samples(masked: Iterable[MaskedCrop], images: Mapping[str, Image]) -> Iterator[Sample | Rejection]:
    for row in masked:
        image = images.get(row.image_id)
        if image is None or row.crop_path is None:
            yield _unusable(row.id, image)
            continue
        yield Sample(
            id=row.id,
            image_id=row.image_id,
            identity=_identity(image),
            source=image.source,
            synthetic=True,
            template=row.template,
            mask_type=row.mask_type,
            wear=row.wear,
            valve=row.valve,
            crop_path=row.crop_path,
        )


def _unusable(sample_id: str, image: Image | None) -> Rejection:
    if image is None:
        detail = "the image that it belongs to was not kept"
        return Rejection(id=sample_id, stage=STAGE, reason="image_not_kept", detail=detail, origin="")
    return Rejection(
        id=sample_id, stage=STAGE, reason="no_crop", detail="the manifest names no crop", origin=image.origin
    )
