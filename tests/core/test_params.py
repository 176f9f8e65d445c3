import pytest

from pipeline.core.errors import ConfigError
from pipeline.core.params import parse_params


@pytest.mark.parametrize(
    ("masked", "covered", "total"), [(0.7, 0.4, "1.1"), (1, 1, "2"), (1, 0.001, "1.001"), ("0.6", "0.5", "1.1")]
)
def test_a_face_gets_a_mask_or_a_covering(masked: object, covered: object, total: str) -> None:
    shares = {"random_mask": masked, "random_covering": covered}
    with pytest.raises(ConfigError) as told:
        parse_params({"train": {"augmentation": shares}}, "my params.yaml")
    key = f"my params.yaml: train.augmentation.random_covering: {covered!r}: "
    assert str(told.value).startswith(key)
    assert str(told.value).endswith(f"random_mask + random_covering must be at most 1, not {total}")


@pytest.mark.parametrize(("masked", "covered"), [(0, 1), (1, 0), (0.6, 0.4), (0.7, 0.3), (0.1, 0.9)])
def test_both_shares_together_may_be_all(masked: float, covered: float) -> None:
    shares = {"random_mask": masked, "random_covering": covered}
    read = parse_params({"train": {"augmentation": shares}}, "params.yaml").train.augmentation
    assert (read.random_mask, read.random_covering) == (masked, covered)


def test_each_share_alone_is_told_first() -> None:
    with pytest.raises(ConfigError, match=r"train\.augmentation\.random_mask: 1\.5") as told:
        parse_params({"train": {"augmentation": {"random_mask": 1.5, "random_covering": 0.4}}}, "params.yaml")
    assert "together" not in str(told.value)
    assert "at most 1," not in str(told.value)
