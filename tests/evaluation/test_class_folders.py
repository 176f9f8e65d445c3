from pathlib import Path

import pytest

from pipeline.core.errors import MaskwrightError
from pipeline.evaluation.class_folders import FolderLabel, list_class_folders


@pytest.mark.parametrize("names", [(), ("cloth", "hats")])
def test_folders_that_are_no_classes_are_listed(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    with pytest.raises(MaskwrightError, match=r"has the sub-folders \[.*\], expected some of none"):
        list_class_folders(tmp_path)


@pytest.mark.parametrize("place", ["surgical/no_mask", "No Mask/n95", "ffp2_valve/ffp2_no_valve"])
def test_a_class_within_another_stops(tmp_path: Path, portrait_jpeg: bytes, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "a.jpg").write_bytes(portrait_jpeg)
    with pytest.raises(MaskwrightError, match=r"a\.jpg: lies in a class's folder within that of another"):
        list_class_folders(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MaskwrightError, match="no such folder"):
        list_class_folders(tmp_path / "gone")


@pytest.mark.parametrize(
    ("place", "label"),
    [
        ("None/x.jpg", FolderLabel("none", "none")),
        ("none/incorrect/x.jpg", FolderLabel("none", "none")),  # a bare face wears nothing wrongly
        ("FFP2 valve/x.jpg", FolderLabel("ffp2", valve="yes")),
        ("n95-valve/Chin Exposed/x.JPG", FolderLabel("ffp2", "chin_exposed", "yes")),
        ("ffp2_no_valve/correct/deep/er/x.jpg", FolderLabel("ffp2", "correct", "no")),
        ("surgical/Nose-Exposed/x.jpg", FolderLabel("surgical", "nose_exposed")),
        ("cloth/élodie/incorrect/x.jpg", FolderLabel("cloth")),  # only the first folder says how
        ("incorrect/x.jpg", FolderLabel(wear="incorrect")),
        ("nose_mouth_exposed/correct/x.jpg", FolderLabel(wear="nose_mouth_exposed")),
    ],
)
def test_folders_say_type_wear_and_valve(tmp_path: Path, portrait_jpeg: bytes, place: str, label: FolderLabel) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(portrait_jpeg)
    assert list_class_folders(tmp_path) == [(tmp_path / place, label)]
