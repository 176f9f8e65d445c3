"""The manifests of a project, by what is looked up in them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pipeline.core.errors import ManifestError
from pipeline.core.locations import Location, Place, located
from pipeline.core.params import Params
from pipeline.core.paths import DATA, FACES_TABLE, IMAGES, LINKS, MASKED_TABLE, QUALITY, RAW, REJECTED, SPLIT_TABLE
from pipeline.core.records import Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
from pipeline.dedup.fingerprints.quality import ImageQuality
from pipeline.review.label_doubts import LabelDoubt
from pipeline.storage.manifests import Manifest, read_manifest

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """Where a project keeps what: `data` may have any name, `doubts` is a list of `review-labels`."""

    root: Path
    data: Path
    doubts: Path

    def at(self, path: Path) -> Path:
        """Where a manifest of the road is that `pipeline.core.paths` spells below `data/`."""
        return self.data / path.relative_to(DATA)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleId:
    """A face or a drawn mask, and its image."""

    id: str
    image_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildId:
    """A drawn mask and its face."""

    id: str
    face_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a detector thinks of a face."""

    id: str
    score: float
    sharpness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sided:
    """A sample and its side."""

    sample_id: str
    side: str


@dataclass(frozen=True)
class ProjectTables:
    """What lies in the manifests of a project; a stage that hasn't run brings nothing.

    Whole rows of faces and masks, with their hundreds of points, are read one at a time; what is looked up is held.

    Raises:
        ManifestError: no source was ingested, or a manifest is damaged.
    """

    files: ProjectFiles
    params: Params

    def rows(self, path: Path, full: type[Any], narrow: type[Row]) -> Iterator[Row]:
        """The rows of a manifest, with those of its columns that `narrow` has."""
        place = self.files.at(path)
        return Manifest(place, full).rows(narrow) if place.is_file() else iter(())

    def sources(self) -> list[Path]:
        """The manifest of each source."""
        manifests = sorted(self.files.at(RAW).glob(f"*/{IMAGES}"))
        if not manifests:
            raise ManifestError(f"{self.files.at(RAW)}: no source was taken in; run `maskwright ingest` first")
        return manifests

    @cached_property
    def images(self) -> dict[str, Image]:
        """The images of every source, by id."""
        return {image.id: image for path in self.sources() for image in read_manifest(path, Image)}

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """Faces by id."""
        return {row.id: row for row in self.rows(FACES_TABLE, Face, Judged)}

    @cached_property
    def sides(self) -> dict[str, str]:
        """The side of each sample."""
        return {row.sample_id: row.side for row in self.rows(SPLIT_TABLE, Assignment, Sided)}

    @cached_property
    def quality(self) -> dict[str, ImageQuality]:
        """The scores of each image."""
        return {row.image_id: row for row in self.rows(QUALITY, ImageQuality, ImageQuality)}

    @cached_property
    def doubts(self) -> dict[str, LabelDoubt]:
        """The doubted labels, by face."""
        path = self.files.doubts
        return {row.face_id: row for row in read_manifest(path, LabelDoubt)} if path.is_file() else {}

    @cached_property
    def rejections(self) -> dict[str, Rejection]:
        """By id, the last stage's where there are several."""
        raw = sorted(self.files.at(RAW).glob(f"*/{REJECTED}"))
        later = [self.files.at(table.parent / REJECTED) for table in (QUALITY, FACES_TABLE, MASKED_TABLE, SPLIT_TABLE)]
        return {row.id: row for path in [*raw, *later] if path.is_file() for row in read_manifest(path, Rejection)}

    @cached_property
    def rejected_alone(self) -> list[Rejection]:
        """Rejections of which there is no face and no drawn mask."""
        known = {row.id for row in self.rows(FACES_TABLE, Face, SampleId)}
        known |= {row.id for row in self.rows(MASKED_TABLE, MaskedImage, SampleId)}
        return [row for row in self.rejections.values() if row.id not in known]

    @cached_property
    def stands_for(self) -> dict[str, str]:
        """The record that stands for an image: its first face, else what says that it was rejected."""
        found: dict[str, str] = {}
        for face in self.rows(FACES_TABLE, Face, SampleId):
            found.setdefault(face.image_id, face.id)
        for row in self.rejected_alone:
            if (image := self.image_of(row.id)) is not None:
                found.setdefault(image.id, row.id)
        return found

    @cached_property
    def kin(self) -> dict[str, list[tuple[str, DuplicateLink]]]:
        """The images that each is linked with, and the links."""
        kin: dict[str, list[tuple[str, DuplicateLink]]] = defaultdict(list)
        for link in self.rows(LINKS, DuplicateLink, DuplicateLink):
            kin[link.first].append((link.second, link))
            kin[link.second].append((link.first, link))
        return kin

    @cached_property
    def _folders(self) -> dict[str, str]:
        """What the paths of a source begin with, so that photos which never became images are found too."""
        found: dict[str, set[str]] = defaultdict(set)
        for image in self.images.values():
            found[image.source].add(image.path.removesuffix(image.origin))
        return {source: folders.pop() for source, folders in sorted(found.items()) if len(folders) == 1}

    def image(self, image_id: str, table: Path) -> Image:
        """The image of that id, which `table` names.

        Raises:
            ManifestError: there is none.
        """
        try:
            return self.images[image_id]
        except KeyError as error:
            place = self.files.at(table)
            raise ManifestError(f"{place} names {image_id}, which no source brings: run `dvc repro` first") from error

    def image_of(self, row_id: str) -> Image | None:
        """The image of a rejected row: rows of faces and pictures are named after it, `-` and what of it."""
        while row_id not in self.images:
            row_id, parted, _ = row_id.rpartition("-")
            if not parted:
                return None
        return self.images[row_id]

    def parent_of_rejected(self, row: Rejection) -> str | None:
        """The face that a rejected picture was to be made of."""
        face_id = row.id.rpartition("-")[0]
        return face_id if face_id in self.judged else None

    def place(self, locator: str) -> Place:
        """The file that a manifest names."""
        return located(self._pixels, locator)

    @property
    def _pixels(self) -> Location:
        pixels = self.params.storage.pixels
        return self.files.root / pixels if isinstance(pixels, Path) else pixels

    def photo_without_image(self, row: Rejection) -> Place | None:
        """The file of a rejection that no image was made of, where it lies with the others of its source."""
        for folder in self._folders.values():
            place = self.place(folder + row.origin) if folder and row.origin else None
            if isinstance(place, Path) and place.is_file():
                return place
        return None
