"""What annotations say beside a class, as CVAT's attributes: those that the settings name give words too."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pipeline.core.errors import SourceError
from pipeline.sources.adapters.annotated import AnnotatedAdapter
from pipeline.sources.adapters.tree import TreeSettings
from pipeline.sources.settings import Workspace


class AttributeSettings(TreeSettings):
    """Which attributes of a box label it.

    Attributes:
        attributes: Each gives a word `name=value`, such as `mask=surgical` or `valve=true`, beside the class.
    """

    attributes: tuple[str, ...] = ()


Settings = TypeVar("Settings", bound=AttributeSettings)


class AttributedAdapter(AnnotatedAdapter[Settings]):
    """Base of the layouts whose boxes have attributes."""

    def __init__(self, settings: Settings, workspace: Workspace) -> None:
        super().__init__(settings, workspace)
        self.attributes_seen: set[str] = set()

    def words_of(self, attributes: Iterable[tuple[str, Any]]) -> Iterator[str]:
        """The words of a box's attributes; those that say nothing, or many things, give none."""
        for name, value in attributes:
            self.attributes_seen.add(name)
            said = str(value).lower() if isinstance(value, bool) else value
            if name in self.settings.attributes and isinstance(said, str | int | float) and str(said).strip():
                yield f"{name}={str(said).strip()}"

    def require_attributes(self) -> None:
        """Stop where an attribute is asked for that nothing has: what it says would be lost without a word.

        Raises:
            SourceError: names it, and those there are.
        """
        missing = [name for name in self.settings.attributes if name not in self.attributes_seen]
        if missing:
            found = ", ".join(map(repr, sorted(self.attributes_seen))) or "none"
            key = f"ingest.settings.{self.workspace.name}.attributes"
            raise SourceError(f"{key}: nothing has {', '.join(map(repr, missing))}.\nAttributes found: {found}.")
