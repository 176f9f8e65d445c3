"""A plain folder, or an archive of one, whose sub-folders are the classes."""

from collections.abc import Iterator

from pipeline.sources.adapters.tree import TreeAdapter, TreeFile, TreeSettings
from pipeline.sources.labels import LabelMap
from pipeline.sources.offers import Offer, Refusal
from pipeline.sources.people import PARENT, parent_is_person
from pipeline.sources.settings import SourceSettings
from pipeline.storage.signatures import is_photo

AUXILIARY_SUFFIXES = (".csv", ".htm", ".html", ".json", ".jsonl", ".md", ".pdf", ".txt", ".xml", ".yaml", ".yml")
"""Papers that lie beside the images; they carry no label."""

TOP = "."
"""The label of files that lie in no class folder."""


class FolderAdapter(TreeAdapter[TreeSettings]):
    """Class folders: the deepest folder name that the mapping knows is the label, else the innermost folder's name."""

    def offers(self) -> Iterator[Offer | Refusal]:
        """Every file with its folder's label."""
        labels = LabelMap(self.settings.labels)
        for found in self.files():
            if isinstance(found, Refusal):
                yield found
            elif found.name.lower().endswith(AUXILIARY_SUFFIXES) and not is_photo(found.path):
                yield Refusal(origin=found.origin, reason="not_an_image", detail="a document beside the images")
            else:
                yield Offer(
                    origin=found.origin,
                    file=found.path,
                    in_place=found.in_place,
                    labels=(class_of(found, labels, self.settings),),
                )


def class_of(file: TreeFile, labels: LabelMap, settings: SourceSettings) -> str:
    """The folder name that labels a file: the deepest that is mapped, else the default, else the innermost.

    The folder that is the person labels nothing, whatever the person is called.
    """
    folders = file.folders
    if settings.person == PARENT and parent_is_person(folders, labels.__contains__):
        folders = folders[:-1]
    known = [folder for folder in reversed(folders) if folder in labels]
    return known[0] if known else settings.default_label or (folders[-1] if folders else TOP)
