from pathlib import Path

import pytest

from generators.docs.made_up import picture, write_tree
from pipeline.core.errors import ConfigError, SourceError
from pipeline.sources.people import Naming
from tests.sources.kit import Ingest, by_origin

HALVES = {"AFDB_masked_face_dataset": {"masked": True}, "AFDB_face_dataset": {"mask_type": "none"}}
FILES = [f"{half}/{person}/{number}.jpg" for half in HALVES for person in ("0001", "0002") for number in (0, 1)]


@pytest.mark.parametrize(
    ("person", "origin", "expected"),
    [
        ("parent", "masked/0001/0.jpg", "0001"),
        ("parent", "0.jpg", None),
        ("parent", "x/Unknown/0.jpg", None),
        ("parent", "0001/masked/0.jpg", None),
        ("^([^/]+)/", "0001/masked/0.jpg", "0001"),
        ("([^/]+)_[0-9]+[.]", "a/Ann_Lee_0001.jpg", "Ann_Lee"),
        ("([^/]+)_[0-9]+[.]", "a/Ann.jpg", None),
        ("parent", "Jose\u0301/0.jpg", "Jos\u00e9"),
    ],
)
def test_a_person_is_a_folder_or_a_part_of_the_name(person: str, origin: str, expected: str | None) -> None:
    naming = Naming.of("mine", person, ["unknown", "masked"])
    assert naming.person_id(origin) == (expected and f"mine:{expected}")


def test_the_halves_of_a_set_share_their_people(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {name: picture(seed) for seed, name in enumerate(FILES)})
    images = by_origin(ingest(adapter="folder", path="set", person="parent", labels=HALVES))
    assert {origin: (image.person_id, image.masked) for origin, image in images.items()} == {
        name: (f"mine:{name.split('/')[1]}", "yes" if "masked" in name else "no") for name in FILES
    }


@pytest.mark.parametrize(
    ("name", "mask_type", "person"),
    [
        ("no_mask/mask/1.jpg", "none", "mask"),
        ("mask/no_mask/1.jpg", "surgical", "no_mask"),
        ("set/No Mask/MASK/1.jpg", "none", "MASK"),
        ("no_mask/ann/1.jpg", "none", "ann"),
        ("ann/mask/1.jpg", "surgical", None),
        ("mask/1.jpg", "surgical", None),
        ("No Mask/1.jpg", "none", None),
    ],
)
def test_folder_of_a_person_is_no_label_whatever_they_are_called(
    ingest: Ingest, tmp_path: Path, name: str, mask_type: str, person: str | None
) -> None:
    labels = {"mask": {"mask_type": "surgical"}, "no_mask": {"mask_type": "none"}}
    for adapter in ("folder", "imagefolder"):
        write_tree(tmp_path / adapter, {name: picture(), "mask/bob/2.jpg": picture(1)})
        image = by_origin(ingest(adapter=adapter, path=adapter, person="parent", labels=labels))[name]
        assert (image.mask_type, image.person_id) == (mask_type, person and f"mine:{person}")


def test_people_are_not_asked_to_be_mapped(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {"bare/ann/1.jpg": picture(), "bare/bob/1.jpg": picture(1)})
    with pytest.raises(SourceError, match=r"Labels found: 'bare'\."):
        ingest(adapter="folder", path="set", person="parent")


def test_folders_that_are_no_class_have_the_default_label(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {"ann/1.jpg": picture(), "bob/masked/1.jpg": picture(1)})
    labels = {"masked": {"masked": True}, "plain": {"mask_type": "none"}}
    images = by_origin(ingest(adapter="folder", path="set", labels=labels, default_label="plain"))
    assert {origin: image.masked for origin, image in images.items()} == {"ann/1.jpg": "no", "bob/masked/1.jpg": "yes"}


def test_what_a_source_says_of_its_people_stays(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "mfn", {"CMFD/00000/00012_Mask.jpg": picture()})
    (image,) = ingest("maskedface-net", path="mfn", person="parent").images
    assert image.person_id == "ffhq:00012"


def test_a_pattern_that_finds_nobody_stops(ingest: Ingest, tmp_path: Path) -> None:
    write_tree(tmp_path / "set", {"a/1.jpg": picture()})
    with pytest.raises(SourceError, match=r"person: '\(x\+\)_' finds nobody in 1 files, such as a/1\.jpg"):
        ingest(adapter="folder", path="set", person="(x+)_", labels={"a": {}})


@pytest.mark.parametrize("person", ["folder", "(a)(b)", "(a"])
def test_a_pattern_needs_one_group(ingest: Ingest, person: str) -> None:
    with pytest.raises(ConfigError, match="person"):
        ingest(adapter="folder", path="set", person=person)
