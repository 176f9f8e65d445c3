import pytest
from pydantic import ValidationError

from pipeline.core.errors import SampleRejected
from pipeline.core.params import IngestParams
from pipeline.sources.adapters import ADAPTERS
from pipeline.sources.catalogue import source_settings
from pipeline.sources.entries import catalogue
from pipeline.sources.labels import Label, LabelMap, merge_labels


def test_parts_are_joined() -> None:
    parts = [Label(wear="nose_exposed"), Label(mask_type="ffp2", valve="yes"), Label()]
    assert merge_labels(parts) == Label(mask_type="ffp2", wear="nose_exposed", valve="yes")
    assert merge_labels([]) == Label()


def test_no_mask_agrees_with_what_says_nothing_of_one() -> None:
    assert merge_labels([Label(mask_type="none"), Label(), Label(wear="none"), Label(valve="no")]) == Label(
        mask_type="none"
    )


@pytest.mark.parametrize(
    "parts",
    [
        [Label(mask_type="cloth"), Label(mask_type="surgical")],
        [Label(mask_type="none"), Label(mask_type="surgical")],
        [Label(mask_type="surgical"), Label(masked="no")],
        [Label(mask_type="surgical"), Label(wear="none")],
        [Label(mask_type="none"), Label(wear="correct")],
        [Label(mask_type="none"), Label(wear="incorrect")],
        [Label(mask_type="none"), Label(mask_type="surgical", wear="correct")],
        [Label(mask_type="none"), Label(masked="yes")],
        [Label(wear="correct"), Label(wear="incorrect")],
        [Label(wear="nose_exposed"), Label(wear="chin_exposed"), Label(wear="incorrect")],
    ],
)
def test_contradiction_is_rejected(parts: list[Label]) -> None:
    with pytest.raises(SampleRejected, match="label_conflict"):
        merge_labels(parts)


def test_none_implies_none() -> None:
    assert Label.model_validate({"mask_type": "none"}) == Label.model_validate({"wear": "none"})
    assert Label.model_validate({"mask_type": "none"}) == Label.model_validate({"masked": "no"})


@pytest.mark.parametrize(
    "said",
    [
        {"mask_type": "cloth", "wear": "none"},
        {"mask_type": "cloth", "masked": "no"},
        {"wear": "correct", "masked": "no"},
        {"mask_type": "none", "masked": "yes"},
    ],
)
def test_a_label_that_contradicts_itself_is_refused(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="go together"):
        Label.model_validate(said)


@pytest.mark.parametrize(
    ("said", "masked"),
    [
        ({}, "unknown"),
        ({"valve": "no"}, "unknown"),
        ({"mask_type": "unknown", "wear": "unknown"}, "unknown"),
        ({"mask_type": "cloth"}, "yes"),
        ({"wear": "incorrect"}, "yes"),
        ({"mask_type": "cloth", "masked": "unknown"}, "yes"),
        ({"masked": "yes"}, "yes"),
        ({"masked": True}, "yes"),
        ({"masked": False}, "no"),
        ({"mask_type": "none"}, "no"),
        ({"wear": "none", "masked": "unknown"}, "no"),
    ],
)
def test_whether_a_mask_is_worn_follows_from_type_and_wear(said: dict[str, object], masked: str) -> None:
    assert Label.model_validate(said).masked == masked


def test_yes_and_no_of_yaml_are_words() -> None:
    for said in (True, "yes", "Yes", "on", "true"):
        assert Label.model_validate({"mask_type": "ffp2", "valve": said}).valve == "yes"
    for said in (False, "no", "NO", "off", "false"):
        assert Label.model_validate({"masked": said}).masked == "no"


def test_how_it_is_worn_wrongly_says_more_than_that_it_is() -> None:
    parts = [Label(wear="incorrect"), Label(wear="nose_exposed")]
    assert merge_labels(parts).wear == merge_labels(parts[::-1]).wear == "nose_exposed"


@pytest.mark.parametrize(
    "word",
    ["with\u00a0mask", "With  Mask", "with\u2011mask", "with \u2013 mask", "\uff57\uff49\uff54\uff48 mask",
     "with mask\u200b", "\ufeffwith_mask", "with__mask", "WITH_MASK "],
)  # fmt: skip
def test_what_only_a_program_sees_makes_no_other_word(word: str) -> None:
    assert word in LabelMap({"with mask": Label(masked="yes")})
    assert "MASKES\u0130Z" in LabelMap({"maskesiz": Label(mask_type="none")})


@pytest.mark.parametrize(
    ("word", "other"), [("ma\u0301scara", "m\u00e1scara"), ("m\u00e1scara", "ma\u0301scara"), (" mask ", "Mask")]
)
def test_what_looks_the_same_is_the_same_word(word: str, other: str) -> None:
    assert LabelMap({word: Label(wear="correct")}).resolve([other]).wear == "correct"


def test_case_tells_two_words_apart_where_both_are_mapped() -> None:
    labels = LabelMap({"Mask": Label(mask_type="cloth"), "mask": Label(mask_type="none")})
    assert (labels["Mask"].mask_type, labels["mask"].mask_type) == ("cloth", "none")
    assert "MASK" not in labels


def test_own_mapping_replaces_the_catalogues_whatever_the_spelling() -> None:
    own = {"labels": {"With Mask": {"mask_type": "surgical"}}}
    settings = source_settings("kaggle-dhruvmak", IngestParams.model_validate({"settings": {"kaggle-dhruvmak": own}}))
    assert LabelMap(settings.labels)["with_mask"].mask_type == "surgical"


def test_spelling_makes_no_difference() -> None:
    labels = LabelMap({"With Mask": Label(wear="correct")})
    assert "with-mask" in labels
    assert labels.resolve(["WITH_MASK"]).wear == "correct"


@pytest.mark.parametrize("name", catalogue())
def test_catalogue_entry_is_sound(name: str) -> None:
    settings = source_settings(name, IngestParams())
    assert settings.adapter in ADAPTERS
    assert settings.title
    assert settings.labels or name.startswith(("google-", "shutterstock-"))
    assert settings.needs or name == "sample"
