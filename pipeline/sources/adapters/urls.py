"""Image searches: lists of addresses, or saved result pages, fetched politely."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.core.errors import SourceError
from pipeline.core.file_names import leads_into
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.fetching.web.lists import SUFFIXES, ListedImage, read_list, unique
from pipeline.sources.fetching.web.pace import Pace
from pipeline.sources.fetching.web.store import Outcome, WebStore
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.settings import SourceSettings
from pipeline.storage.whole_files import write_bytes


class UrlsSettings(SourceSettings):
    """A list of addresses and how it is fetched.

    Attributes:
        path: A list (`.txt`, `.csv`, `.jsonl`, `.json`), a saved page (`.html`), several, or a folder of them.
        label: The label of every image whose line gives none.
        workers: Requests at the same time.
        per_host: Of these, at most so many to one host.
        delay_s: The least pause between two requests to one host, in seconds.
        attempts: How often an address is tried before it is left for the next run.
        max_redirects: Redirects that are followed.
        max_seconds: The longest that servers may take for one address: names, connections, headers, bodies, redirects
            and robots.txt together, in all attempts of a run; pauses that are kept for a server's sake don't count.
        max_crawl_delay_s: The longest pause that is kept because robots.txt asks for it; an address of a site that asks
            for more is a row.
        honour_robots: Fetch nothing that the site's robots.txt disallows.
        honour_opt_out: Take nothing that says `noai` or `noimageai`.
        allow_private_addresses: Fetch from this machine and the local network too.
        contact: An address or page by which a site's owner can reach you; it is sent with each request.
    """

    path: Path | tuple[Path, ...] | None = None
    label: str | None = None
    workers: Annotated[int, Field(ge=1, le=64)] = 8
    per_host: Annotated[int, Field(ge=1, le=8)] = 2
    delay_s: Annotated[float, Field(ge=0, le=86_400)] = 0.5
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    max_seconds: Annotated[float, Field(gt=0, le=86_400)] = 120
    max_crawl_delay_s: Annotated[float, Field(ge=0, le=86_400)] = 60
    honour_robots: bool = True
    honour_opt_out: bool = True
    allow_private_addresses: bool = False
    contact: Annotated[str, Field(pattern=r"^[ -~]*$", max_length=200)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressStatus:
    """What became of one address: a row of `addresses.parquet` beside the source's provenance."""

    url: str
    status: str
    reason: str | None
    detail: str | None
    http_status: int | None
    address: str | None
    size_bytes: int | None
    fetched_at: str | None


