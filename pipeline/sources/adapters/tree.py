"""A folder of files, or the archives that hold one."""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePath
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from pipeline.core.errors import SourceError
from pipeline.core.file_names import leads_into
from pipeline.core.locations import Address, Location, LocationSetting
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.adapters.walk import is_system_file, is_utf8, walk_files
from pipeline.sources.archives.gate import ArchiveLimits
from pipeline.sources.archives.names import AUTO
from pipeline.sources.archives.unpacking import is_archive, unpack
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.settings import SourceSettings
from pipeline.storage.stores import list_objects

KaggleHandle = Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]


def known_encoding(name: str) -> str:
    """The setting, if it is `auto` or an encoding's name.

    Raises:
        ValueError: it is neither.
    """
    if name != AUTO:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise ValueError(f"no encoding of that name; expected {AUTO}, gbk, shift_jis, cp437 …") from error
    return name


class TreeSettings(SourceSettings):
    """A source whose files lie in a folder or in archives.

    Attributes:
        path: The folder or the archive; several make one source. Archives that lie in the folder itself are opened. A
            folder in an object store is an address, such as s3://bucket/photos; its archives are not opened.
        kaggle: A Kaggle data set `owner/slug`, fetched where no `path` is set.
        version: The Kaggle version; without one the first that was fetched stays, by sources.lock.yaml.
        copy_files: Copy the images into `data/raw/` even where they lie inside the project or in an object store.
        archive_names: Encoding of names in archives that aren't UTF-8, such as gbk; auto tells it by likelihood.
        links_within: A folder; links of the source that stay inside it are followed. A snapshot in the cache of
            Hugging Face links to `../../blobs`: name the folder above both.
    """

    path: LocationSetting | tuple[LocationSetting, ...] | None = None
    kaggle: KaggleHandle | None = None
    version: Annotated[int, Field(ge=1)] | None = None
    copy_files: bool = False
    archive_names: Annotated[str, AfterValidator(known_encoding)] = AUTO
    links_within: Path | None = None


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file of a tree.

    Attributes:
        origin: Its path inside the source, with slashes.
        in_place: It is the user's own and lies inside the project.
    """

    origin: str
    path: Location
    in_place: bool

    @property
    def name(self) -> str:
        """The last part of the origin."""
        return self.origin.rpartition("/")[2]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders it lies in, outermost first."""
        return tuple(self.origin.split("/")[:-1])


Settings = TypeVar("Settings", bound=TreeSettings)


