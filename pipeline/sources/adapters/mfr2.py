"""MFR2: real photos of known people with and without masks, labelled in one text file."""

import re
from collections import defaultdict
from collections.abc import Iterator

from pipeline.sources.adapters.layout import NOT_TEXT, ParsedTree, damaged, no_layout, read_lines
from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.papers import is_text

EXPECTED = "<Name>/<Name>_0001.png and mfr2_labels.txt with lines 'Name, 1, surgical'"

_FILE = re.compile(r"(?P<person>.+)_(?P<number>\d+)\.[A-Za-z]+")


class Mfr2Adapter(TreeAdapter[TreeSettings]):
    """A folder a person; `mfr2_labels.txt` gives the mask type by person and number."""

    settings_model = TreeSettings

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every photo with its line's label; one without a line is refused.

        Raises:
            SourceError: there is no label file.
        """
        tree = ParsedTree(self.files())
        found = list(tree.names())
        papers = tree.take(lambda file: file.name.lower() == "mfr2_labels.txt")
        if not papers or not tree.images:
            raise no_layout(self.workspace.name, EXPECTED, found)
        labels: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for line in (line for file in papers for line in _labels(file)):
            if isinstance(line, Refusal):
                yield line
            else:
                labels[line[0]].add(line[1])
        for file in tree.images:
            yield self._offer(file, labels)
        for person, number in sorted(labels):
            origin = f"{person}_{number:04d}#label"
            yield Refusal(origin=origin, reason="image_missing", detail="labelled, but there is no such image")
        yield from tree.leftovers()

    def _offer(self, file: TreeFile, labels: dict[tuple[str, int], set[str]]) -> Offer | Refusal:
        match = _FILE.fullmatch(file.name)
        said = labels.pop((match["person"], int(match["number"])), set()) if match else set()
        if match is None or not said:
            return Refusal(origin=file.origin, reason="no_label", detail="no line of mfr2_labels.txt names it")
        if len(said) > 1:
            detail = f"lines of mfr2_labels.txt say {' and '.join(sorted(said))}"
            return Refusal(origin=file.origin, reason="label_conflict", detail=detail)
        person = f"{self.workspace.name}:{match['person']}"
        return Offer(origin=file.origin, file=file.path, in_place=file.in_place, labels=tuple(said), person_id=person)


def _labels(file: TreeFile) -> Iterator[tuple[tuple[str, int], str] | Refusal]:
    """Person and number, with the mask type; fields stand apart by commas, tabs or blanks."""
    text = read_lines(file)
    if isinstance(text, Refusal):
        yield text
        return
    for count, line in enumerate(text.splitlines(), start=1):
        fields = [field for field in re.split(r"[,\t ]+", line.strip()) if field]
        if not fields:
            continue
        if not is_text(line):
            yield damaged(f"{file.origin}#line{count}", NOT_TEXT)
            continue
        if len(fields) < 3 or not fields[1].isdecimal():
            yield damaged(f"{file.origin}#line{count}", f"{line!r}: expected 'Name, number, mask type'")
            continue
        yield (fields[0], int(fields[1])), " ".join(fields[2:])
