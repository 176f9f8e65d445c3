"""The interface of a source: one small class a kind of layout."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.settings import SourceSettings, Workspace

Settings = TypeVar("Settings", bound=SourceSettings)


class Adapter(ABC, Generic[Settings]):
    """Turns one source into offers; reading, checking, labelling and writing are done for it.

    A subclass names the model of its settings and writes `offers`.
    """

    settings_model: ClassVar[type[SourceSettings]] = SourceSettings

    def __init__(self, settings: Settings, workspace: Workspace) -> None:
        self.settings = settings
        self.workspace = workspace

    @abstractmethod
    def offers(self) -> Iterator[Offer | Refusal]:
        """Every file of the source, once, in a stable order, with the source's own labels.

        Raises:
            SourceError: the source can't be taken as a whole.
        """

    def listed(self) -> Iterator[Offer | Refusal] | None:
        """As `offers`, from what is here already: nothing is fetched, so an offer's file may not be there yet.

        None where nothing can be said before the source is fetched.
        """
        return self.offers()

    def fetched_at(self) -> str | None:
        """When the source as a whole was fetched, ISO 8601 in UTC; None where it wasn't, or file by file."""
        return None

    def watched(self) -> list[Path]:
        """The user's own files and folders that it reads: what changes there is not in the outputs yet."""
        return []

    def missing(self) -> list[str]:
        """What the user still has to do, one sentence each; empty where the source is ready."""
        return []

    def hints(self) -> list[str]:
        """What may be needed, one sentence each; it doesn't keep the source from being tried."""
        return []
