"""The fuzzer in small; in full it is `python -m benchmarks.fuzz_images`."""

from pathlib import Path

import pytest

from benchmarks.fuzz.pictures import originals, portrait
from benchmarks.fuzz_images import decode_all, ingest_all, mask_all, write_damaged
from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams
from pipeline.storage.images import decode_image


def test_every_original_is_sound() -> None:
    for name, data in originals(portrait()).items():
        assert decode_image(data).rgb.std() > 10, name


@pytest.mark.slow
def test_150_damaged_files_end_as_pixels_or_rows(tmp_path: Path) -> None:
    files = write_damaged(tmp_path / "photos", originals(portrait()), 150, seed=1)
    engine = EngineParams(jobs=1)
    for outcome in (
        decode_all(files, engine),
        ingest_all(tmp_path / "photos", tmp_path / "project", jobs=1),
        mask_all(tmp_path / "photos", tmp_path / "out", engine),
    ):
        assert outcome.faults == []
        assert len(outcome.rows) > 2


def test_it_sees_what_a_decoder_lets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = write_damaged(tmp_path / "photos", originals(portrait()), 6, seed=1)

    def fail(*_: object) -> None:
        raise RuntimeError("of a decoder")

    monkeypatch.setattr("benchmarks.fuzz_images.decode_image", fail)
    assert "RuntimeError: of a decoder" in decode_all(files, EngineParams(jobs=1)).faults[0]


def test_it_sees_a_sound_photo_that_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_damaged(tmp_path / "photos", originals(portrait()), 2, seed=1)

    def reject(*_: object) -> None:
        raise SampleRejected("damaged_image", "it isn't")

    monkeypatch.setattr("pipeline.sources.inspection.decode_image", reject)
    faults = ingest_all(tmp_path / "photos", tmp_path / "project", jobs=1).faults
    assert any("sound00000.png" in fault or "SourceError" in fault for fault in faults)
