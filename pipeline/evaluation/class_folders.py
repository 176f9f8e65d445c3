"""What a folder's name says of the faces in it: type of mask, how it is worn, whether it has a valve."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.core.agreement import contradict
from pipeline.core.errors import MaskwrightError
from pipeline.core.records import MaskType, Valve, Wear
from pipeline.storage.signatures import is_photo


@dataclass(frozen=True, slots=True)
class FolderLabel:
    """The labels of the photos of one folder."""

    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"


_BARE = FolderLabel("none", "none")
CLASS_FOLDERS: dict[str, FolderLabel] = {
    "none": _BARE,
    "no_mask": _BARE,
    "without_mask": _BARE,
    "cloth": FolderLabel("cloth"),
    "surgical": FolderLabel("surgical"),
    "ffp2": FolderLabel("ffp2"),
    "ffp2_valve": FolderLabel("ffp2", valve="yes"),
    "ffp2_no_valve": FolderLabel("ffp2", valve="no"),
    "n95": FolderLabel("ffp2"),
    "n95_valve": FolderLabel("ffp2", valve="yes"),
    "kn95": FolderLabel("ffp2"),
}
"""Names of folders, as `_spelt` writes them, and what each says."""

WEAR_FOLDERS: dict[str, Wear] = {
    "correct": "correct",
    "nose_exposed": "nose_exposed",
    "chin_exposed": "chin_exposed",
    "nose_mouth_exposed": "nose_mouth_exposed",
    "incorrect": "incorrect",
}
"""Names that say how masks are worn: of folders within a class of masks, or beside the classes, the type unknown."""


def list_class_folders(folder: Path) -> list[tuple[Path, FolderLabel]]:
    """The image files of a folder's class sub-folders with what those say, sorted.

    Raises:
        MaskwrightError: the folder isn't there, or its sub-folders are no classes, or lie within each other.
    """
    if not folder.is_dir():
        raise MaskwrightError(f"evaluate.external: {folder}: no such folder")
    names = sorted(child.name for child in folder.iterdir() if child.is_dir())
    labels = {name: _label_of(_spelt(name)) for name in names}
    if not names or None in labels.values():
        expected = ", ".join([*CLASS_FOLDERS, *WEAR_FOLDERS])
        raise MaskwrightError(f"evaluate.external: {folder}: has the sub-folders {names}, expected some of {expected}")
    return [
        (path, _within(label, path.relative_to(folder / name)))
        for name, label in labels.items()
        for path in sorted((folder / name).rglob("*"))
        if label is not None and is_photo(path)
    ]


def _label_of(name: str) -> FolderLabel | None:
    if name in WEAR_FOLDERS:
        return FolderLabel(wear=WEAR_FOLDERS[name])
    return CLASS_FOLDERS.get(name)


def _within(label: FolderLabel, path: Path) -> FolderLabel:
    """The label of a photo at a path within a class's folder, the first folder of which may say how masks are worn.

    Raises:
        MaskwrightError: that folder is called as another class.
    """
    if len(path.parts) > 1 and _contradicts(label, CLASS_FOLDERS.get(_spelt(path.parts[0]), label)):
        raise MaskwrightError(f"evaluate.external: {path}: lies in a class's folder within that of another class")
    if label.wear != "unknown" or len(path.parts) == 1:
        return label
    return replace(label, wear=WEAR_FOLDERS.get(_spelt(path.parts[0]), "unknown"))


def _contradicts(label: FolderLabel, other: FolderLabel) -> bool:
    return any(contradict(getattr(label, field), getattr(other, field), field) for field in ("mask_type", "valve"))


def _spelt(name: str) -> str:
    """The folder's name whatever its case, blanks and hyphens."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")
