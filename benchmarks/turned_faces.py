"""Whether the landmarks of turned photos lie where they should: right, rejected or wrong by angle.

    python -m benchmarks.turned_faces PHOTOS... [--step-deg 30] [--first-deg 0] [--limit 40]

Each photo is turned about its middle, its edge pixels repeated. The truth are the landmarks of the photo as it is, so
those with one clear upright face count alone. Right: eyes, nose and mouth lie within 0.15 of the outer eye corners'
distance.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.core.arrays import Points, Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.faces.finding import FaceFinder, FoundFace
from pipeline.faces.landmarks import EYE_OUTER_CORNERS
from pipeline.faces.pose import five_of
from pipeline.storage.images import EXTENSIONS, read_image

CLEAR_SCORE, UPRIGHT_DEG, NEAR = 0.9, 10.0, 0.15


def turned(rgb: Rgb, clockwise_deg: float) -> tuple[Rgb, NDArray[np.float64]]:
    """The photo turned about its middle, and the map `(2, 3)` from its old pixels to the new."""
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -clockwise_deg, 1.0)
    picture = cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, dtype=np.uint8), np.asarray(matrix, dtype=np.float64)


def verdict(finder: FaceFinder, rgb: Rgb, truth: Points) -> tuple[str, FoundFace | None]:
    """`right`, `wrong` or the reason of the rejection; the face nearest to the truth."""
    try:
        faces = finder.find(rgb)
    except SampleRejected as why:
        return why.reason, None
    face = min(faces, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - truth.mean(axis=0))))
    first, last = EYE_OUTER_CORNERS
    corners = float(np.linalg.norm(truth[first] - truth[last]))
    apart = np.linalg.norm(_parts(face.landmarks) - _parts(truth), axis=1) / corners
    return ("right" if apart.max() <= NEAR else "wrong"), face


def _parts(landmarks: Points) -> NDArray[np.float64]:
    """The middles of both eyes, the nose tip and the middle of the mouth's corners `(4, 2)`."""
    right_eye, left_eye, nose, *mouth = five_of(landmarks)
    return np.array([right_eye, left_eye, nose, np.mean(mouth, axis=0)])


def clear_photos(finder: FaceFinder, folder: Path, limit: int) -> Iterator[tuple[str, Rgb, Points]]:
    """Photos with one clear upright face, and its landmarks."""
    files = (file for file in sorted(folder.rglob("*")) if file.suffix.lower() in EXTENSIONS)
    for file in files:
        try:
            rgb = read_image(file).rgb
            faces = finder.find(rgb)
        except SampleRejected:
            continue
        if len(faces) == 1 and faces[0].box.score >= CLEAR_SCORE and abs(faces[0].pose.roll_deg) <= UPRIGHT_DEG:
            yield file.name, rgb, faces[0].landmarks
            limit -= 1
        if not limit:
            return


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--step-deg", type=click.IntRange(1, 360), default=30, show_default=True)
@click.option("--first-deg", type=click.IntRange(0, 359), default=0, show_default=True)
@click.option("--limit", type=click.IntRange(1), default=40, show_default=True, help="So many photos of each folder.")
def main(photos: tuple[Path, ...], step_deg: int, first_deg: int, limit: int) -> None:
    """Print the verdicts by angle, and what is wrong with its score."""
    finder = FaceFinder(FacesParams())
    counts: dict[int, Counter[str]] = {angle: Counter() for angle in range(first_deg, 360, step_deg)}
    for folder in photos:
        for name, rgb, truth in clear_photos(finder, folder, limit):
            for angle, tally in counts.items():
                picture, matrix = turned(rgb, angle)
                there = np.asarray(truth @ matrix[:, :2].T + matrix[:, 2], dtype=np.float32)
                result, face = verdict(finder, picture, there)
                tally[result] += 1
                if face and result == "wrong":
                    click.echo(f"wrong: {name} at {angle}: score {face.box.score:.3f}, roll {face.pose.roll_deg:.0f}")
    for angle, tally in counts.items():
        click.echo(f"{angle:4} " + "  ".join(f"{reason} {number}" for reason, number in sorted(tally.items())))
    click.echo(" all " + "  ".join(f"{reason} {n}" for reason, n in sorted(sum(counts.values(), Counter()).items())))


if __name__ == "__main__":
    main()
