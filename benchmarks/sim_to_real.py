"""Make the crops by which masks are judged: what a model that is trained on them recognises in real photos.

    python -m benchmarks.sim_to_real FACES OUT [--per-class 300] [--masks-a-face 1] [--seed 0] [--ablate NAME]

OUT gets four folders, `none cloth surgical ffp2`, of the same --per-class faces: the largest face of each distinct
photo (pHash distance above 8) of FACES that wears no mask yet, each bare and with --masks-a-face masks of each type.
Crops are squares of 1.35 x the longer side of the box that YuNet finds in the photo as it then is, mask and all, as
crops of real masked faces are made; where it finds none, the bare face's box. The photo is padded with its own edge
before the mask is drawn, so that a mask at the photo's edge is whole. Photos and seed decide every byte. --ablate
switches one ingredient off:

- pose: every head is taken to face the camera upright, at its true place and size
- light: every part of a mask is as bright, whatever light falls on the face; hollows alone show the relief
- colour: the light has one colour all over the mask
- shadow: no contact shadow
- relief: no pleats, seams, wrinkles
- variety: one template of each type, its first colour, no prints
- sharpness: neither the photo's blur nor its noise

The last line printed is the command that judges the crops; it trains on OUT and tests on a folder of real crops. The
judge takes no more than 600 crops of each class unless it is told to.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.agreement import overlap
from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.randomness import sample_rng
from pipeline.core.records import MaskType
from pipeline.dedup.fingerprints.hashes import distance, phash, squeeze, working_grey
from pipeline.faces.crops import crop_square
from pipeline.faces.detectors import Box, YuNetDetector
from pipeline.faces.finding import FoundFace, shared_finder
from pipeline.faces.masked_cue import DEFAULT_THRESHOLD, masked_face_cue
from pipeline.masks import LookRanges, MaskParams, MaskSynthesizer, Template, load_templates
from pipeline.masks.head.canonical import HeadFit, canonical_head
from pipeline.masks.parts.edges import BindingRanges, NoseClipRanges
from pipeline.masks.parts.lettering import LetteringRanges
from pipeline.masks.parts.prints import PrintRanges
from pipeline.masks.parts.valve import ValveRanges
from pipeline.storage.images import EXTENSIONS, read_image, write_image

TYPES: tuple[MaskType, ...] = ("cloth", "surgical", "ffp2")
ABLATIONS = ("pose", "light", "colour", "shadow", "relief", "variety", "sharpness")
PLAIN = {"cloth": "cloth_fitted", "surgical": "surgical_pleated", "ffp2": "ffp2_folded"}
CROP_SCALE = 1.35
MAX_FACE_PX = 224
NEAR_BITS = 8
JUDGED = 600
"""Crops of each class that the judge takes unless it is told to take more."""

SAME_FACE = 0.3
"""Overlap above which a box found on a masked picture may be the bare face's."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A photo with one bare face, padded so that the crop lies inside."""

    name: str
    rgb: Rgb
    landmarks: Points
    box: Box


def main() -> None:
    """Write the crops and print how to judge them."""
    options = _options()
    cv2.setNumThreads(1)
    synthesizer = MaskSynthesizer(templates(options.ablate), params(options.ablate))
    rejected: dict[str, int] = {}
    faces = distinct_faces(options.faces, rejected)
    ablate, seed, masks_a_face = options.ablate, options.seed, options.masks_a_face
    make = partial(make_crops, synthesizer=synthesizer, ablate=ablate, seed=seed, masks=masks_a_face)
    written = write_crops(options.out, faces, make, options.per_class, rejected)
    print(f"{written} faces, each bare and with {masks_a_face} masks of each type; left out:", rejected)
    masks = written * masks_a_face
    cap = f" --cap {masks}" if masks > JUDGED else ""
    print(f"python judge.py --probe WEIGHTS --train {options.out} --test dev=REAL_CROPS --seeds 1{cap}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--per-class", type=int, default=300)
    parser.add_argument("--masks-a-face", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ablate", choices=ABLATIONS)
    return parser.parse_args()


def distinct_faces(folder: Path, rejected: dict[str, int]) -> Iterator[Ready]:
    """The largest bare face of each distinct photo, in an order that the photos' names don't decide."""
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS]
    hashes: list[int] = []
    for path in sorted(paths, key=lambda path: sample_rng(1, path.name).random()):
        try:
            rgb = read_image(path).rgb
            code = phash(squeeze(working_grey(rgb)))
            if any(distance(code, other) <= NEAR_BITS for other in hashes):
                raise SampleRejected("near_duplicate", path.name)
            hashes.append(code)
            face = shared_finder(FacesParams()).find(rgb)[0]
            masked_face_cue().check_unmasked(rgb, face.landmarks, DEFAULT_THRESHOLD)
        except SampleRejected as error:
            rejected[error.reason] = rejected.get(error.reason, 0) + 1
        else:
            yield padded(path.name, rgb, face)


