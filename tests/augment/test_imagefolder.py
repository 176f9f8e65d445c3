import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.augment import imagefolder as writer_module
from pipeline.augment.finished_photo import FinishedPhoto
from pipeline.augment.imagefolder import METADATA, REJECTED, DatasetWriter, Mode
from pipeline.augment.photo_masker import PhotoResult
from pipeline.augment.photos import MARKER, Photo
from pipeline.augment.rows import Row
from pipeline.core.errors import OutputError
from pipeline.storage.whole_files import write_bytes

SETTINGS = {"seed": 0}


@pytest.fixture
def photo(tmp_path: Path) -> Photo:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"photo")
    return Photo(path, "a.jpg", "a")


def finished(photo: Photo, files: dict[str, bytes], rows: Sequence[Row], rejected: Sequence[Row] = ()) -> FinishedPhoto:
    status = photo.path.stat()
    stamp = status.st_size, status.st_mtime_ns
    return FinishedPhoto.of(PhotoResult(photo, stamp, 1, files, list(rows), list(rejected)))


def result_of(photo: Photo, name: str = "images/cloth/a.jpg") -> FinishedPhoto:
    return finished(photo, {name: b"x", f"crops/{name}": b"y"}, [{"file_name": name, "mask_type": "cloth"}])


def tree(folder: Path) -> set[str]:
    """What somebody sees who looks into a folder."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith(".")}


def lines(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_what_is_written_is_what_the_tables_name(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    writer = DatasetWriter(out, SETTINGS)
    writer.add(result_of(photo))
    writer.finish([photo], [{"photo": "secret", "reason": "unreadable_folder"}])
    assert lines(out / "metadata.jsonl") == [{"file_name": "images/cloth/a.jpg", "mask_type": "cloth"}]
    assert lines(out / "rejected.jsonl") == [{"photo": "secret", "reason": "unreadable_folder"}]
    assert (out / "images/cloth/a.jpg").read_bytes() == b"x"


def test_a_folder_with_something_in_it_is_not_touched_unasked(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    with DatasetWriter(out, SETTINGS) as writer:
        writer.add(result_of(photo))
        writer.mark_complete()
    with pytest.raises(OutputError, match="not empty; --resume goes on with it, --overwrite makes it anew"):
        DatasetWriter(out, SETTINGS)
    assert (out / "images/cloth/a.jpg").is_file()


@pytest.mark.parametrize("mode", ["overwrite", "resume"])
def test_a_folder_of_somebody_else_is_never_touched(tmp_path: Path, mode: Mode) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match=r"holds 'thesis.tex', which augment-masks didn't write"):
        DatasetWriter(tmp_path, SETTINGS, mode)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_overwrite_removes_what_was_written_and_nothing_else(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(photo))
    (out / "notes.txt").write_text("mine")
    with DatasetWriter(out, {"seed": 1}, "overwrite") as writer:
        writer.add(result_of(photo, "images/ffp2/b.jpg"))
        assert tree(out) == {"crops/images/ffp2/b.jpg", "images/ffp2/b.jpg", "notes.txt"}
        writer.finish([photo], [])
    assert json.loads((out / MARKER).read_text()) == {"seed": 1}
    tables = {"metadata.jsonl", "rejected.jsonl"}
    assert tree(out) == {"crops/images/ffp2/b.jpg", "images/ffp2/b.jpg", "notes.txt"} | tables
    assert {path.name for path in (out / MARKER).parent.iterdir()} == {"boot", "journal", "run.json", "unfinished.json"}


@pytest.mark.parametrize("rejected", [0, 2])
def test_overwrite_that_gives_no_picture_leaves_the_former_output(tmp_path: Path, photo: Photo, rejected: int) -> None:
    out = tmp_path / "out"
    with DatasetWriter(out, SETTINGS) as writer:
        writer.add(result_of(photo))
        writer.finish([photo], [])
        writer.mark_complete()
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    with DatasetWriter(out, {"seed": 1}, "overwrite") as writer:
        for number in range(rejected):
            bad = Photo(photo.path, f"{number}.jpg", str(number))
            writer.add(FinishedPhoto.of(PhotoResult(bad, (0, 0), 0, {}, [], [{"reason": "no_face"}])))
        assert not writer.replaced
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before


def test_only_a_file_of_rejections_is_removed_from_beside_the_output(tmp_path: Path, photo: Photo) -> None:
    beside = tmp_path / "out.rejected.jsonl"
    ours = '{"photo": "a.jpg", "face_index": null, "reason": "no_face"}\n'
    for text, stays in (("", True), ("[[", True), ('{"image": "a.jpg"}\n', True), (ours, False)):
        beside.write_text(text)
        with DatasetWriter(tmp_path / "out", SETTINGS, "overwrite") as writer:
            writer.add(result_of(photo))
            writer.finish([photo], [])
            writer.mark_complete()
        assert beside.exists() == stays


def test_resume_knows_what_is_done(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(photo))
    again = DatasetWriter(out, SETTINGS, "resume")
    assert again.has(photo)
    photo.path.write_bytes(b"another photo")
    assert not again.has(photo)


def test_resume_reads_names_with_unicode_line_separators(tmp_path: Path) -> None:
    path = tmp_path / "a\u2028b.jpg"
    path.write_bytes(b"photo")
    odd = Photo(path, path.name, path.stem)
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(odd))
    assert DatasetWriter(out, SETTINGS, "resume").has(odd)


def test_resume_does_a_photo_again_whose_picture_is_gone(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(photo))
    (out / "images/cloth/a.jpg").unlink()
    assert not DatasetWriter(out, SETTINGS, "resume").has(photo)


def test_resume_starts_an_empty_folder(tmp_path: Path, photo: Photo) -> None:
    assert not DatasetWriter(tmp_path / "out", SETTINGS, "resume").has(photo)


def test_resume_survives_a_torn_journal_and_removes_leftovers(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(photo))
    journal = out / MARKER.parent / "journal"
    journal.write_bytes(journal.read_bytes() + b'{"photo": "b.jpg", "sta')
    (out / "images/cloth/.abc.part").write_bytes(b"half")
    again = DatasetWriter(out, SETTINGS, "resume")
    assert again.has(photo)
    assert not list(out.rglob("*.part"))
    assert len(journal.read_text().splitlines()) == 1


@pytest.mark.parametrize("text", ["{", "", "[1]"])
def test_resume_tells_a_broken_marker(tmp_path: Path, text: str) -> None:
    DatasetWriter(tmp_path / "out", SETTINGS)
    (tmp_path / "out" / MARKER).write_text(text)
    with pytest.raises(OutputError, match="use --overwrite"):
        DatasetWriter(tmp_path / "out", SETTINGS, "resume")


def test_resume_with_other_settings_names_them(tmp_path: Path) -> None:
    DatasetWriter(tmp_path / "out", {"seed": 0, "masks": ["cloth"]})
    with pytest.raises(OutputError, match=r"made with other settings \(seed was 0, is 7\)"):
        DatasetWriter(tmp_path / "out", {"seed": 7, "masks": ["cloth"]}, "resume")


@pytest.mark.parametrize("resumed", [False, True])
def test_room_is_held_for_the_tables_and_the_journal(tmp_path: Path, photo: Photo, resumed: bool) -> None:
    """Also where a row is commas for the most part, and where a killed run wrote it."""
    out, row = tmp_path / "out", {"file_name": "images/cloth/a.jpg", "mask_type": "cloth", "polygon": [1] * 200_000}
    writer = DatasetWriter(out, SETTINGS)
    refused = {"photo": "é", "reason": "no_face", "detail": ["é"] * 10_000}
    writer.add(finished(photo, {"images/cloth/a.jpg": b"x"}, [row, row], [refused]))
    if resumed:
        writer = DatasetWriter(out, SETTINGS, "resume")
    held = (out / MARKER.parent / "reserve").stat().st_size
    writer.finish([photo], [])
    assert held >= sum((out / name).stat().st_size for name in (METADATA, REJECTED, MARKER.parent / "journal"))
    assert not (out / MARKER.parent / "reserve").exists()


def test_a_write_that_fails_takes_the_photo_back(tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    writer = DatasetWriter(out, SETTINGS)
    write = write_bytes

    def fail_on_the_second(path: Path, data: bytes, **_: bool) -> None:
        if "crops" in path.parts:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(writer_module, "write_bytes", fail_on_the_second)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        writer.add(result_of(photo))
    writer.finish([photo], [])
    assert not list(out.rglob("*.jpg"))
    assert lines(out / "metadata.jsonl") == []


def test_ctrl_c_between_two_files_takes_the_photo_back(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    writer = DatasetWriter(out, SETTINGS)
    write = write_bytes

    def interrupt_the_second(path: Path, data: bytes, **_: bool) -> None:
        if "crops" in path.parts:
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(writer_module, "write_bytes", interrupt_the_second)
    with pytest.raises(KeyboardInterrupt):
        writer.add(result_of(photo))
    assert not list(out.rglob("*.jpg"))


def test_pictures_of_a_photo_that_was_deleted_go(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    DatasetWriter(out, SETTINGS).add(result_of(photo))
    DatasetWriter(out, SETTINGS, "resume").finish([], [])
    assert not list(out.rglob("*.jpg"))
    assert lines(out / "metadata.jsonl") == []


def test_an_output_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="is a file"):
        DatasetWriter(tmp_path / "out", SETTINGS)


def test_an_output_that_cannot_be_made_is_told() -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        DatasetWriter(Path("/proc/nowhere/out"), SETTINGS)


def test_after_a_power_cut_pictures_are_compared(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    with DatasetWriter(out, SETTINGS) as writer:
        writer.add(result_of(photo))
    (out / "images/cloth/a.jpg").write_bytes(b"\0")  # its size reached the disk, its content didn't
    with DatasetWriter(out, SETTINGS) as writer:
        assert writer.has(photo)
    (out / MARKER.parent / "boot").write_text("the boot before")
    with DatasetWriter(out, SETTINGS) as writer:
        assert not writer.has(photo)
    with DatasetWriter(out, SETTINGS) as writer:  # killed once more before it was made again
        assert not writer.has(photo)


def test_a_complete_folder_names_no_boot(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "out"
    with DatasetWriter(out, SETTINGS) as writer:
        writer.add(result_of(photo))
        writer.finish([photo], [])
        writer.mark_complete()
    assert not (out / MARKER.parent / "boot").exists()


def test_pictures_are_on_the_disk_before_a_table_names_them(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    tables: list[bool] = []
    monkeypatch.setattr(writer_module, "sync_file_system", lambda _: tables.append((out / METADATA).exists()))
    with DatasetWriter(out, SETTINGS) as writer:
        writer.add(result_of(photo))
        writer.finish([photo], [])
    assert tables == [False]


def test_rows_stay_on_the_disk(tmp_path: Path, photo: Photo) -> None:
    """Rows as objects took 150 KB a photo, and a folder may have a million."""
    points = [[float(number), 0.5] for number in range(2000)]
    photos = [Photo(photo.path, f"{number}.jpg", str(number)) for number in range(20)]
    with DatasetWriter(tmp_path / "out", SETTINGS) as writer:
        tracemalloc.start()
        for one in photos:
            row = {"file_name": f"{one.stem}.jpg", "mask_type": "cloth", "polygon": json.loads(json.dumps(points))}
            writer.add(FinishedPhoto.of(PhotoResult(one, (0, 0), 1, {}, [row])))
            del row
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 100_000, "a row as objects is twice that"
        rows = writer.rows(photos[::-1])
        assert next(rows) == {"file_name": "19.jpg", "mask_type": "cloth", "polygon": points}
        assert len(list(rows)) == 19
        tracemalloc.start()
        writer.finish(photos, [])
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 1_000_000, "the whole table at once is more"
    lines = (tmp_path / "out" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file_name"] for line in lines] == [f"{number}.jpg" for number in range(20)]
