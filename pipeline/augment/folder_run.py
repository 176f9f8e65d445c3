"""From a folder of photos to a labelled masked dataset."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from pipeline.augment.contact_sheet import MAX_PAIRS, Pair, contact_sheet, spread, tile
from pipeline.augment.dataset_card import Made, dataset_card
from pipeline.augment.finished_photo import FinishedPhoto, PhotoFinisher, Tally
from pipeline.augment.imagefolder import LOCK, DatasetWriter, Mode, check_folder
from pipeline.augment.photo_masker import PhotoMasker
from pipeline.augment.photos import Listing, Photo, list_photos
from pipeline.augment.request import FolderRequest
from pipeline.augment.rows import DrawnMask, Row, drawn_masks
from pipeline.core.errors import OutputError, SampleRejected, WorkerError
from pipeline.core.params import EngineParams
from pipeline.engine import map_records
from pipeline.storage.images import encode_image, read_image
from pipeline.storage.run_lock import run_lock
from pipeline.storage.synthetic_mark import SyntheticMark

_BATCH_PHOTOS = 2
"""Small, since finished pictures wait in memory and a photo may be large."""

Ending = Literal["complete", "interrupted", "failed"]


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        photos: Photos in the folder, up to the limit.
        done_before: How many of them an earlier run had done.
        processed: How many this run did.
        faces: Faces found in all photos done.
        written: Masked pictures in the dataset.
        rejected: Reason -> how many photos or faces.
        skipped_folders, other_files: What was left out on purpose; files by their ending.
        ending: How the run ended.
        problem: What to tell the user where it did not end well.
        rejections: Where every photo was rejected, the file that says why; there is no output folder then.
        former_kept: Whether the output that was to be replaced is as it was, since no picture came.
    """

    photos: int = 0
    done_before: int = 0
    processed: int = 0
    faces: int = 0
    written: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped_folders: int = 0
    other_files: Counter[str] = field(default_factory=Counter)
    ending: Ending = "complete"
    problem: str = ""
    rejections: Path | None = None
    former_kept: bool = False

    def count(self, photo: Tally) -> None:
        """Add one photo."""
        self.faces += photo.faces
        self.written += photo.written
        self.rejected.update(photo.reasons)


Report = Callable[[Summary], None]
Results = Generator[FinishedPhoto, None, None]
Mapper = Callable[..., Results]
"""As `map_records`: a generator of results in the items' order."""


def find_photos(faces: Path, out: Path, limit: int | None, *, follow_links: bool = False) -> Listing:
    """The photos to work on; `follow_links` as in `list_photos`."""
    listing = list_photos(faces, out, follow_links=follow_links)
    listing.photos = listing.photos[:limit]
    listing.asked["limit"] = limit
    return listing


def dry_run(
    listing: Listing, request: FolderRequest, *, engine: EngineParams, report: Report, mapper: Mapper = map_records
) -> Summary:
    """Do everything but write; `mapper` is called as `map_records` is."""
    summary = _start(listing)
    with closing(_masked(listing.photos, request, engine, mapper)) as results:
        for result in results:
            summary.processed += 1
            summary.count(result.tally)
            report(summary)
    return summary


def augment_folder(
    listing: Listing,
    out: Path,
    request: FolderRequest,
    *,
    engine: EngineParams,
    mode: Mode,
    report: Report,
    mapper: Mapper = map_records,
) -> Summary:
    """Put masks on the faces of the listed photos and write the dataset to `out`; `mapper` is called as `map_records`.

    Ctrl-C and a full disk end the run early, with tables over what is done, so that the folder is a smaller dataset;
    the same call goes on from there and ends with the same bytes as an undisturbed run. Where no photo gave a picture
    the rejections alone stay, in a file beside `out`, and a former output that `out` had.

    Raises:
        OutputError: `out` cannot be used, or another run uses it.
    """
    check_folder(out)
    with run_lock(out / LOCK, str(out)), DatasetWriter(out, request.as_row(), mode, listing.asked) as writer:
        run = partial(_masked, request=request, engine=engine, mapper=mapper)
        return _augment(writer, listing, run, report, request)


