from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.dedup.fingerprints import table as prints_module
from pipeline.dedup.fingerprints.fingerprint import Fingerprint
from pipeline.dedup.fingerprints.table import Fingerprints
from tests.dedup.examples import fingerprint_row


def some_rows(count: int) -> Iterator[Fingerprint]:
    """Fingerprints that differ in every field; some without a face, some with a part of it."""
    rng = np.random.default_rng(0)
    for number in range(count):
        hashes = {name: rng.bytes(8).hex() for name in ("phash", "dhash", "mirror", "half", "quarter", "upper")}
        face = {"face_phash": rng.bytes(8).hex(), "face_thumbnail": rng.bytes(256)} if number % 3 else {}
        rest = {"face_upper": rng.bytes(8).hex(), "surroundings": rng.bytes(256)} if number % 3 == 2 else {}
        others = {"beside_others": number % 2 == 1, "passers_by": number % 8}
        scores = dict(zip(("brightness", "contrast", "sharpness", "compression"), rng.random(4).tolist(), strict=True))
        yield fingerprint_row(f"{number:064x}", thumbnail=rng.bytes(256), **hashes, **face, **rest, **scores, **others)


def test_what_is_put_in_comes_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(prints_module, "_ROWS_A_BLOCK", 4)
    rows = list(some_rows(11))
    held = Fingerprints(tmp_path)
    for row in reversed(rows):
        held.add(row)
    assert dict(held) == {row.sha256: row for row in rows}
    assert list(held) == [row.sha256 for row in rows]
    assert "nothing" not in held
    assert held.get("0" * 65) is None
    assert not list(tmp_path.iterdir())


def test_of_several_of_one_content_the_last_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (fingerprint_row("same", brightness=value) for value in (1.0, 2.0, 3.0))
    held = Fingerprints.of([first, second])
    assert held["same"] == second
    held.add(third)
    assert (len(held), held["same"]) == (1, third)


def test_columns_are_those_of_the_rows() -> None:
    rows = list(some_rows(7))
    held = Fingerprints.of(rows)
    places = held.rows([rows[5].sha256, "nothing", rows[1].sha256])
    assert places.tolist() == [5, -1, 1]
    places = places[[0, 2]]
    assert held.hashes("mirror", places).tolist() == [int(rows[n].mirror, 16) for n in (5, 1)]
    assert held.scores("contrast", places).tolist() == [rows[n].contrast for n in (5, 1)]
    assert held.has("surroundings", places).tolist() == [True, False]
    thumbnails = held.thumbnails(places)
    assert thumbnails.shape == (2, 3, 16, 16)
    assert thumbnails[1, 0].tobytes() == rows[1].thumbnail
    assert thumbnails[0, 2].tobytes() == rows[5].surroundings


def test_none_at_all_are_no_rows() -> None:
    held = Fingerprints()
    assert (len(held), held.rows(["a"]).tolist(), dict(held)) == (0, [-1], {})
