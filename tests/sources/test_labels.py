import pytest
from pydantic import ValidationError

from pipeline.core.errors import SampleRejected
from pipeline.core.params import IngestParams
from pipeline.sources.adapters import ADAPTERS
from pipeline.sources.catalogue import catalogue, source_settings
from pipeline.sources.labels import Label, LabelMap, merge_labels


def test_parts_are_joined() -> None:
    parts = [Label(wear="nose_exposed"), Label(mask_type="ffp2", valve="yes"), Label()]
    assert merge_labels(parts) == Label(mask_type="ffp2", wear="nose_exposed", valve="yes")
    assert merge_labels([]) == Label()


def test_nothing_worn_beats_the_type_of_the_mask_that_is_not_worn() -> None:
    assert merge_labels([Label(mask_type="none"), Label(mask_type="surgical")]).mask_type == "none"


@pytest.mark.parametrize(
    "parts",
    [
        [Label(mask_type="cloth"), Label(mask_type="surgical")],
        [Label(mask_type="none"), Label(mask_type="surgical", wear="correct")],
    ],
)
def test_contradiction_is_rejected(parts: list[Label]) -> None:
    with pytest.raises(SampleRejected, match="label_conflict"):
        merge_labels(parts)


def test_none_implies_none() -> None:
    assert Label.model_validate({"mask_type": "none"}) == Label.model_validate({"wear": "none"})
    with pytest.raises(ValidationError, match="go together"):
        Label(mask_type="cloth", wear="none")


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
