"""From a kept image to its `Face` rows and crops, one image at a time and in any process."""

from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path

from pipeline.arrays import Rgb
from pipeline.config import FacesParams
from pipeline.curation.quality import visible_share
from pipeline.errors import SampleRejected
from pipeline.faces.crops import crop_square, sharpness
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.labels import FaceLabel, label_faces
from pipeline.images import read_image, write_image
from pipeline.records import Face, Image, LabelledBox, Rejection

STAGE = "faces"


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one image gave: the faces kept, and what was not."""

    faces: list[Face] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FaceExtractor:
    """Finds the faces of an image and writes their crops to `crops_dir` under `root`."""

    params: FacesParams
    root: Path
    crops_dir: Path

    def __call__(self, image: Image) -> Extraction:
        """The image's faces; an image without one is a rejection with the image's id."""
        try:
            rgb = read_image(self.root / image.path).rgb
            found = shared_finder(self.params).find(rgb)
        except SampleRejected as rejected:
            row = Rejection(
                id=image.id, stage=STAGE, reason=rejected.reason, detail=rejected.detail, origin=image.origin
            )
            return Extraction(rejections=[row])
        labels, missed = label_faces(image, [face.box for face in found])
        whole = [self._is_whole(image, face) for face in found]
        faces = [self._keep(image, rgb, *pair) for pair in compress(zip(found, labels, strict=True), whole)]
        cut = [_cut_off(image, face, alone=not faces) for face, inside in zip(found, whole, strict=True) if not inside]
        return Extraction(faces, [*cut, *(_missed(image, index, box) for index, box in enumerate(missed))])

    def _is_whole(self, image: Image, face: FoundFace) -> bool:
        return _visible_share(image, face) >= self.params.min_face_visible

    def _keep(self, image: Image, rgb: Rgb, face: FoundFace, label: FaceLabel) -> Face:
        face_id = f"{image.id}-{face.index}"
        crop_path = self.crops_dir / f"{face_id}.jpg"
        write_image(self.root / crop_path, crop_square(rgb, face.box, self.params.crop_scale, self.params.crop_px))
        return Face(
            id=face_id,
            image_id=image.id,
            left=face.box.left,
            top=face.box.top,
            right=face.box.right,
            bottom=face.box.bottom,
            score=face.box.score,
            detector=self.params.detector,
            landmarks=tuple(face.landmarks.ravel().tolist()),
            yaw_deg=face.pose.yaw_deg,
            pitch_deg=face.pose.pitch_deg,
            roll_deg=face.pose.roll_deg,
            sharpness=sharpness(rgb, face.box),
            crop_path=crop_path.as_posix(),
            **label,
        )


def _visible_share(image: Image, face: FoundFace) -> float:
    box = (face.box.left, face.box.top, face.box.right, face.box.bottom)
    return visible_share(box, image.width_px, image.height_px)


def _cut_off(image: Image, face: FoundFace, *, alone: bool) -> Rejection:
    """A face that reaches out of the picture; where none is whole, the largest stands for the image."""
    row_id = image.id if alone and face.index == 0 else f"{image.id}-{face.index}"
    detail = f"{_visible_share(image, face):.0%} of the face lies inside the picture"
    return Rejection(id=row_id, stage=STAGE, reason="face_cut_off", detail=detail, origin=image.origin)


def _missed(image: Image, index: int, box: LabelledBox) -> Rejection:
    size = f"{box.right - box.left:.0f}x{box.bottom - box.top:.0f} px at {box.left:.0f}, {box.top:.0f}"
    detail = f"the source labels a face {box.original_label!r} ({size}) where the detector finds none"
    row_id = f"{image.id}-box{index}"
    return Rejection(id=row_id, stage=STAGE, reason="labelled_face_not_found", detail=detail, origin=image.origin)
