"""The gate that every split passes: nothing that belongs together stands on two sides."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from pipeline.columns.ids import IdTable
from pipeline.core.errors import MaskwrightError
from pipeline.core.records import SIDES, Assignment, DuplicateLink, LinkKind
from pipeline.split.groups import link_rows
from pipeline.storage.manifests import Manifest

_SHOWN = 10


class LeakError(MaskwrightError):
    """Linked images stand on two sides of a split."""


class LeakGate:
    """On which sides the images and groups of a split's rows were seen, a bit a side; it trusts no one's choice."""

    def __init__(self, ids: IdTable) -> None:
        """Know the images, by whose smallest ids groups are named."""
        self._ids = ids
        self._images, self._groups = (np.zeros(len(ids), dtype=np.uint8) for _ in range(2))

    def add(self, row: Assignment) -> None:
        """Note one row of the split."""
        bit = np.uint8(1 << SIDES.index(row.side))
        self._images[self._ids.row(row.image_id)] |= bit
        self._groups[self._ids.row(row.group)] |= bit

    def check(self, links: Manifest[DuplicateLink], ignored: frozenset[LinkKind] = frozenset()) -> None:
        """Make sure that of the rows noted no group and no link between images stands on two sides.

        Raises:
            LeakError: names the first few leaks and how many there are.
        """
        leaks = self._leaks(links, ignored)
        if shown := list(islice(leaks, _SHOWN)):
            count = len(shown) + sum(1 for _ in leaks)
            raise LeakError(f"the split leaks in {count} places; the first:\n" + "\n".join(shown))

    def _leaks(self, links: Manifest[DuplicateLink], ignored: frozenset[LinkKind]) -> Iterator[str]:
        for seen, prefix in ((self._images, ""), (self._groups, "group ")):
            for row in np.flatnonzero(np.bitwise_count(seen) > 1):
                yield f"{prefix}{self._ids.text(int(row))} stands on {_sides_of(seen[row])}"
        for first, second, kinds in link_rows(self._ids, links, ignored):
            one, other = self._images[first], self._images[second]
            for place in np.flatnonzero((first >= 0) & (second >= 0) & (one > 0) & (other > 0) & (one != other)):
                ends = (self._ids.text(int(end[place])) for end in (first, second))
                yield f"{kinds[int(place)]} link {' - '.join(ends)} joins two sides"


def _sides_of(bits: np.uint8) -> str:
    return ", ".join(sorted(side for number, side in enumerate(SIDES) if int(bits) >> number & 1))
