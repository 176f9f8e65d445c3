"""The photos of a folder that somebody names, and what in it can't be looked at: both, so that nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.sources.adapters.walk import walk_files
from pipeline.sources.offers import Refusal
from pipeline.storage.signatures import begins_as_photo


def photo_files(folder: Path) -> Iterator[tuple[str, Path] | Refusal]:
    """Every photo under `folder` as (origin, path), by ending or content, and a refusal for each entry that is neither.

    Links to files are followed wherever they lead: the folder is the user's own. Hidden files are left out, and files
    that are no photos.

    Raises:
        OSError: the folder itself can't be listed.
    """
    for found in walk_files(folder, Path(folder.resolve().anchor)):
        if isinstance(found, Refusal):
            if found.reason != "system_file":
                yield found
            continue
        origin, path = found
        try:
            if begins_as_photo(path):
                yield found
        except OSError as error:
            yield Refusal(origin=origin, reason="unreadable_file", detail=error.strerror or str(error))