def _augment(
    writer: DatasetWriter,
    listing: Listing,
    run: Callable[[list[Photo]], Results],
    report: Report,
    request: FolderRequest,
) -> Summary:
    summary = _start(listing)
    todo = [photo for photo in listing.photos if not writer.has(photo)]
    summary.done_before = len(listing.photos) - len(todo)
    for entry in writer.entries([photo for photo in listing.photos if writer.has(photo)]):
        summary.count(entry.tally())
    try:
        with closing(run(todo)) as results:
            _write_all(writer, results, summary, report)
    except KeyboardInterrupt:
        summary.ending, summary.problem = "interrupted", "interrupted"
    except (OutputError, WorkerError) as error:
        summary.ending, summary.problem = "failed", str(error)
    _close(writer, listing, summary, request)
    summary.former_kept = not writer.replaced
    return summary


def _masked(photos: list[Photo], request: FolderRequest, engine: EngineParams, mapper: Mapper) -> Results:
    finish = PhotoFinisher(PhotoMasker(request))
    return mapper(finish, photos, engine, _BATCH_PHOTOS, crashed=finish.rejected)


def _start(listing: Listing) -> Summary:
    summary = Summary(photos=len(listing.photos), other_files=listing.other_files)
    summary.skipped_folders = len(listing.skipped_folders)
    summary.rejected.update(reason for _, reason, _ in listing.refused())
    return summary


def _write_all(writer: DatasetWriter, results: Iterator[FinishedPhoto], summary: Summary, report: Report) -> None:
    for result in results:
        writer.add(result)
        summary.processed += 1
        summary.count(result.tally)
        report(summary)


def _close(writer: DatasetWriter, listing: Listing, summary: Summary, request: FolderRequest) -> None:
    """Write tables, card and sheet; where the disk is full this fails too, and the journal is what remains.

    The sheet shows drawn masks, so it has a mark where the pictures have.
    """
    refused: list[Row] = [
        {"photo": name, "face_index": None, "mask_type": None, "number": None} | {"reason": reason, "detail": detail}
        for name, reason, detail in listing.refused()
    ]
    try:
        writer.finish(listing.photos, refused)
        writer.write_card(dataset_card(Made(request, writer.rows(listing.photos), summary.rejected)))
        mark = SyntheticMark() if request.mark_synthetic else None
        writer.write_sheet(encode_image(contact_sheet(_pairs(writer, listing.photos)), quality=90, mark=mark))
        if summary.ending == "complete" and not writer.has_pictures():
            summary.rejections = writer.withdraw()
        elif summary.ending == "complete":
            writer.mark_complete()
    except OutputError as error:
        summary.ending, summary.problem = "failed", str(error)


def _pairs(writer: DatasetWriter, photos: list[Photo]) -> list[Pair]:
    paths = {photo.name: photo.path for photo in photos}
    masks = [mask for row in writer.rows(photos) for mask in drawn_masks(row)]
    pairs = (_pair(paths[mask.parent], writer.path_of(mask.file_name), mask) for mask in _chosen(masks))
    return [pair for pair in pairs if pair]


def _chosen(masks: list[DrawnMask]) -> list[DrawnMask]:
    """A few masks of each type; the types take turns, each with photos of its own where there are enough."""
    by_type: dict[str, list[DrawnMask]] = {}
    for mask in masks:
        by_type.setdefault(mask.mask_type, []).append(mask)
    types = len(by_type)
    shares = [
        [group[place] for place in spread(len(group), MAX_PAIRS // types, number / types)]
        for number, group in enumerate(by_type.values())
    ]
    return [mask for turn in zip_longest(*shares) for mask in turn if mask]


def _pair(before: Path, after: Path, mask: DrawnMask) -> Pair | None:
    try:
        first, second = (tile(read_image(path).rgb, mask.face_box) for path in (before, after))
        return Pair(first, second, caption=f"{mask.template}, {mask.wear}")
    except SampleRejected:  # deleted since: the sheet shows the others
        return None
