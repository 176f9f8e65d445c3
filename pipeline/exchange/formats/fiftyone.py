"""FiftyOne's image detection format: `data/` and `labels.json`, boxes in shares of width and height.

https://docs.voxel51.com/user_guide/dataset_creation/datasets.html#fiftyoneimagedetectiondataset
"""

from collections.abc import Sequence

from pipeline.exchange.formats.base import Entry, FormatWriter, as_json
from pipeline.exchange.targets import Target


class FiftyOneWriter(FormatWriter):
    """A folder a side, each a data set of its own; type, wear and valve are attributes of a detection."""

    def file_name(self, entry: Entry, suffix: str) -> str:
        """Below `data/`; labels go by the name without ending."""
        return f"{entry.side}/data/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:  # noqa: ARG002 - the interface of a format
        """Its detections, after the beginning of the file or a comma."""
        first = f"{entry.side}/labels.json" not in self._open
        file = self.text_file(f"{entry.side}/labels.json")
        size = (entry.picture.width_px, entry.picture.height_px)
        detections = [_detection(*pair, size) for pair in zip(entry.targets, entry.names, strict=True)]
        file.write('{"labels":{\n' if first else ",\n")
        file.write(f"{as_json(entry.stem)}:{as_json(detections)}")

    def finish(self, names: Sequence[str]) -> None:
        """The classes."""
        for side in self.ordered_sides():
            self.text_file(f"{side}/labels.json").write(f'}},\n"classes":{as_json(list(names))}}}\n')


def _detection(target: Target, label: str, size: tuple[int, int]) -> dict[str, object]:
    face = target.face
    box = [round(number / size[place % 2], 8) for place, number in enumerate(target.sides)]
    attributes = {"mask_type": face.mask_type, "wear": face.wear, "valve": face.valve}
    return {"label": label, "bounding_box": box, "attributes": attributes}
