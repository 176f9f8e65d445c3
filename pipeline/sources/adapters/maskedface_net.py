"""MaskedFace-Net: FFHQ portraits with a surgical mask drawn in, correctly (CMFD) or not (IMFD).

Cabani, Hammoudi, Benhabiles, Melkemi: MaskedFace-Net, Smart Health 19 (2021).
"""

import re
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path, PurePosixPath

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.ffhq import PhotoPapers, read_papers
from pipeline.sources.adapters.layout import NamedFilesAdapter
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal

NAME = re.compile(r"(?P<number>\d{1,5})_(?P<suffix>Mask(?:_[A-Za-z]+)*)\.(?:jpe?g|png)", re.IGNORECASE)


class MaskedFaceNetSettings(TreeSettings):
    """The two halves and their papers.

    Attributes:
        ffhq_json: FFHQ's `ffhq-dataset-v2.json`, for each photo's own licence and author.
        denylist: A text file of further files that show no mask, one name a line.
    """

    ffhq_json: Path | None = None
    denylist: Path | None = None


class MaskedFaceNetAdapter(NamedFilesAdapter[MaskedFaceNetSettings]):
    """`CMFD/41000/41192_Mask.jpg`: the number is the FFHQ id, the suffix names what the mask covers."""

    settings_model = MaskedFaceNetSettings
    expected = "<FFHQ id>_Mask.jpg, …_Mask_Chin.jpg, …_Mask_Mouth_Chin.jpg or …_Mask_Nose_Mouth.jpg in CMFD/ and IMFD/"

    def missing(self) -> list[str]:
        """The images, and the papers that were named but don't exist."""
        papers = [self.settings.ffhq_json, self.settings.denylist]
        absent = [
            self.workspace.root / paper for paper in papers if paper and not (self.workspace.root / paper).exists()
        ]
        return [*super().missing(), *(f"{path} does not exist." for path in absent)]

    def offer(self, file: TreeFile) -> Offer | Refusal:
        """The file's FFHQ identity and label; known unmasked files are refused."""
        match = NAME.fullmatch(file.name)
        if match is None:
            return self.unknown_name(file)
        if file.name.lower() in self._unmasked:
            return Refusal(origin=file.origin, reason="known_unmasked", detail="listed as showing no mask")
        number = int(match["number"])
        papers = self._papers.get(number, PhotoPapers())
        return Offer(
            origin=file.origin,
            file=file.path,
            in_place=file.in_place,
            labels=(match["suffix"],),
            licence=f"{self.settings.licence} AND {papers.licence}" if papers.licence else None,
            author=papers.author,
            url=papers.url,
            person_id=f"ffhq:{number:05d}",
            photo_id=f"ffhq:{number:05d}",
        )

    @cached_property
    def _papers(self) -> dict[int, PhotoPapers]:
        return read_papers(self.workspace.root / self.settings.ffhq_json) if self.settings.ffhq_json else {}

    @cached_property
    def _unmasked(self) -> frozenset[str]:
        known = files("pipeline.sources").joinpath("maskedface_net_unmasked.txt").read_text(encoding="utf-8")
        return frozenset((*_listed(known), *_listed(self._own_denylist())))

    def _own_denylist(self) -> str:
        if self.settings.denylist is None:
            return ""
        path = self.workspace.root / self.settings.denylist
        try:
            return path.read_text(encoding="utf-8-sig", errors="backslashreplace")  # as names of files are written
        except OSError as error:
            raise SourceError(f"{path}: cannot be read as a list of files: {error}") from error


def _listed(text: str) -> Iterator[str]:
    """File names, lower case, without folders; blank lines and # comments left out."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return (PurePosixPath(line).name.lower() for line in lines if line)
