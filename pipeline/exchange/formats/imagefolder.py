"""Hugging Face `imagefolder`: a folder a side with its images and a `metadata.jsonl`.

https://huggingface.co/docs/datasets/image_dataset#object-detection
"""

from pipeline.exchange.formats.base import Entry, FormatWriter, as_json
from pipeline.exchange.formats.rows import row_of


class ImageFolderWriter(FormatWriter):
    """`<side>/metadata.jsonl`, `file_name` first and relative to it; boxes are left, top, width, height in pixels."""

    def file_name(self, entry: Entry, suffix: str) -> str:
        """A folder a side, by whose name `datasets` tells the sides."""
        return f"{entry.side}/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """Its line."""
        row = {"file_name": name.rpartition("/")[2], **row_of(entry)}
        self.text_file(f"{entry.side}/metadata.jsonl").write(as_json(row) + "\n")
