import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.core.validation import explain_validation


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 0


class Named(BaseModel):
    name: str
    other: int = 0


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: Inner = Inner()
    places: tuple[int, ...] = ()


def explained(document: object, within: str = "") -> str:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document)
    return explain_validation("a.yaml", caught.value, within)


@pytest.mark.parametrize(
    ("document", "within", "message"),
    [
        ({"iner": 1}, "", "a.yaml: iner: unknown key (value 1); check its spelling and its section"),
        ({"inner": {"size": "x"}}, "", "a.yaml: inner.size: 'x': Input should be a valid integer"),
        ({"places": [1, "b"]}, "a.b", "a.yaml: a.b.places.1: 'b': Input should be a valid integer"),
        ([], "", "a.yaml: (document): []: Input should be a valid dictionary"),
        ({"inner": {"size": "s3://me:hush@host"}}, "", "'s3://***@host'"),
        ({"siez": "s3://me:hush@host"}, "", "unknown key (value 's3://***@host')"),
    ],
)
def test_a_problem_is_told_with_its_place_and_value(document: object, within: str, message: str) -> None:
    assert message in explained(document, within)


def test_of_a_missing_key_no_value_is_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Named.model_validate({"other": 3})
    assert explain_validation("a.yaml", caught.value) == "a.yaml: name: Field required"


def test_each_problem_has_a_line() -> None:
    assert len(explained({"a": 1, "b": 2, "inner": 3}).splitlines()) == 3


def test_of_a_long_value_the_start_is_shown() -> None:
    assert len(explained({"inner": {"size": "x" * 9000}})) < 400
