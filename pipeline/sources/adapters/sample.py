"""The committed sample: portraits listed in a CSV manifest, with planted duplicates and damaged files."""

import csv
from collections.abc import Iterator
from pathlib import Path

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.settings import SourceSettings

COLUMNS = {"file", "identity", "licence", "origin", "kind"}


class SampleSettings(SourceSettings):
    """Where the sample lies; `manifest` and the folder `photos` stand inside `path`."""

    path: Path = Path("samples")
    manifest: str = "manifest.csv"
    photos: str = "faces"


class SampleAdapter(Adapter[SampleSettings]):
    """The rows of `manifest.csv`; nobody in the sample wears a mask."""

    settings_model = SampleSettings

    def missing(self) -> list[str]:
        """The manifest, where it does not exist."""
        manifest = self._folder() / self.settings.manifest
        return [] if manifest.is_file() else [f"{manifest} does not exist: it is part of the repository"]

    def watched(self) -> list[Path]:
        """The sample's folder."""
        return [self._folder()]

    def offers(self) -> Iterator[Offer | Refusal]:
        """One offer a row, in the manifest's order."""
        for row in self._rows():
            yield Offer(
                origin=row["file"],
                file=self._folder() / self.settings.photos / row["file"],
                in_place=True,
                labels=("no_mask",),
                licence=row["licence"] or None,
                author=row["origin"] or None,
                person_id=f"{self.workspace.name}:{row['identity']}" if row["identity"] else None,
            )

    def _folder(self) -> Path:
        return self.workspace.root / self.settings.path

    def _rows(self) -> list[dict[str, str]]:
        manifest = self._folder() / self.settings.manifest
        try:
            with manifest.open(encoding="utf-8", newline="") as file:
                reader = csv.DictReader(file)
                missing = sorted(COLUMNS - set(reader.fieldnames or ()))
                if missing:
                    raise SourceError(f"{manifest}: lacks the column(s) {', '.join(missing)}")
                return list(reader)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{manifest}: cannot be read: {error}") from error
