import cv2
import numpy as np
import pytest

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import MaskType
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD, align_patch, face_features, masked_face_cue
from pipeline.masks import MaskSynthesizer, load_templates

TYPES = ("cloth", "surgical", "ffp2")


@pytest.fixture(scope="module")
def face(portrait: Rgb) -> FoundFace:
    return shared_finder(FacesParams()).find(portrait)[0]


def test_a_bare_face_passes(portrait: Rgb, face: FoundFace) -> None:
    masked_face_cue().check_unmasked(portrait, face.landmarks, DEFAULT_THRESHOLD)


@pytest.mark.parametrize("mask_type", TYPES)
def test_masked_faces_are_told(portrait: Rgb, face: FoundFace, mask_type: MaskType) -> None:
    synthesizer = MaskSynthesizer(load_templates())
    worn = [synthesizer(portrait, face.landmarks, mask_type, np.random.default_rng(seed)).rgb for seed in range(8)]

    told = [masked_face_cue().probability(rgb, face.landmarks) > DEFAULT_THRESHOLD for rgb in worn]

    assert sum(told) >= 7


def test_the_rejection_says_why(portrait: Rgb, face: FoundFace) -> None:
    with pytest.raises(SampleRejected, match=r"looks masked \(0\.\d+, at most 0 is taken\)") as caught:
        masked_face_cue().check_unmasked(portrait, face.landmarks, 0)
    assert caught.value.reason == "already_masked"


def test_a_threshold_of_one_takes_every_face(portrait: Rgb, face: FoundFace) -> None:
    masked = MaskSynthesizer(load_templates())(portrait, face.landmarks, "ffp2", np.random.default_rng(0)).rgb

    masked_face_cue().check_unmasked(masked, face.landmarks, 1)


@pytest.mark.parametrize(("angle_deg", "scale"), [(40, 1.0), (180, 1.0), (0, 3.0), (-90, 5.0)])
def test_the_patch_stays_when_the_photo_is_turned_and_enlarged(
    portrait: Rgb, face: FoundFace, angle_deg: int, scale: float
) -> None:
    turn = cv2.getRotationMatrix2D((128, 150), angle_deg, scale)
    turn[:, 2] += (600 - 128, 600 - 150)
    turned = cv2.warpAffine(portrait, turn, (1200, 1200), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    landmarks = (face.landmarks @ turn[:, :2].T + turn[:, 2]).astype(np.float32)

    before, after = align_patch(portrait, face.landmarks).astype(int), align_patch(turned, landmarks).astype(int)

    assert np.abs(before - after)[:44].mean() < 6, "below, the photo's own edge is in sight"


def test_features_fit_the_weights(portrait: Rgb, face: FoundFace) -> None:
    features = face_features(align_patch(portrait, face.landmarks))

    assert features.shape == masked_face_cue().weights.shape
    assert np.isfinite(features).all()
