import numpy as np
import pytest

from pipeline.core import handing
from pipeline.core.handing import address, asked, floats, looked_up

PLAIN = np.arange(24, dtype=np.float32).reshape(4, 6)
FROZEN = PLAIN.copy()
FROZEN.flags.writeable = False


@pytest.mark.parametrize(
    "array", [PLAIN, PLAIN[1:, ::2], PLAIN.T, FROZEN, PLAIN[:0]], ids=["plain", "part", "turned", "frozen", "empty"]
)
def test_an_array_stands_where_numpy_says(array: np.ndarray) -> None:
    assert looked_up(array).value == asked(array)


def test_numpy_is_asked_where_arrays_look_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "_FIELD", handing._FIELD + 8)

    assert not handing._can_look()


def test_arrays_are_looked_into_here() -> None:
    assert address is looked_up


def test_what_has_gaps_or_another_type_is_copied_and_nothing_else() -> None:
    assert floats(PLAIN) is PLAIN
    assert floats(PLAIN[:, ::2]).flags.c_contiguous
    assert floats(PLAIN.astype(np.float64)).dtype == np.float32
