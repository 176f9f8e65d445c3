"""Which images an annotation may mean: by path, by its own name beside them, by the name that it gives."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from pipeline.sources.labels import plain_text

Content = TypeVar("Content")

# fmt: off
_CONTAINERS = frozenset({
    "ann", "anns", "annot", "annots", "annotation", "annotations", "bbox", "bboxes", "boxes", "image", "images", "img",
    "imgs", "jpegimages", "json", "jsons", "label", "labels", "photo", "photos", "pic", "pics", "pictures", "xml",
    "xmls",
})
# fmt: on
"""Folder names that say what kind of file lies in them; `x/annotations/y` and `x/images/y` stand beside each other."""

_ENDING = re.compile(r"\.[a-z]{2,5}\d?", re.IGNORECASE)
"""What a file's kind is called: `12.5` is no file `12` of the kind `5`."""

_MOST_PARTS = 100
"""No image lies deeper: of a path with thousands of folders every end would take minutes."""

_SIDES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


@dataclass(frozen=True)
class Claim(Generic[Content]):
    """What one annotation says about one image.

    Attributes:
        paper: The annotation file's origin.
        number: Which of the file's annotations it is, such as `image-7`; empty where there is one.
        named: The image's path or name as the annotation gives it; empty where it gives none.
        stem: The annotation file's own name without its ending, where the file is of one image.
    """

    paper: str
    said: Content
    number: str = ""
    named: str = ""
    stem: str = ""

    @property
    def origin(self) -> str:
        """The row's origin where this can't be used."""
        return f"{self.paper}#{self.number}" if self.number else self.paper


class ImageIndex:
    """The images of a source, looked up by path, or by name within the folders that stand beside each other."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._paths: defaultdict[str, list[str]] = defaultdict(list)
        self._beside: defaultdict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
        self._named: defaultdict[str, list[str]] = defaultdict(list)
        self._places: set[tuple[str, ...]] = set()
        for origin in origins:
            path = as_path(origin)
            self._paths[str(path).casefold()].append(origin)
            self._places.add(_place(path.parent))
            for name in {path.name.casefold(), path.stem.casefold()}:
                self._beside[_place(path.parent), name].append(origin)
                self._named[name].append(origin)

    def at(self, path: PurePosixPath) -> list[str]:
        """The images of a path; those that differ by case alone where none is spelt so."""
        found = self._paths.get(str(path).casefold(), [])
        exact = [origin for origin in found if as_path(origin) == path]
        return exact or found

    def beside(self, claim: Claim[Content]) -> list[str]:
        """The images that a claim may mean, by the first of path, own stem and given name that leads to any."""
        folder, named = as_path(claim.paper).parent, as_path(claim.named)
        if len(named.parts) > 1:
            found = self.at(folder / named) or self.at(named) or self._near(folder / named.parent, named.name)
            if found:
                return found
        own = self._near(folder, claim.stem) if claim.stem else []
        if len(own) > 1:  # of a.jpg and a.png beside a.xml, the one that the file names
            own = [origin for origin in own if as_path(origin).name.casefold() == named.name.casefold()] or own
        if own or len(named.parts) > 1 or not claim.named:
            return own
        shorter = named.stem if _ENDING.fullmatch(named.suffix) else ""
        return self._near(folder, named.name) or (self._near(folder, shorter) if shorter else [])

    def elsewhere(self, claim: Claim[Content]) -> list[str]:
        """The images that a claim may mean where the folders that it names aren't there, or its own hold no images."""
        folder, named = as_path(claim.paper).parent, as_path(claim.named)
        for start in range(
            max(1, len(named.parts) - _MOST_PARTS), len(named.parts)
        ):  # a path on the annotator's machine: its end may be one of ours
            shorter = PurePosixPath(*named.parts[start:])
            found = self.at(folder / shorter) or self._near(folder / shorter.parent, shorter.name)
            if found:
                return found
        if _place(folder) in self._places:
            return []
        names = [name for name in (claim.stem, named.name) if name]
        found = next((found for name in names for found in self._climbing(as_path(claim.paper), name) if found), [])
        return _most_alike(found, as_path(claim.paper)) if len(found) > 1 else found

    def _near(self, folder: PurePosixPath, name: str) -> list[str]:
        """The images of a name in a folder, else in those that stand beside it."""
        found = self._beside.get((_place(folder), name.casefold()), [])
        here = [origin for origin in found if as_path(origin).parent == folder]
        found = here or found
        exact = [origin for origin in found if name in {as_path(origin).name, as_path(origin).stem}]
        return exact or found

    def _climbing(self, paper: PurePosixPath, name: str) -> Iterator[list[str]]:
        """The images of a name under the paper's folder, its parent and so on, of a side that the paper may be of."""
        sides = _sides_of(paper)
        fitting = [
            origin
            for origin in self._named.get(name.casefold(), [])
            if not sides or not (own := _sides_of(as_path(origin).parent)) or sides & own
        ]
        for ancestor in paper.parents:
            yield [origin for origin in fitting if as_path(origin).is_relative_to(ancestor)]


def _most_alike(origins: Sequence[str], paper: PurePosixPath) -> list[str]:
    """Of images of one name those whose folders have most words in common with the paper's path, in any language.

    `imagenes/prueba/1.jpg` is meant by `anotaciones/prueba/1.xml` and by `anotaciones/prueba.json`.
    """
    words = words_of(paper)
    common = [len(words & words_of(as_path(origin).parent)) for origin in origins]
    return [origin for origin, count in zip(origins, common, strict=True) if count == max(common)]


def as_path(text: str) -> PurePosixPath:
    r"""A path as annotations give it, with slashes, accents stored with their letters.

    >>> as_path(".\\images\\a.jpg")
    PurePosixPath('images/a.jpg')
    """
    return PurePosixPath(plain_text(text).replace("\\", "/"))


def says_nothing(folder: str) -> bool:
    """Whether a folder's name says what kind of file or which side of a split lies in it, and nothing else."""
    return folder.casefold() in _CONTAINERS or folder.casefold() in _SIDES


def side_of(folder: str) -> str:
    """A folder's name in lower case; those that mean one side of a split have one name.

    >>> side_of("Valid"), side_of("validation"), side_of("Photos")
    ('val', 'val', 'photos')
    """
    return _SIDES.get(folder.casefold(), folder.casefold())


def _place(folder: PurePosixPath) -> tuple[str, ...]:
    """What a folder has in common with those beside it: its parts but for those that name a kind of file."""
    parts: list[str] = []
    for part in folder.parts:
        if part == ".." and parts:
            parts.pop()
        elif part.casefold() not in _CONTAINERS and part != "..":
            parts.append(part.casefold())
    return tuple(parts)


def _sides_of(path: PurePosixPath) -> set[str]:
    """The sides of a split that a path's parts name: `instances_train2017.json` is of train."""
    return {_SIDES[word] for word in words_of(path) if word in _SIDES}


def words_of(path: PurePosixPath) -> set[str]:
    """The words in a path's parts, in any language, without numbers."""
    return {word for part in path.parts for word in re.findall(r"[^\W\d_]+", part.casefold())}