class TreeAdapter(Adapter[Settings]):
    """Base of the layouts that are folders or archives on this machine."""

    settings_model = TreeSettings

    def missing(self) -> list[str]:
        """A path that isn't set or doesn't exist, unless the source comes from Kaggle."""
        return [] if self._on_kaggle() else self._absent()

    def hints(self) -> list[str]:
        """An account, which Kaggle may want."""
        if not self._on_kaggle() or any((self.workspace.store / "kaggle").glob("*.zip")):
            return []
        from pipeline.sources.fetching.kaggle import CREDENTIALS, has_credentials  # noqa: PLC0415 - requests is an optional dependency

        if has_credentials():
            return []
        return [f"No Kaggle credentials were found; some data sets come without. {CREDENTIALS}."]

    def watched(self) -> list[Path]:
        """The folders and archives of this machine."""
        return [path for path in self._set_paths() if isinstance(path, Path)]

    def listed(self) -> Iterator[Offer | Refusal] | None:
        """As `offers`, where an archive from Kaggle is here already."""
        fetched = not self._on_kaggle() or any((self.workspace.store / "kaggle").glob("*.zip"))
        return self.offers() if fetched else None

    def fetched_at(self) -> str | None:
        """When the archive came from Kaggle."""
        if not self._on_kaggle():
            return None
        from pipeline.sources.fetching.http import utc_text  # noqa: PLC0415 - requests is an optional dependency

        return utc_text(self._fetched().stat().st_mtime)

    def files(self) -> Iterator[TreeFile | Refusal]:
        """Every file, sorted within each path; what is on Kaggle is fetched and archives are unpacked first.

        Raises:
            SourceError: no path is set, one does not exist or is neither folder nor archive, or Kaggle refuses.
        """
        paths = self._paths()
        for path, prefix in zip(paths, _prefixes(paths), strict=True):
            yield from self._tree(path, prefix)

    def _fetched(self) -> Path:
        from pipeline.sources.fetching.kaggle import KaggleDataset, fetch_dataset  # noqa: PLC0415 - requests is an optional dependency

        dataset = KaggleDataset(self.settings.kaggle or "", self.settings.version)
        return fetch_dataset(dataset, self.workspace.root, self.workspace.store)

    def _paths(self) -> list[Location]:
        if self._on_kaggle():
            return [self._fetched()]
        absent = self._absent()
        if absent:
            raise SourceError(f"{self.workspace.name}: " + "\n".join(absent))
        return self._set_paths()

    def _absent(self) -> list[str]:
        """What is wrong with the paths, one sentence each."""
        paths = self._set_paths()
        if not paths:
            return [f"Set ingest.settings.{self.workspace.name}.path. {self.settings.needs}".strip()]
        here = [path for path in paths if isinstance(path, Path)]
        return [f"{path} does not exist. {self.settings.needs}".strip() for path in here if not path.exists()]

    def _set_paths(self) -> list[Location]:
        path = self.settings.path
        chosen = [] if path is None else list(path) if isinstance(path, tuple) else [path]
        return [one if isinstance(one, Address) else self.workspace.root / one for one in chosen]

    def _on_kaggle(self) -> bool:
        return self.settings.path is None and self.settings.kaggle is not None

    def _tree(self, path: Location, prefix: str) -> Iterator[TreeFile | Refusal]:
        if isinstance(path, Address):
            yield from self._stored(path, prefix)
        elif path.is_dir():
            archives = sorted(one for one in path.iterdir() if self._is_opened(one))
            opened = frozenset(archive.name for archive in archives)
            yield from self._listed(path, prefix, self._inside_project(path), opened)
            for archive in archives:
                yield from self._unpacked(archive, f"{prefix}{archive.name}/")
        elif is_archive(path):
            yield from self._unpacked(path, prefix)
        else:
            raise SourceError(f"{self.workspace.name}: {path} is neither a folder nor a zip or tar archive")

    def _is_opened(self, path: Path) -> bool:
        """Whether it is an archive to open; a link out of the source is refused with the other files."""
        within = self._links_within() or path.parent
        return is_archive(path) and path.is_file() and (not path.is_symlink() or leads_into(path, within.resolve()))

    def _links_within(self) -> Path | None:
        return None if self.settings.links_within is None else self.workspace.root / self.settings.links_within

    def _stored(self, folder: Address, prefix: str) -> Iterator[TreeFile | Refusal]:
        """The objects below an address."""
        for found in list_objects(folder):
            name = found.name
            if any(map(is_system_file, name.split("/"))):
                yield Refusal(origin=prefix + name, reason="system_file", detail="hidden or made by a file manager")
            elif is_archive(PurePath(name)):
                detail = "an archive in an object store: download it, then give the file"
                yield Refusal(origin=prefix + name, reason="nested_archive", detail=detail)
            else:
                address = Address((folder / name).url, found.version)
                yield TreeFile(prefix + name, address, not self.settings.copy_files)

    def _unpacked(self, archive: Path, prefix: str) -> Iterator[TreeFile | Refusal]:
        limits = ArchiveLimits.of(self.workspace.archive, self.workspace.limits.max_file_bytes)
        names, sandbox = self.settings.archive_names, self.workspace.sandbox
        folder, refusals = unpack(archive, self.workspace.store, limits, names, sandbox)
        yield from (refusal.under(prefix) for refusal in refusals)
        yield from self._listed(folder, prefix, in_place=False)

    def _inside_project(self, path: Path) -> bool:
        copies = self.settings.copy_files or self.workspace.copy_all
        return not copies and path.resolve().is_relative_to(self.workspace.root.resolve())

    def _listed(
        self, folder: Path, prefix: str, in_place: bool, opened: frozenset[str] = frozenset()
    ) -> Iterator[TreeFile | Refusal]:
        """The files of a folder, without the archives that are `opened` for themselves."""
        for found in walk_files(folder, self._links_within()):
            if isinstance(found, Refusal):
                yield found.under(prefix)
            elif not is_archive(found[1]):
                yield TreeFile(prefix + found[0], found[1], in_place and is_utf8(str(found[1])))
            elif found[0] not in opened:
                detail = "an archive inside: unpack it yourself, then give the folder"
                yield Refusal(origin=prefix + found[0], reason="nested_archive", detail=detail)


def _prefixes(paths: Sequence[Location]) -> list[str]:
    """What goes before the origins of each path: nothing for one alone, else its name, numbered where another has it.

    `a/photos` and `b/photos` would offer photos of one origin, of which one is taken.
    """
    if len(paths) < 2:
        return [""] * len(paths)
    names, taken = [path.name for path in paths], list[str]()
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        taken.append(name if name not in taken else next(one for one in numbered if one not in {*taken, *names}))
    return [f"{name}/" for name in taken]
