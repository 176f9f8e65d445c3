"""Which photos and films are meant by what a user names, and what is said of each photo."""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.augment.photos import list_photos
from pipeline.core.errors import MaskwrightError, SampleRejected
from pipeline.core.file_names import printable
from pipeline.engine.containment import each_contained
from pipeline.prediction.answers import FacePrediction
from pipeline.prediction.predictor import FacePredictor, RefusedBox, SeenPhoto, Waiting
from pipeline.storage.images import read_image
from pipeline.storage.videos import is_video_name

FROM_STDIN = "-"
_MAGIC = frozenset("*?[")


@dataclass(slots=True)
class Named:
    """What a user named, in that order; a file that is named twice stands there twice.

    Attributes:
        photos: Files to be read as photos.
        videos: Files to be read as films.
        refused: Folders that can't be listed and links that lead out of a folder, and why.
        other_files: Ending -> how many files of folders are no photos.
        skipped_folders: How many folders were left out: outputs of `augment-masks`, folders seen before.
    """

    photos: list[Path] = field(default_factory=list)
    videos: list[Path] = field(default_factory=list)
    refused: list[tuple[str, SampleRejected]] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)
    skipped_folders: int = 0

    def add(self, path: Path, *, follow_links: bool = False) -> None:
        """A file, or the photos of a folder."""
        if is_video_name(path) and not path.is_dir():
            self.videos.append(path)
        elif path.is_dir():
            self._add_folder(path, follow_links)
        else:
            self.photos.append(path)

    def _add_folder(self, folder: Path, follow_links: bool) -> None:
        listing = list_photos(folder, follow_links=follow_links)
        self.photos += [photo.path for photo in listing.photos]
        self.other_files += listing.other_files
        self.skipped_folders += len(listing.skipped_folders)
        self.refused += [
            (printable(str(folder / name)), SampleRejected(reason, detail))
            for name, reason, detail in listing.refused()
        ]


def named(words: Sequence[str], stdin: Iterable[str] = (), *, follow_links: bool = False) -> Named:
    """The files that words mean: files, folders, patterns such as `photos/**/*.jpg`, `-` for a list, a line each.

    Links that lead out of a folder are followed where `follow_links` says so; a file that is named may be any link.

    Raises:
        MaskwrightError: there is nothing of a name or pattern. A line of the list that names nothing is no error but a
            photo that can't be read.
    """
    found = Named()
    for word in words:
        if word == FROM_STDIN:
            for line in stdin:
                if line.strip("\r\n"):
                    found.add(Path(line.rstrip("\r\n")), follow_links=follow_links)
            continue
        for path in _meant(word):
            found.add(path, follow_links=follow_links)
    return found


def _meant(word: str) -> list[Path]:
    if os.path.lexists(word):
        return [Path(word)]
    # Path.glob knows no absolute patterns
    matching = sorted(glob.glob(word, recursive=True)) if _MAGIC & set(word) else []  # noqa: PTH207
    if not matching:
        raise MaskwrightError(f"{printable(word)}: no such file or folder, and no pattern that matches one")
    return [Path(path) for path in matching]


@dataclass(frozen=True, slots=True)
class PhotoAnswer:
    """What is said of one photo.

    Attributes:
        path: The file.
        width_px, height_px: Its size upright; 0 where it can't be read.
        faces: The largest first.
        refused: What looked like a face and has no answer.
        verdict: Why there is no answer at all, where there is none.
    """

    path: Path
    width_px: int = 0
    height_px: int = 0
    faces: tuple[FacePrediction, ...] = ()
    refused: tuple[RefusedBox, ...] = ()
    verdict: SampleRejected | None = None

    @property
    def name(self) -> str:
        """The path as text; bytes that aren't UTF-8 are escaped."""
        return printable(str(self.path))

    @property
    def was_read(self) -> bool:
        """Whether it was seen, whatever was found."""
        return self.width_px > 0


def answer_photos(photos: Sequence[Path], predictor: FacePredictor) -> Iterator[PhotoAnswer]:
    """What is said of each photo, in their order; whatever one of them makes the program raise is its verdict."""

    def look(path: Path) -> SeenPhoto | SampleRejected:
        return predictor.look(read_image(path).rgb)

    batch: list[tuple[Path, SeenPhoto | SampleRejected]] = []
    waiting = Waiting()
    for path, seen in zip(photos, each_contained(look, photos, lambda _, verdict: verdict), strict=True):
        batch.append((path, seen))
        if isinstance(seen, SeenPhoto):
            waiting.add(seen)
        if waiting.is_full:
            yield from _answered(batch, predictor.answer(waiting.taken()))
            batch = []
    yield from _answered(batch, predictor.answer(waiting.taken()))


def _answered(
    batch: Iterable[tuple[Path, SeenPhoto | SampleRejected]], found: Iterable[list[FacePrediction]]
) -> Iterator[PhotoAnswer]:
    faces = iter(found)
    for path, seen in batch:
        if isinstance(seen, SeenPhoto):
            yield PhotoAnswer(path, seen.width_px, seen.height_px, tuple(next(faces)), seen.refused, seen.none)
        else:
            yield PhotoAnswer(path, verdict=seen)


def names_apart(paths: Sequence[Path], ending: str) -> list[str]:
    """A name for what is made of each photo: its path below the folder that holds them all, with another ending.

    Photos that differ in their ending alone keep it as well.

    >>> names_apart([Path("a/x.jpg"), Path("b/x.jpg"), Path("b/x.png")], ".txt")
    ['a/x.txt', 'b/x.jpg.txt', 'b/x.png.txt']
    """
    whole = [path.absolute() for path in paths]
    top = os.path.commonpath([path.parent for path in whole]) if whole else ""
    below = [path.relative_to(top) for path in whole]
    stems = Counter(path.with_suffix("") for path in set(below))
    return [f"{path.with_suffix('') if stems[path.with_suffix('')] == 1 else path}{ending}" for path in below]
