"""What a worker sends is all that is written: the rows in it are those of the masker."""

import json
import pickle
from pathlib import Path

import pytest

from pipeline.augment.finished_photo import Entry, FinishedPhoto, PhotoFinisher
from pipeline.augment.photo_masker import PhotoMasker
from pipeline.augment.photos import Photo
from pipeline.augment.request import FolderRequest
from pipeline.augment.rows import drawn_masks
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesChoice
from pipeline.storage.images import write_image


def entry_of(done: FinishedPhoto) -> Entry:
    """What the journal will give back."""
    _, record = json.loads(done.line.partition(b" ")[2])
    return Entry.of(record)


@pytest.mark.parametrize(("faces", "unmasked"), [("each", False), ("each", True), ("all", True)])
def test_the_line_tells_what_the_masker_gave(tmp_path: Path, portrait: Rgb, faces: FacesChoice, unmasked: bool) -> None:
    write_image(tmp_path / "a.jpg", portrait)
    photo = Photo(tmp_path / "a.jpg", "a.jpg", "a")
    masker = PhotoMasker(FolderRequest(faces=faces, include_unmasked=unmasked))
    expected = masker(photo)
    done = pickle.loads(pickle.dumps(PhotoFinisher(masker)))(photo)
    assert (done.photo, done.stamp, done.files, done.rows) == (
        photo,
        expected.stamp,
        expected.files,
        len(expected.rows),
    )
    entry = entry_of(done)
    assert (entry.rows, entry.rejected, entry.faces) == (expected.rows, expected.rejected, expected.faces)
    assert {name: size for name, (size, _) in entry.files.items()} == {n: len(data) for n, data in done.files.items()}
    masked = [row for row in expected.rows if any(drawn_masks(row))]
    assert masked
    assert done.tally == entry.tally() == (type(done.tally))(expected.faces, len(masked), ())


def test_a_photo_that_cannot_be_used_is_told_by_its_reason(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    photo = Photo(tmp_path / "b.jpg", "b.jpg", "b")
    finish = PhotoFinisher(PhotoMasker(FolderRequest()))
    read, crashed = finish(photo), finish.rejected(photo, SampleRejected("worker_crash", "it died"))
    assert [(one.rows, one.files, one.tally.faces, one.tally.written) for one in (read, crashed)] == [(0, {}, 0, 0)] * 2
    assert crashed.tally.reasons == ("worker_crash",)
    assert read.tally.reasons == tuple(row["reason"] for row in entry_of(read).rejected) != ()
