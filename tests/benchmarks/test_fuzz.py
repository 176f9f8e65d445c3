"""Each parser's fuzzer in small; in full it is `python -m benchmarks.fuzz --minutes 30`."""

import pytest
from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer, Tally, all_fuzzers, fuzz, fuzz_for
from benchmarks.fuzz.__main__ import print_table
from pipeline.core.errors import ConfigError, SampleRejected

FUZZERS = all_fuzzers()


@pytest.mark.parametrize("name", FUZZERS)
def test_every_input_ends_as_a_row_or_a_sentence(name: str) -> None:
    tally = fuzz(FUZZERS[name], 60, seed_number=1)
    assert tally.told == []
    assert tally.tried > 40
    assert len(tally.rows) > 1, "a fuzzer whose inputs all end alike tests nothing"


def _judge(number: int) -> str:
    if number == 0:
        raise ZeroDivisionError
    if number % 3 == 0:
        raise SampleRejected("threefold", "it is")
    if number % 5 == 0:
        raise ConfigError("fivefold")
    return "taken"


NUMBERS = Fuzzer("numbers", st.integers(0, 1000), _judge, examples=(0, 3, 5, 7))


def test_rows_sentences_and_faults_are_counted_apart() -> None:
    tally = fuzz(NUMBERS, 0)
    assert (tally.tried, tally.faults) == (4, 1)
    assert tally.rows == {"threefold": 1, "ConfigError": 1, "taken": 1}
    assert "ZeroDivisionError" in tally.told[0]


def test_one_seed_draws_the_same() -> None:
    assert fuzz(NUMBERS, 50, 7) == fuzz(NUMBERS, 50, 7)
    assert fuzz(NUMBERS, 50, 7).rows != fuzz(NUMBERS, 50, 8).rows


def test_long_run_ends_when_its_time_is_over() -> None:
    assert fuzz_for(NUMBERS, 0.05).tried > len(NUMBERS.examples)


def test_slow_input_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.fuzz.SLOW_SECONDS", -1)
    assert "took 0 s" in fuzz(Fuzzer("slow", st.none(), lambda _: "taken", examples=(None,)), 0).told[0]


def test_table_tells_inputs_rows_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([fuzz(NUMBERS, 0), Tally("none")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["kind", "inputs", "tried", "rows", "faults"]
    assert lines[1].split() == ["numbers", "4", "3", "1"]