def padded(name: str, rgb: Rgb, face: FoundFace) -> Ready:
    """The photo, shrunk where its face is large, with its edge repeated as far as the crop reaches."""
    box, landmarks = face.box, face.landmarks
    factor = min(1.0, MAX_FACE_PX / max(box.width, box.height))
    small = np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    landmarks = (landmarks + 0.5) * factor - 0.5
    left, top, right, bottom = (side * factor for side in (box.left, box.top, box.right, box.bottom))
    half = max(right - left, bottom - top) * CROP_SCALE / 2 + 2
    x, y = (left + right) / 2, (top + bottom) / 2
    height, width = small.shape[:2]
    above, below, before, after = (
        max(0, int(np.ceil(reach))) for reach in (half - y, y + half - height, half - x, x + half - width)
    )
    wide = cv2.copyMakeBorder(small, above, below, before, after, cv2.BORDER_REPLICATE)
    moved = Box(left + before, top + above, right + before, bottom + above, box.score)
    points = (landmarks + np.array([before, above])).astype(np.float32)
    return Ready(name, np.asarray(wide, dtype=np.uint8), points, moved)


def write_crops(
    out: Path,
    faces: Iterable[Ready],
    make: Callable[[Ready], Mapping[str, list[Rgb]]],
    count: int,
    rejected: dict[str, int],
) -> int:
    """Write what is made of so many faces into the class folders below `out`; how many faces there were.

    A face of which a crop can't be made is left out, and why is counted in `rejected`.
    """
    written = 0
    for face in faces:
        try:
            crops = make(face)
        except SampleRejected as error:
            rejected[error.reason] = rejected.get(error.reason, 0) + 1
            continue
        for name, versions in crops.items():
            for k, crop in enumerate(versions):
                write_image(out / name / (f"{written:04d}-{k}.jpg" if k else f"{written:04d}.jpg"), crop)
        written += 1
        if written == count:
            break
    return written


def make_crops(
    face: Ready, synthesizer: MaskSynthesizer, ablate: str | None, seed: int, masks: int
) -> Mapping[str, list[Rgb]]:
    """The bare crop, and `masks` with each type of mask.

    Raises:
        SampleRejected: a mask can't be put on; the face is left out of every class, so that all have the same faces.
    """
    seen = synthesizer.see(face.rgb, face.landmarks)
    drawn_on = replace(seen, fit=facing_camera(seen.fit)) if ablate == "pose" else seen
    crops = {"none": [crop_square(face.rgb, face.box, CROP_SCALE)]}
    for mask_type in TYPES:
        crops[mask_type] = []
        for k in range(masks):
            rng = sample_rng(seed, f"{face.name}:{mask_type}" + (f":{k}" if k else ""))
            masked = synthesizer.render(face.rgb, face.landmarks, synthesizer.draw(mask_type, rng), drawn_on).rgb
            crops[mask_type].append(crop_square(masked, found_again(masked, face.box), CROP_SCALE))
    return crops


def found_again(masked: Rgb, bare: Box) -> Box:
    """The box that YuNet finds on the face now that it wears a mask: some 5 % larger; the bare face's if it finds none.

    A real masked face is cropped by such a box.
    """
    nearest = max(detector().detect(masked), key=lambda box: overlap(box, bare), default=bare)
    return nearest if overlap(nearest, bare) > SAME_FACE else bare


@lru_cache(maxsize=1)
def detector() -> YuNetDetector:
    """The one that finds bare faces too, at its own threshold."""
    return YuNetDetector()


def facing_camera(fit: HeadFit) -> HeadFit:
    """The same head as a sticker: unturned, undistorted, where the mouth is."""
    head = canonical_head()
    mouth = head.landmarks[48:68].mean(axis=0, keepdims=True)
    seen, _ = fit.project(mouth, head)
    upright: NDArray[np.float64] = np.eye(3)
    origin = seen[0] - (mouth[0] * fit.stretch)[:2] * fit.scale
    return fit._replace(rotation=upright, origin=origin, coefficients=np.zeros_like(fit.coefficients))


def params(ablate: str | None) -> MaskParams:
    """The default ranges with one ingredient off."""
    look = LookRanges()
    off: dict[str, LookRanges] = {
        "light": look.model_copy(
            update=dict.fromkeys(("light_strength", "frontal", "from_above", "from_side", "shade_tint"), (0.0, 0.0))
        ),
        "colour": look.model_copy(update=dict.fromkeys(("cast", "blotch", "bounce", "shade_tint"), (0.0, 0.0))),
        "shadow": look.model_copy(update={"shadow": (0.0, 0.0)}),
        "sharpness": look.model_copy(update={"blur": (0.0, 0.0), "noise": (0.0, 0.0)}),
    }
    return MaskParams(look=off.get(ablate or "", look), relief=ablate != "relief")


def templates(ablate: str | None) -> dict[str, Template]:
    """The shipped templates; without variety one of each type, in one plain colour."""
    loaded = load_templates()
    if ablate != "variety":
        return loaded
    bare = {
        "binding": BindingRanges(),
        "nose_clip": NoseClipRanges(),
        "lettering": LetteringRanges(),
        "valve": ValveRanges(),
    }
    plain = bare | {"prints": PrintRanges(), "colour_jitter": 0}
    return {
        name: loaded[name].model_copy(update=plain | {"colours": loaded[name].colours[:1]}) for name in PLAIN.values()
    }


if __name__ == "__main__":
    main()
