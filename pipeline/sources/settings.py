"""What every source can be told, in the catalogue or in params.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from pipeline.core.params import ArchiveParams, IngestParams, Section
from pipeline.core.paths import DOWNLOADS, PROVENANCE
from pipeline.engine.sandbox import SandboxLimits
from pipeline.sources.labels import Label
from pipeline.sources.people import check_pattern
from pipeline.storage.images import ImageLimits


class SourceSettings(Section):
    """A source as the catalogue describes it, with what params.yaml changes; an adapter adds its own keys.

    Attributes:
        adapter: The kind of layout, a name in `pipeline.sources.adapters`.
        licence: SPDX identifier where one exists, else text; `unknown` where nobody said.
        synthetic: The masks of this source are drawn in, by its own account or by its known origin.
        synthetic_labels: The same of the images with one of these words alone.
        pasted_reference: A folder with a set of known drawn-in masks; an image is synthetic where the same file is
            in there, and `synthetic_labels` then says nothing.
        needs: What the user must do before it can be ingested.
        note: What is known of its quality.
        labels: From the source's own words to the taxonomy.
        unannotated: What becomes of an image of an annotated source that no annotation labels: a `no_label` row, or an
            image whose label is unknown.
        boxes_frame: Whether boxes count the pixels as the file stores them or those of the upright picture, where EXIF
            turns it; `auto` lets the size tell that stands with the boxes, and rejects where it can't.
        person: Who is on a photo: `parent`, its folder, which then is no label, or a regular expression whose one
            group, found in the photo's path in the source, is the person.
        exclude_people: Names that stand for nobody in particular, such as `unknown`; so do the words in `labels`.
        default_label: The word of images in folders that `labels` doesn't know.
    """

    adapter: str
    title: str = ""
    address: str | None = None
    licence: str = "unknown"
    author: str | None = None
    citation: str | None = None
    synthetic: bool = False
    synthetic_labels: tuple[str, ...] = ()
    pasted_reference: Path | None = None
    needs: str = ""
    note: str = ""
    labels: Mapping[str, Label] = {}
    unannotated: Literal["reject", "unknown"] = "reject"
    boxes_frame: Literal["auto", "stored", "upright"] = "auto"
    person: Annotated[str, AfterValidator(check_pattern)] | None = None
    exclude_people: tuple[str, ...] = ()
    default_label: str | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where a source may read and write.

    Attributes:
        root: The project root; relative paths in settings start here.
        store: This source's own folder for what it downloads and unpacks; it outlives a run.
        provenance: Its folder for what depends on the time of the run, and so isn't an output of the stage.
        copy_all: Pixels are stored elsewhere than in the project, so files inside it are copied too.
        sandbox: What an archive may take of a child process; None unpacks it in this one.
    """

    name: str
    root: Path
    store: Path
    provenance: Path
    limits: ImageLimits
    archive: ArchiveParams
    copy_all: bool = False
    sandbox: SandboxLimits | None = None

    @classmethod
    def of(cls, name: str, root: Path, params: IngestParams, *, copy_all: bool = False) -> "Workspace":
        """The workspace of one source under `root`."""
        store, provenance = root / DOWNLOADS / name, root / PROVENANCE / name
        sandbox = archive_sandbox(params)
        return cls(name, root, store, provenance, image_limits(params), params.archive, copy_all, sandbox)


def image_limits(params: IngestParams) -> ImageLimits:
    """The limits of params.yaml in bytes and pixels."""
    return ImageLimits(
        max_file_bytes=int(params.max_file_mb * 2**20),
        max_pixels=int(params.max_megapixels * 1e6),
        min_side_px=params.min_side_px,
    )


def picture_sandbox(params: IngestParams) -> SandboxLimits | None:
    """What a picture may take of a child process, which writes no file; None decodes it in this one."""
    return SandboxLimits(params.sandbox_limits.seconds, _memory_bytes(params), 0) if params.sandbox else None


def archive_sandbox(params: IngestParams) -> SandboxLimits | None:
    """What an archive may take of a child process; none of its members is longer than a photo may be."""
    seconds, longest = params.sandbox_limits.archive_seconds, image_limits(params).max_file_bytes
    return SandboxLimits(seconds, _memory_bytes(params), longest) if params.sandbox else None


def _memory_bytes(params: IngestParams) -> int:
    return int(params.sandbox_limits.memory_gb * 2**30)
