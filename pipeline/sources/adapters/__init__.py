"""The kinds of source, by the name that the catalogue and params.yaml use."""

from typing import Any

from pipeline.sources.adapters.base import Adapter
from pipeline.sources.adapters.coco import CocoAdapter
from pipeline.sources.adapters.csv_boxes import CsvAdapter
from pipeline.sources.adapters.cvat import CvatAdapter
from pipeline.sources.adapters.folder import FolderAdapter
from pipeline.sources.adapters.humans_in_the_loop import HumansInTheLoopAdapter
from pipeline.sources.adapters.imagefolder import ImageFolderAdapter
from pipeline.sources.adapters.label_studio import LabelStudioAdapter
from pipeline.sources.adapters.maskedface_net import MaskedFaceNetAdapter
from pipeline.sources.adapters.mfr2 import Mfr2Adapter
from pipeline.sources.adapters.named import MaskTheFaceAdapter, PortraitsAdapter, WwmrAdapter
from pipeline.sources.adapters.sample import SampleAdapter
from pipeline.sources.adapters.urls import UrlsAdapter
from pipeline.sources.adapters.voc import VocAdapter
from pipeline.sources.adapters.webdataset import WebDatasetAdapter
from pipeline.sources.adapters.yolo import YoloAdapter

ADAPTERS: dict[str, type[Adapter[Any]]] = {
    "coco": CocoAdapter,
    "csv": CsvAdapter,
    "cvat": CvatAdapter,
    "folder": FolderAdapter,
    "humans-in-the-loop": HumansInTheLoopAdapter,
    "imagefolder": ImageFolderAdapter,
    "label-studio": LabelStudioAdapter,
    "maskedface-net": MaskedFaceNetAdapter,
    "masktheface": MaskTheFaceAdapter,
    "mfr2": Mfr2Adapter,
    "portraits": PortraitsAdapter,
    "sample": SampleAdapter,
    "urls": UrlsAdapter,
    "voc": VocAdapter,
    "webdataset": WebDatasetAdapter,
    "wwmr": WwmrAdapter,
    "yolo": YoloAdapter,
}
