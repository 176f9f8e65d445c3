"""Small layouts whose labels stand in the file names: MaskTheFace output, WWMR-DB, faker-js portraits."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pipeline.sources.adapters.layout import NamedFilesAdapter
from pipeline.sources.adapters.tree import TreeFile, TreeSettings
from pipeline.sources.labels import LabelMap
from pipeline.sources.offers import Offer, Refusal

WWMR_CODE = re.compile(r"[A-Z]{4}")
PORTRAIT = re.compile(r"(?:.*/)?(?P<sex>female|male)/(?P<size>\d+)/(?P<number>\d+)\.[a-z]+", re.IGNORECASE)

ORIGINAL = "original"
"""The label of a photo that MaskTheFace was asked to keep beside its masked versions."""


class MaskTheFaceAdapter(NamedFilesAdapter[TreeSettings]):
    """`<stem>_<type>.<ext>`; the original photo, where it lies beside them, is `<stem>.<ext>`."""

    settings_model = TreeSettings
    expected = "<stem>_<type>.<ext> with a type such as surgical_blue, N95 or cloth"

    def prepare(self, images: Sequence[TreeFile]) -> None:
        """Gather the masked stems, to know an original from a stranger."""
        self._masked_stems = {stem for stem, kind in map(self._parted, images) if kind}

    def offer(self, file: TreeFile) -> Offer | Refusal:
        """The mask type after the last stem; all versions of one stem are one photo."""
        stem, kind = self._parted(file)
        if not kind and stem not in self._masked_stems:
            return self.unknown_name(file)
        photo = f"{self.workspace.name}:{stem}"
        return Offer(
            origin=file.origin,
            file=file.path,
            in_place=file.in_place,
            labels=(kind or ORIGINAL,),
            photo_id=photo,
            synthetic=bool(kind),
        )

    def _parted(self, file: TreeFile) -> tuple[str, str]:
        """Folder and stem, and the type; the type is empty where the name carries none."""
        stem = file.origin.rpartition(".")[0]
        parts = [kind for kind in self._kinds if stem.casefold().endswith(f"_{kind}")]
        kind = max(parts, key=len, default="")
        return (stem[: -len(kind) - 1], stem[-len(kind) :]) if kind else (stem, "")

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        return tuple(word.casefold() for word in self.settings.labels if word != ORIGINAL)


class WwmrAdapter(NamedFilesAdapter[TreeSettings]):
    """`subject_status_type_angle[_B|F].jpg`, status and type as four capitals; no type where no mask is worn."""

    settings_model = TreeSettings
    expected = "subject_STATUS_TYPE_angle[_B|F].jpg with codes such as MRCW (status) and SRGM (type)"

    def offer(self, file: TreeFile) -> Offer | Refusal:
        """Subject, and the status and type codes as labels; the type of a mask that isn't worn labels nothing."""
        subject, *rest = Path(file.name).stem.split("_")
        codes = tuple(part for part in rest[:2] if WWMR_CODE.fullmatch(part))
        if not codes or rest[0] != codes[0]:
            return self.unknown_name(file)
        if codes[0] in self._labels and self._labels[codes[0]].masked == "no":
            codes = codes[:1]
        person = f"{self.workspace.name}:{subject}"
        return Offer(origin=file.origin, file=file.path, in_place=file.in_place, labels=codes, person_id=person)

    @cached_property
    def _labels(self) -> LabelMap:
        return LabelMap(self.settings.labels)


class PortraitSettings(TreeSettings):
    """Which of the sizes is taken: the others are the same photos."""

    size: int = 512


class PortraitsAdapter(NamedFilesAdapter[PortraitSettings]):
    """`<sex>/<size>/<n>.jpg`: generated people, each once."""

    settings_model = PortraitSettings
    expected = "female/512/<n>.jpg and male/512/<n>.jpg"

    def offer(self, file: TreeFile) -> Offer | Refusal:
        """One portrait, one person."""
        match = PORTRAIT.fullmatch(file.origin)
        if match is None:
            return self.unknown_name(file)
        if int(match["size"]) != self.settings.size:
            return Refusal(origin=file.origin, reason="other_size", detail=f"only size {self.settings.size} is taken")
        identity = f"{self.workspace.name}:{match['sex'].lower()}/{match['number']}"
        return Offer(
            origin=file.origin,
            file=file.path,
            in_place=file.in_place,
            labels=(match["sex"].lower(),),
            person_id=identity,
            photo_id=identity,
        )
