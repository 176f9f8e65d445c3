from collections import Counter

from stages.running.left_out import by_ending, left_out_told


def test_what_is_rare_is_one_line() -> None:
    files = Counter({f".a{number}": number for number in range(1, 9)})
    assert by_ending(files) == [(".a8", 8), (".a7", 7), (".a6", 6), (".a5", 5), (".a4", 4), ("others", 6)]


def test_where_nothing_is_left_out_nothing_is_told() -> None:
    assert left_out_told(Counter(), 0) == ""
    assert left_out_told(Counter({"": 2}), 0) == "left out: 2 other files (others 2)"
