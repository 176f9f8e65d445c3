"""One module a format, and which there are."""

from pipeline.exchange.formats.base import FormatWriter
from pipeline.exchange.formats.coco import CocoWriter
from pipeline.exchange.formats.csv_tables import CsvWriter
from pipeline.exchange.formats.fiftyone import FiftyOneWriter
from pipeline.exchange.formats.imagefolder import ImageFolderWriter
from pipeline.exchange.formats.voc import VocWriter
from pipeline.exchange.formats.webdataset import WebDatasetWriter
from pipeline.exchange.formats.yolo import YoloWriter

WRITERS: dict[str, type[FormatWriter]] = {
    "yolo": YoloWriter,
    "coco": CocoWriter,
    "voc": VocWriter,
    "csv": CsvWriter,
    "imagefolder": ImageFolderWriter,
    "webdataset": WebDatasetWriter,
    "fiftyone": FiftyOneWriter,
}
