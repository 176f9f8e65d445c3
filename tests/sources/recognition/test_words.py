"""What the names of classes tell, and what they don't."""

from typing import get_args

import pytest

from pipeline.core.records import Valve, Wear
from pipeline.sources.recognition.words import told_by

# fmt: off
BARE = ["no_mask", "without_mask", "WithoutMask", "withoutmask", "No Mask", "NoMask", "unmasked", "not-wearing-mask",
        "face_no_mask", "without a mask", "mask_type=none", "mask=false", "non_masked", "masked=no",
        "wear=none", "AFDB_face_dataset", "person w/o mask", "no_mask=true", "unmasked men",
        "0_without_mask", "without_mask.zip", "no_mask_1", "0_without-mask (12)"]
MASKED = ["with_mask", "WithMask", "mask", "Mask", "masked", "face_with_mask", "wearing_mask", "facemask", "masks",
          "AFDB_masked_face_dataset", "mask=yes", "masked=yes", "with_mask_2", "With_Mask (1)"]
# fmt: on


@pytest.mark.parametrize("word", BARE)
def test_bare(word: str) -> None:
    label = told_by(word)
    assert label is not None
    assert (label.mask_type, label.masked) == ("none", "no")


@pytest.mark.parametrize("word", MASKED)
def test_masked(word: str) -> None:
    label = told_by(word)
    assert label is not None
    assert (label.mask_type, label.wear, label.masked) == ("unknown", "unknown", "yes")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("surgical", ("surgical", "unknown", "unknown")),
        ("surgical mask", ("surgical", "unknown", "unknown")),
        ("cloth_mask", ("cloth", "unknown", "unknown")),
        ("N95", ("ffp2", "unknown", "unknown")),
        ("N95Mask", ("ffp2", "unknown", "unknown")),
        ("kn95mask", ("ffp2", "unknown", "unknown")),
        ("surgicalmask", ("surgical", "unknown", "unknown")),
        ("KN95 mask, no valve", ("ffp2", "unknown", "no")),
        ("mask_weared_incorrect", ("unknown", "incorrect", "unknown")),
        ("incorrect_mask", ("unknown", "incorrect", "unknown")),
        ("surgical_nose_out", ("surgical", "nose_exposed", "unknown")),
        ("mask under the chin", ("unknown", "nose_mouth_exposed", "unknown")),
        ("valve=true", ("unknown", "unknown", "yes")),
        ("wear=correct", ("unknown", "correct", "unknown")),
        ("wear=unknown", ("unknown", "unknown", "unknown")),
        ("masked=unknown", ("unknown", "unknown", "unknown")),
        ("mask_type=surgical", ("surgical", "unknown", "unknown")),
        ("valve=no", ("unknown", "unknown", "no")),
        ("mask=unknown", ("unknown", "unknown", "unknown")),
        ("blue surgical mask", ("surgical", "unknown", "unknown")),
        ("improperly worn", ("unknown", "incorrect", "unknown")),
        ("incorrect, nose out", ("unknown", "nose_exposed", "unknown")),
    ],
)
def test_type_wear_and_valve(word: str, expected: tuple[str, ...]) -> None:
    label = told_by(word)
    assert label is not None
    assert (label.mask_type, label.wear, label.valve) == expected


@pytest.mark.parametrize("mask_type", ["surgical", "cloth", "ffp2"])
@pytest.mark.parametrize("wear", [way for way in get_args(Wear) if way not in {"none", "unknown"}])
@pytest.mark.parametrize("valve", get_args(Valve))
def test_names_made_of_our_own_words(mask_type: str, wear: str, valve: str) -> None:
    label = told_by(f"{mask_type}_{wear}" + {"yes": "_valve", "no": "_no_valve", "unknown": ""}[valve])
    assert label is not None
    assert (label.mask_type, label.wear, label.valve) == (mask_type, wear, valve)


@pytest.mark.parametrize(
    "word",
    ["0", "person", "face", "yes", "", "Face Mask Detection", "mask-dataset", "n95_or_surgical", "no_mask_surgical",
     "mask_1", "mask_2", "masked (2)", "with_mask_0", "no_mask_0", "face_mask_3",
     "口罩", "unmask_masked", "train"],
)  # fmt: skip
def test_what_tells_nothing_is_not_guessed(word: str) -> None:
    assert told_by(word) is None


@pytest.mark.parametrize(
    "word",
    ["no_surgical_mask", "non-medical mask", "without_n95", "no_proper_mask", "isn't wearing a mask", "dont_wear_mask",
     "mask_not_worn", "mask_missing", "without_any_mask", "mask=0", "mask=1", "mask=N", "mask=nan", "masked=0",
     "0_mask", "1_mask", "no_mask=false", "unmasked=no", "incorrect=no", "correctly_worn=false", "n95=False",
     "surgical=0",
     "mask_no_mask", "Mask_NoMask", "with_and_without_mask", "partially masked", "gas_mask", "segmentation_masks",
     "medical_staff", "disposable_gloves", "cotton_shirt", "bare_hands", "bad_photos", "wrong", "Mask_Nose_Mouth",
     "no_nose_exposed", "masks/a.png", "无mask", "não_mask", "mask maybe"],
)  # fmt: skip
def test_a_word_that_is_not_understood_may_turn_the_rest_around(word: str) -> None:
    assert told_by(word) is None
