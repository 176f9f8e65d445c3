"""A plain folder, or an archive of one, whose sub-folders are the classes."""

from collections.abc import Iterator

from pipeline.sources.adapters.layout import is_image_name
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
                yield self._labelled(found, labels)

    def _labelled(self, file: TreeFile, labels: LabelMap) -> Offer | Refusal:
        """The file with its folder's label; what is no image asks for no mapping."""
        label = class_of(file, labels, self.settings)
        if label not in labels and not is_image_name(file.name) and not is_photo(file.path):
            return Refusal(origin=file.origin, reason="not_an_image", detail="no image by its name or its content")
        return Offer(origin=file.origin, file=file.path, in_place=file.in_place, labels=(label,))


def class_of(file: TreeFile, labels: LabelMap, settings: SourceSettings) -> str:
    """The folder name that labels a file: the deepest that is mapped, else the default, else the innermost.

    The folder that is the person labels nothing, whatever the person is called.
    """
    folders = file.folders
    if settings.person == PARENT and parent_is_person(folders, labels.__contains__):
        folders = folders[:-1]
    known = [folder for folder in reversed(folders) if folder in labels]
    return known[0] if known else settings.default_label or (folders[-1] if folders else TOP)
