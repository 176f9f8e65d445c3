"""Take one source: its offers, checked and labelled, become `images.parquet`; the rest becomes `rejected.parquet`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.core.errors import SourceError
from pipeline.core.locations import Location
from pipeline.core.params import Params
from pipeline.core.paths import IMAGES, RAW, REJECTED
from pipeline.core.records import Image, Rejection
from pipeline.engine import map_records
from pipeline.engine.sandbox import SandboxLimits, require_sandbox
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.catalogue import make_adapter
from pipeline.sources.fetching.http import utc_now
from pipeline.sources.inspection import Inspector, rejection
from pipeline.sources.labels import LabelMap
from pipeline.sources.listing import list_files, write_listing
from pipeline.sources.naming import named_offers
from pipeline.sources.offers import Inspected, Offer, Refusal
from pipeline.sources.provenance import write_provenance
from pipeline.sources.rows import RowMaker, pasted_sha256
from pipeline.sources.settings import picture_sandbox
from pipeline.sources.takedowns import Denylist, read_takedowns
from pipeline.storage.digests import item_key
from pipeline.storage.images import ImageLimits
from pipeline.storage.manifests import write_manifest
from pipeline.storage.resumable import Build, building
from pipeline.storage.shards import WrittenFile

Mapper = Callable[..., Any]
"""As `map_records`: a generator of results in the items' order."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a source; `resumed` files had been looked at by a run that was killed."""

    images: tuple[Image, ...]
    rejections: tuple[Rejection, ...]
    resumed: int = 0


def ingest_source(name: str, params: Params, root: Path, mapper: Mapper = map_records) -> Ingested:
    """Ingest one source into `data/raw/<name>/` under `root`, replacing what was there.

    The folder is built elsewhere and put in place whole, so a run that breaks off leaves the former one as it was, and
    the next goes on from there. Under a storage root of its own, images are written where they stay, and the folder put
    in place holds the manifest that names them. `mapper` is called as `map_records` is.

    Raises:
        ConfigError: the source isn't known or is set up wrongly.
        SourceError: it can't be taken as a whole, or nothing of it can be used; what was there before stays.
    """
    if params.ingest.sandbox:
        require_sandbox()
    adapter = make_adapter(name, params.ingest, root, copy_all=params.storage.root is not None)
    denylist = read_takedowns(root)
    listed = list_files(adapter.watched())
    offers, refused = _collect(name, _permitted(name, adapter, denylist))
    labels = LabelMap(adapter.settings.labels)
    labels.require_mapped(name, (word for offer in offers for word in offer.words()))
    maker = RowMaker(name, adapter.settings, labels, pasted_sha256(adapter.settings, root))
    looking = _Looking(name, root, adapter.workspace.limits, denylist.sha256, picture_sandbox(params.ingest))
    pixels = params.storage.root
    with building(RAW / name, looking.key_parts(pixels), root, pixels) as build:
        inspector = looking.inspector(build)
        run = partial(mapper, inspector, engine=params.engine, crashed=inspector.rejected)
        images, rejected = _parted(row for one in _resumed(build, offers, run) for row in maker.rows(one))
        everything = [*refused, *rejected]
        nothing = SourceError(f"{name}: no image could be used; {_why(everything)}")
        if not images and not _taken_down(everything):  # what an earlier run left is better than nothing
            raise nothing
        write_manifest(build.folder / IMAGES, images, Image)
        write_manifest(build.folder / REJECTED, everything, Rejection)
    _write_provenance(adapter, images, offers)
    write_listing(adapter.workspace.provenance, listed)
    if not images:
        raise nothing
    return Ingested(tuple(images), tuple(everything), build.resumed)


@dataclass(frozen=True, slots=True)
class _Looking:
    """How a source's files are looked at, whatever they are."""

    name: str
    root: Path
    limits: ImageLimits
    removed: frozenset[str]
    sandbox: SandboxLimits | None

    def key_parts(self, pixels: Location | None) -> dict[str, Any]:
        """What a run must have in common with the one whose results it goes on from."""
        return {
            "limits": asdict(self.limits),
            "removed": sorted(self.removed),
            "storage": None if pixels is None else str(pixels),
            "sandbox": None if self.sandbox is None else asdict(self.sandbox),
        }

    def inspector(self, build: Build) -> Inspector:
        """What looks at one file after another, and puts those that don't stay in place into the build."""
        published = f"{RAW.as_posix()}/{self.name}/files"
        return Inspector(
            self.name, self.root, build.pixels / published, published, self.limits, self.removed, self.sandbox
        )


def _write_provenance(adapter: Adapter[Any], images: Sequence[Image], offers: Iterable[Offer]) -> None:
    fetched = {offer.origin: offer.fetched_at for offer in offers if offer.fetched_at}
    write_provenance(adapter.workspace.provenance / IMAGES, images, fetched, adapter.fetched_at() or utc_now())


def _taken_down(rejections: Iterable[Rejection]) -> bool:
    """Whether something must go, even where nothing comes in its place."""
    return any(row.reason == "taken_down" for row in rejections)


def _resumed(build: Build, offers: list[Offer], run: Mapper) -> Iterator[Inspected | Rejection]:
    return build.through(
        offers, run, key=lambda offer: item_key(offer, offer.file), kind=Inspected | Rejection, files_of=_copied
    )


def _permitted(name: str, adapter: Adapter[Any], denylist: Denylist) -> Iterator[Offer | Refusal]:
    """The adapter's offers with the people on them, those that were taken down as refusals."""
    for one in named_offers(name, adapter.settings, adapter.offers()):
        reason = denylist.reason(name, one, adapter.settings.author) if isinstance(one, Offer) else None
        yield one if reason is None else Refusal(origin=one.origin, reason="taken_down", detail=reason)


def _collect(name: str, found: Iterable[Offer | Refusal]) -> tuple[list[Offer], list[Rejection]]:
    """Part offers from refusals; an origin that comes again becomes a rejection with a number behind its origin."""
    offers: dict[str, Offer] = {}
    refusals: list[Refusal] = []
    for one in found:
        if isinstance(one, Refusal):
            refusals.append(one)
        elif one.origin in offers:
            refusals.append(Refusal(origin=one.origin, reason="repeated_origin", detail="the source offers it again"))
        else:
            offers[one.origin] = one
    taken = set(offers)
    return list(offers.values()), [_numbered(name, refusal, taken) for refusal in refusals]


def _numbered(name: str, refusal: Refusal, taken: set[str]) -> Rejection:
    origin = refusal.origin
    for number in count(2):
        if origin not in taken:
            break
        origin = f"{refusal.origin}#{number}"
    taken.add(origin)
    return rejection(name, origin, refusal.reason, refusal.detail)


def _parted(rows: Iterable[Image | Rejection]) -> tuple[list[Image], list[Rejection]]:
    images: list[Image] = []
    rejections: list[Rejection] = []
    for row in rows:
        if isinstance(row, Image):
            images.append(row)
        else:
            rejections.append(row)
    return images, rejections


def _copied(found: Inspected | Rejection) -> list[WrittenFile]:
    """The file that was put into `data/raw/`, if one was."""
    if isinstance(found, Rejection) or found.offer.in_place:
        return []
    return [WrittenFile(found.path, found.size_bytes, found.sha256)]


def _why(rejections: Sequence[Rejection]) -> str:
    first = "; ".join(f"{row.origin}: {row.reason}: {row.detail}" for row in rejections[:3])
    return f"{len(rejections)} rejected, beginning with {first}" if rejections else "it offers no file at all"
