"""How well photos of one person are found, at every distance of their embeddings, on people who are known by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import SampleRejected, SourceError
from pipeline.dedup.calibration.copies import Rate
from pipeline.dedup.calibration.known_pairs import Unread, listed_photos
from pipeline.dedup.fingerprints.fingerprint import DRAFT_SIDE_PX
from pipeline.dedup.same_person import embed_photo
from pipeline.storage.images import read_image

DISTANCES = (0.25, 0.3, 0.325, 0.35, 0.375, 0.4, 0.425, 0.45, 0.5, 0.55, 0.6)
_COPY_DISTANCE = 0.15
"""Nearer pairs are copies of one photo, which the hashes find: they would flatter the recall."""


@dataclass(frozen=True, slots=True)
class PersonPoint:
    """One distance.

    Pairs of one person hang together, so the intervals of the rates are narrower than they should be.

    Attributes:
        max_distance: Pairs at most so far apart are taken for one person.
        recall: Of the pairs of one person, those that are found.
        precision: Of the pairs that are found, those of one person; it falls with the number of people.
        false_matches: Of the pairs of two people, those that are found.
    """

    max_distance: float
    recall: Rate
    precision: Rate
    false_matches: Rate


def embeddings_of_people(
    folder: Path, person_name: str, limit: int, unread: Unread
) -> tuple[list[str], NDArray[np.float32]]:
    """Names and embeddings `float32 (N, 128)` of the photos in which a face is found; others may go to `unread`.

    Raises:
        SourceError: no file name tells a person, or no photo of those has a face.
    """
    pattern = re.compile(person_name)
    files = listed_photos(folder, unread)
    matches = ((pattern.search(_path_within(file, folder)), file) for file in files)
    named = [(match[1], file) for match, file in matches if match and match[1]][:limit]
    found = [(name, vector) for name, file in named if (vector := _embedding(file, unread)) is not None]
    if not found:
        raise SourceError(f"{folder}: no photo with a face whose name matches {person_name}")
    return [name for name, _ in found], np.array([vector for _, vector in found], dtype=np.float32)


def _path_within(file: Path, folder: Path) -> str:
    return file.relative_to(folder).with_suffix("").as_posix()


def _embedding(file: Path, unread: Unread) -> NDArray[np.float32] | None:
    try:
        return embed_photo(read_image(file, draft_side_px=DRAFT_SIDE_PX).rgb)
    except SampleRejected as error:
        unread[file] = str(error)
        return None


def calibrate_people(names: Sequence[str], vectors: NDArray[np.float32]) -> list[PersonPoint]:
    """The curve over all pairs of photos; `names[i]` is who is on the photo of `vectors[i]`."""
    first, second = np.triu_indices(len(names), 1)
    distance = np.linalg.norm(vectors[first] - vectors[second], axis=1)
    people = np.unique(names, return_inverse=True)[1]
    same = people[first] == people[second]
    different, same = ~same, same & (distance >= _COPY_DISTANCE)
    points = []
    for most in DISTANCES:
        right, wrong = int((same & (distance <= most)).sum()), int((different & (distance <= most)).sum())
        points.append(
            PersonPoint(
                most, Rate(right, int(same.sum())), Rate(right, right + wrong), Rate(wrong, int(different.sum()))
            )
        )
    return points
