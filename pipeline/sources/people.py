"""Who is on a photo, by its folder or its name, where the source is laid out by people."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from pipeline.core.errors import SourceError
from pipeline.sources.labels import normalised, plain_text
from pipeline.sources.offers import Offer, Refusal

PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Naming:
    """How a photo's origin names the person.

    Attributes:
        source: The source, within which the names are those of people.
        person: `parent`, the folder that it lies in, or a pattern whose group is the person.
        nobody: Names that stand for no one person, such as `unknown`, in plain spelling.
        labels: Words that are labels, as `normalised`: nobody's name, but for a person's folder within a labelled one.
    """

    source: str
    person: str
    nobody: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, source: str, person: str, nobody: Iterable[str], labels: Iterable[str] = ()) -> "Naming":
        """The naming with the words that name nobody."""
        return cls(source, person, frozenset(map(_plain, nobody)), frozenset(map(normalised, labels)))

    def person_id(self, origin: str) -> str | None:
        """The person's id, None where the origin names nobody."""
        named = self._named(plain_text(origin))
        return f"{self.source}:{named}" if named and _plain(named) not in self.nobody else None

    def _named(self, origin: str) -> str:
        if self.person == PARENT:
            folders = PurePosixPath(origin).parent.parts
            return folders[-1] if parent_is_person(folders, self._is_label) else ""
        found = re.search(self.person, origin)
        return (found[1] or "") if found and not self._is_label(found[1] or "") else ""

    def _is_label(self, name: str) -> bool:
        return normalised(name) in self.labels


def parent_is_person(folders: Sequence[str], is_label: Callable[[str], bool]) -> bool:
    """Whether the innermost of a photo's folders can be a person.

    Where it is called as a label is, another label around it tells that it is none itself.

    >>> [parent_is_person(path.split("/"), {"mask", "no_mask"}.__contains__) for path in ("no_mask/mask", "ann/mask")]
    [True, False]
    """
    return bool(folders) and (not is_label(folders[-1]) or any(map(is_label, folders[:-1])))


def with_people(offers: Iterable[Offer | Refusal], naming: Naming) -> Iterator[Offer | Refusal]:
    """The offers with the people that their origins name; those of whom the source says it already stay as they are.

    Raises:
        SourceError: there are offers, and not one names anybody.
    """
    given, named, shown = 0, 0, ""
    for one in offers:
        if isinstance(one, Refusal) or one.person_id is not None:
            yield one
            continue
        person = naming.person_id(one.origin)
        given, named, shown = given + 1, named + (person is not None), shown or one.origin
        yield replace(one, person_id=person)
    if given and not named:
        key = f"ingest.settings.{naming.source}.person"
        raise SourceError(f"{key}: {naming.person!r} finds nobody in {given} files, such as {shown}")


def check_pattern(person: str) -> str:
    """The setting, if it can name people.

    Raises:
        ValueError: it is no pattern with one group.
    """
    if person == PARENT:
        return person
    try:
        groups = re.compile(person).groups
    except re.error as error:
        raise ValueError(f"neither {PARENT!r} nor a pattern: {error}") from error
    if groups != 1:
        raise ValueError(f"a pattern with one group that is the person, such as '([^/]+)_[0-9]+[.]', not {groups}")
    return person


def _plain(name: str) -> str:
    return plain_text(name).casefold()