class UrlsAdapter(Adapter[UrlsSettings]):
    """Every address of the lists, fetched once."""

    settings_model = UrlsSettings

    def missing(self) -> list[str]:
        """The lists that aren't there."""
        if self.settings.path is None:
            return [f"Set ingest.settings.{self.workspace.name}.path. {self.settings.needs}".strip()]
        return [f"{path} does not exist. {self.settings.needs}".strip() for path in self._paths() if not path.exists()]

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every image that came, and a refusal for each that didn't.

        Raises:
            SourceError: a list is missing or can't be read.
        """
        missing = self.missing()
        if missing:
            raise SourceError(f"{self.workspace.name}: " + "\n".join(missing))
        listed = unique(image for path in self._lists() for image in read_list(path))
        store = WebStore(self.workspace.store / "web")
        outcomes = self._fetch([image.url for image in listed if image.url is not None and not image.problem], store)
        self._write_statuses(outcomes.values())
        for image in listed:
            if image.problem:
                yield _refused(image)
                continue
            yield self._by_address(image, outcomes[image.url], store) if image.url else self._by_page(image)

    def listed(self) -> Iterator[Offer | Refusal]:
        """Every address of the lists with its label, none of them fetched."""
        for image in unique(image for path in self._lists() for image in read_list(path)):
            if image.problem:
                yield _refused(image)
                continue
            origin = image.url or image.name
            yield Offer(origin=origin, file=self.workspace.store, labels=self._labels(image), url=image.url)

    def _fetch(self, urls: list[str], store: WebStore) -> dict[str, Outcome]:
        from pipeline.sources.fetching.web.download import download_all  # noqa: PLC0415 - requests is an optional dependency
        from pipeline.sources.fetching.web.fetch import Fetcher, FetchRules  # noqa: PLC0415 - requests is an optional dependency
        from pipeline.sources.fetching.web.guard import guarded_session  # noqa: PLC0415 - requests is an optional dependency
        from pipeline.sources.fetching.web.robots import AGENT  # noqa: PLC0415 - requests is an optional dependency

        settings = self.settings
        agent = f"{AGENT}/0.1 (face-mask data sets{'; ' + settings.contact if settings.contact else ''})"
        rules = FetchRules(
            max_bytes=self.workspace.limits.max_file_bytes,
            max_redirects=settings.max_redirects,
            attempts=settings.attempts,
            max_seconds=settings.max_seconds,
            max_crawl_delay_s=settings.max_crawl_delay_s,
            robots=settings.honour_robots,
            opt_out=settings.honour_opt_out,
            allow_private=settings.allow_private_addresses,
        )
        with guarded_session(agent, settings.allow_private_addresses) as session:
            fetcher = Fetcher(session, store, Pace(settings.delay_s), rules)
            return download_all(urls, fetcher, settings.workers, settings.per_host)

    def _by_address(self, image: ListedImage, outcome: Outcome, store: WebStore) -> Offer | Refusal:
        url = outcome.url
        if outcome.status != "fetched":
            return Refusal(origin=url, reason=outcome.reason or outcome.status, detail=outcome.detail or "")
        return Offer(
            origin=url,
            file=store.body(url),
            labels=self._labels(image),
            url=url,
            licence=image.licence,
            author=image.author,
            fetched_at=outcome.fetched_at,
        )

    def _by_page(self, image: ListedImage) -> Offer | Refusal:
        """An image that the saved page carries in itself or beside itself."""
        file = image.file
        if image.data is not None:
            file = self.workspace.store / "inline" / image.name
            write_bytes(file, image.data, synced=False)
        if file is None:
            return Refusal(origin=image.name, reason="unreadable_file", detail="the page carries no bytes of it")
        return Offer(origin=image.name, file=file, labels=self._labels(image), licence=image.licence)

    def _labels(self, image: ListedImage) -> tuple[str, ...]:
        label = image.label or self.settings.label
        return () if label is None else (label,)

    def _write_statuses(self, outcomes: Iterable[Outcome]) -> None:
        from pipeline.storage.manifests import write_manifest  # noqa: PLC0415 - pyarrow is an optional dependency

        rows = (AddressStatus(**{name: getattr(one, name) for name in AddressStatus.__slots__}) for one in outcomes)
        write_manifest(self.workspace.provenance / "addresses.parquet", rows, AddressStatus)

    def _paths(self) -> list[Path]:
        path = self.settings.path
        chosen = [] if path is None else [path] if isinstance(path, Path) else list(path)
        return [self.workspace.root / one for one in chosen]

    def _lists(self) -> Iterator[Path]:
        for path in self._paths():
            if path.is_dir():
                yield from sorted(file for file in path.iterdir() if _is_list(file))
            else:
                yield path


def _refused(image: ListedImage) -> Refusal:
    return Refusal(origin=image.url or image.name, reason=image.reason, detail=image.problem)


def _is_list(file: Path) -> bool:
    """Whether a file of a folder is one of its lists.

    Raises:
        SourceError: it is a link out of the folder: each line of what it leads to would become a row.
    """
    if file.suffix.lower() not in SUFFIXES:
        return False
    if file.is_symlink() and not leads_into(file, file.parent.resolve()):
        raise SourceError(f"{file}: a link out of its folder; give the list itself as path")
    return True
