"""The licence of every package that is installed, a line each, by the words of its own metadata.

    python -m generators.release.licences [--copyleft]

--copyleft lists only those that ask something of who passes them on, and those that say nothing.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import Distribution, distributions
from typing import cast

NOT_STATED = "not stated"
_CLASSIFIER = "License :: "
_LONGEST = 60
_ASKING = re.compile(r"\b(A|L)?GPL|\bGNU\b|General Public|\bMPL|Mozilla|\bEPL|\bCDDL|\bEUPL", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One that is installed."""

    name: str
    version: str
    licence: str

    @property
    def asks(self) -> bool:
        """Whether its licence asks something of who passes it on, or nobody knows."""
        return self.licence == NOT_STATED or bool(_ASKING.search(self.licence))


def packages(found: Iterable[Distribution]) -> list[Package]:
    """What is installed, by name; of two places that have one package the first counts, as in imports."""
    first: dict[str, Package] = {}
    for one in found:
        name = one.metadata["Name"]
        if name:
            first.setdefault(name.casefold(), Package(name, one.version, licence_of(one)))
    return [first[name] for name in sorted(first)]


def licence_of(package: Distribution) -> str:
    """SPDX where the package says it, else its classifiers, else the first line of its free text."""
    metadata = cast("Message", package.metadata)  # what it is; Python's own types leave out what it can do
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        line.removeprefix(_CLASSIFIER).removeprefix("OSI Approved :: ")
        for line in metadata.get_all("Classifier") or []
        if line.startswith(_CLASSIFIER) and line != "License :: OSI Approved"
    ]
    if classified:
        return ", ".join(sorted(classified))
    lines = str(metadata.get("License") or "").strip().splitlines()
    stated = lines[0].strip()[:_LONGEST] if lines else ""
    return NOT_STATED if stated.upper() in {"", "UNKNOWN"} else stated


def table(listed: Iterable[Package]) -> Iterator[str]:
    """A line a package, in columns."""
    for one in listed:
        yield f"{one.name:<34} {one.version:<18} {one.licence}"


def main() -> None:
    """Print the table of this environment."""
    every = packages(distributions())
    shown = [one for one in every if one.asks] if "--copyleft" in sys.argv[1:] else every
    print("\n".join([*table(shown), f"{len(every)} packages, {sum(one.asks for one in every)} copyleft or not stated"]))


if __name__ == "__main__":
    main()
