import zipfile
from pathlib import Path

import numpy as np
import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import ConfigError, SourceError
from pipeline.core.records import Image, Rejection
from pipeline.storage.images import encode_image
from pipeline.storage.manifests import read_manifest
from pipeline.storage.synthetic_mark import SyntheticMark
from tests.sources.kit import Ingest, by_origin, reasons

LABELS = {"with_mask": {"mask_type": "surgical", "wear": "correct"}, "without_mask": {"mask_type": "none"}}


def class_folders(root: Path) -> Path:
    return write_tree(
        root,
        {
            "dataset/with_mask/1.jpg": picture(1),
            "dataset/without_mask/2.png": picture(2, kind="PNG"),
            "dataset/without_mask/broken.jpg": picture(3)[:400],
            "README.md": b"about",
        },
    )


def test_class_folders_become_labels(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    taken = ingest(adapter="folder", path="photos", labels=LABELS, licence="CC0-1.0")
    images = by_origin(taken)
    assert images.keys() == {"dataset/with_mask/1.jpg", "dataset/without_mask/2.png"}
    masked = images["dataset/with_mask/1.jpg"]
    assert (masked.mask_type, masked.wear, masked.original_label) == ("surgical", "correct", "with_mask")
    assert (masked.width_px, masked.height_px, masked.licence) == (64, 48, "CC0-1.0")
    assert images["dataset/without_mask/2.png"].wear == "none"
    assert reasons(taken.rejections) == {
        "dataset/without_mask/broken.jpg": "damaged_image",
        "README.md": "not_an_image",
    }


def test_manifests_hold_what_was_returned(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    taken = ingest(adapter="folder", path="photos", labels=LABELS)
    raw = tmp_path / "data/raw/mine"
    assert tuple(read_manifest(raw / "images.parquet", Image)) == taken.images
    assert tuple(read_manifest(raw / "rejected.parquet", Rejection)) == taken.rejections


def test_folder_inside_the_project_is_not_copied(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    taken = ingest(adapter="folder", path="photos", labels=LABELS)
    assert by_origin(taken)["dataset/with_mask/1.jpg"].path == "photos/dataset/with_mask/1.jpg"
    assert not (tmp_path / "data/raw/mine/files").exists()


def test_folder_outside_the_project_is_copied(
    ingest: Ingest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = class_folders(tmp_path_factory.mktemp("elsewhere"))
    image = by_origin(ingest(adapter="folder", path=str(outside), labels=LABELS))["dataset/with_mask/1.jpg"]
    copy = tmp_path / image.path
    assert image.path.startswith("data/raw/mine/files/")
    assert copy.read_bytes() == picture(1)
    assert copy.stat().st_nlink == 1, "a hard link would let DVC change the user's own file"


def test_unmapped_label_stops_with_the_labels_found(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    with pytest.raises(SourceError, match=r"'with_mask'.*\n.*'with_mask', 'without_mask'.*\n.*settings.mine.labels"):
        ingest(adapter="folder", path="photos", labels={"without_mask": {"mask_type": "none"}})


def test_files_without_a_class_folder_have_the_label_dot(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "photos", {"a.jpg": picture()})
    taken = ingest(adapter="folder", path="photos", labels={".": {"mask_type": "none"}})
    assert taken.images[0].mask_type == "none"


def test_what_is_no_image_asks_for_no_label(ingest: Ingest, tmp_path: Path) -> None:
    files = {"more.rar": b"Rar!", "with_mask/film.mp4": b"ftyp", "extra/x.7z": b"7z", "with_mask/a": picture()}
    taken = ingest(adapter="folder", path=str(write_tree(tmp_path / "photos", files)), labels=LABELS)
    assert list(by_origin(taken)) == ["with_mask/a"]
    assert reasons(taken.rejections) == dict.fromkeys(("more.rar", "extra/x.7z", "with_mask/film.mp4"), "not_an_image")


def test_archive_is_taken_like_a_folder(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(tmp_path / "photos/dataset/with_mask/1.jpg", "with_mask/1.jpg")
        archive.writestr("../escaped.jpg", picture(9))
    taken = ingest(adapter="folder", path="photos.zip", labels=LABELS)
    assert by_origin(taken).keys() == {"with_mask/1.jpg"}
    assert reasons(taken.rejections) == {"../escaped.jpg": "unsafe_path"}
    assert not (tmp_path.parent / "escaped.jpg").exists()


def test_two_folders_of_one_name_lose_no_photo(ingest: Ingest, tmp_path: Path) -> None:
    for place, batch in enumerate(("first", "second", "third")):
        write_tree(tmp_path / batch / "photos", {"with_mask/1.jpg": picture(place)})
    taken = ingest(adapter="folder", path=[f"{batch}/photos" for batch in ("first", "second", "third")], labels=LABELS)
    assert set(by_origin(taken)) == {f"photos{number}/with_mask/1.jpg" for number in ("", "-2", "-3")}
    assert not taken.rejections


def test_missing_path_says_what_to_set(ingest: Ingest) -> None:
    with pytest.raises(SourceError, match=r"ingest\.settings\.mine\.path"):
        ingest(adapter="folder")


def test_unknown_key_and_adapter_are_named(ingest: Ingest) -> None:
    with pytest.raises(ConfigError, match=r"ingest\.settings\.mine\.pth"):
        ingest(adapter="folder", pth="photos")
    with pytest.raises(ConfigError, match="'foldr': expected one of"):
        ingest(adapter="foldr")


def test_nothing_usable_is_an_error_that_shows_why(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "photos", {"a.jpg": b"no image"})
    with pytest.raises(SourceError, match=r"1 rejected, beginning with a\.jpg: not_an_image"):
        ingest(adapter="folder", path="photos", labels={".": {}})


def test_every_file_leaves_once(ingest: Ingest, tmp_path: Path) -> None:
    class_folders(tmp_path / "photos")
    taken = ingest(adapter="folder", path="photos", labels=LABELS)
    ids = [*(row.id for row in taken.images), *(row.id for row in taken.rejections)]
    assert len(ids) == len(set(ids)) == 4


def test_a_picture_with_a_drawn_mask_is_never_bare_and_never_real(ingest: Ingest, tmp_path: Path) -> None:
    """An output of augment-masks among the photos, or sorted into the folders of their classes."""
    grey, mark = np.full((48, 64, 3), 90, dtype=np.uint8), SyntheticMark("x")
    drawn = {"jpeg": encode_image(grey, mark=mark), "png": encode_image(grey, "png", mark=mark)}
    generated = encode_image(grey, mark=SyntheticMark(source_type="trainedAlgorithmicMedia"))
    write_tree(
        tmp_path / "photos",
        {
            "without_mask/photo.jpg": picture(1),
            "without_mask/generated.jpg": generated,
            "without_mask/out/drawn.jpg": drawn["jpeg"],
            "without_mask/out/drawn.png": drawn["png"],
            "with_mask/drawn.jpg": drawn["jpeg"],
            "with_mask/photo.jpg": picture(2),
        },
    )
    taken = ingest(adapter="folder", path="photos", labels=LABELS)
    assert {image.origin: image.synthetic for image in taken.images} == {
        "with_mask/drawn.jpg": True,
        "with_mask/photo.jpg": False,
        "without_mask/generated.jpg": False,
        "without_mask/photo.jpg": False,
    }
    assert reasons(taken.rejections) == {
        "without_mask/out/drawn.jpg": "label_conflict",
        "without_mask/out/drawn.png": "label_conflict",
    }
