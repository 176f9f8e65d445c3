"""Look at the labelled faces of the manifests again and doubt what doesn't fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.curation.label_review import LabelDoubt, doubt_labels
from pipeline.errors import SampleRejected
from pipeline.faces.masked_cue import align_patch, face_features, masked_face_cue
from pipeline.images import read_image
from pipeline.records import Face, Image


@dataclass(frozen=True, slots=True)
class Review:
    """The doubts, the most doubtful first, of so many labelled faces; `unreadable` ones were left out."""

    doubts: list[LabelDoubt]
    faces: int
    unreadable: int


def review_faces(images: Sequence[Image], faces: Sequence[Face], groups: Mapping[str, str], seed: int) -> Review:
    """Doubt the labels of the faces; `groups` names the group of each image, `seed` chooses the folds."""
    by_id = {image.id: image for image in images}
    labelled = [face for face in faces if face.mask_type != "unknown" and face.image_id in by_id]
    cue = masked_face_cue()
    seen, masked, features = [], [], []
    for face in labelled:
        try:
            rgb = read_image(Path(by_id[face.image_id].path)).rgb
        except SampleRejected:  # the file went since; the count says so
            continue
        landmarks = np.array(face.landmarks, dtype=np.float32).reshape(-1, 2)
        seen.append(face)
        masked.append(cue.probability(rgb, landmarks))
        features.append(face_features(align_patch(rgb, landmarks)))
    doubts = doubt_labels(
        [face.mask_type for face in seen],
        np.array(masked),
        np.array(features, dtype=np.float32),
        [groups[face.image_id] for face in seen],
        seed,
    )
    rows = [
        LabelDoubt(
            face_id=seen[doubt.row].id,
            image_id=seen[doubt.row].image_id,
            path=by_id[seen[doubt.row].image_id].path,
            mask_type=seen[doubt.row].mask_type,
            suggested=doubt.suggested,
            margin=doubt.margin,
            witness=doubt.witness,
        )
        for doubt in doubts
    ]
    return Review(rows, len(labelled), len(labelled) - len(seen))
