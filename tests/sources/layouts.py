"""A small set in each layout that is read: exactly one adapter takes it, and is recognised to."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from generators.docs.made_up import picture

A, B = picture(), picture(1)
PHOTOS = {"images/a.jpg": A, "images/b.jpg": B}

_VOC = (
    "<annotation><object><name>{}</name><bndbox><xmin>4</xmin><ymin>5</ymin><xmax>40</xmax><ymax>45</ymax></bndbox>"
    "</object></annotation>"
)
_COCO: dict[str, Any] = {
    "images": [{"id": 0, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}],
    "categories": [
        {"id": 0, "name": "masks", "supercategory": "none"},
        {"id": 1, "name": "with_mask", "supercategory": "masks"},
        {"id": 2, "name": "no_mask", "supercategory": "masks"},
    ],
    "annotations": [
        {"id": 0, "image_id": 0, "category_id": 1, "bbox": [4, 5, 36, 40]},
        {"id": 1, "image_id": 1, "category_id": 2, "bbox": [4, 5, 36, 40]},
    ],
}
_HITL = {"FileName": "a.jpg", "Annotations": [{"BoundingBox": [4, 5, 40, 45], "classname": "face_no_mask"}]}

_REGION: dict[str, Any] = {
    "id": "r", "type": "rectanglelabels", "original_width": 64, "original_height": 48,
    "value": {"x": 25, "y": 25, "width": 50, "height": 50, "rectanglelabels": ["with_mask"]},
}  # fmt: skip
TENSORFLOW = b"filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,64,48,with_mask,4,5,40,45\n"
CLASS_NAMES = b"no_mask\nwith_mask\n"


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def _xml(word: str) -> bytes:
    return _VOC.format(word).encode()


# fmt: off
LAYOUTS: Mapping[str, tuple[str, dict[str, bytes]]] = {
    "yolo": ("yolo", {
        **PHOTOS, "labels/a.txt": b"1 .5 .5 .5 .5\n", "labels/b.txt": b"0 .5 .5 .5 .5\n", "README.txt": b"hello",
        "data.yaml": b"names: [no_mask, with_mask]\ntrain: images\n",
    }),
    "yolo by NumPy": ("yolo", {
        **PHOTOS, "labels/a.txt": b"1.0 .5 .5 .5 .5\n", "labels/b.txt": b"0.000e+00 5.0e-01 5.0e-01 5.0e-01 5.0e-01\n",
        "data.yaml": b"names: [no_mask, with_mask]\n",
    }),
    "yolo side by side": ("yolo", {
        "a.jpg": A, "b.jpg": B, "a.txt": b"1 .1 .1 .5 .1 .5 .5\r\n", "b.txt": b"", "classes.txt": CLASS_NAMES,
    }),
    "tensorflow": ("csv", {"train/a.jpg": A, "train/b.jpg": B, "train/_annotations.csv": TENSORFLOW}),
    "retinanet": ("csv", {
        **PHOTOS, "classes.csv": b"with_mask,0\n", "annotations.csv": b"images/a.jpg,4,5,40,45,with_mask\n",
    }),
    "labels of images": ("csv", {**PHOTOS, "labels.csv": b"image;class\r\na.jpg;no_mask\r\nb.jpg;with_mask\r\n"}),
    "voc": ("voc", {**PHOTOS, "annotations/a.xml": _xml("with_mask"), "annotations/b.xml": _xml("no_mask")}),
    "coco": ("coco", {**PHOTOS, "annotations/instances.json": _json(_COCO)}),
    "roboflow's coco": ("coco", {
        "README.dataset.txt": b"exported\n",
        "train/a.jpg": A, "train/b.jpg": B, "train/_annotations.coco.json": _json(_COCO),
        "valid/a.jpg": picture(2), "valid/b.jpg": picture(3), "valid/_annotations.coco.json": _json(_COCO),
    }),
    "label studio": ("label-studio", {
        "upload/1/abcd1234-a.jpg": A, "b.jpg": B, "project-1.json": _json([
            {"id": 1, "data": {"image": "/data/upload/1/abcd1234-a.jpg"}, "annotations": [{"result": [_REGION]}]},
            {"id": 2, "data": {"image": "/data/upload/1/bbbb1234-b.jpg"}, "annotations": [], "predictions": []},
        ]),
    }),
    "label studio, minimal": ("label-studio", {
        "a.jpg": A, "min.json": _json([{"image": "/data/upload/1/abcd1234-a.jpg", "annotator": 1, "label": [
            {**_REGION["value"], "original_width": 64, "original_height": 48},
        ]}]),
    }),
    "cvat": ("cvat", {**PHOTOS, "annotations.xml": b"""<?xml version="1.0" encoding="utf-8"?>
        <annotations><version>1.1</version><meta><task><name>masks</name></task></meta>
        <image id="0" name="a.jpg" width="64" height="48"><box label="with_mask" xtl="4" ytl="5" xbr="40" ybr="45"/>
        </image><image id="1" name="b.jpg" width="64" height="48"/></annotations>"""}),
    "hugging face": ("imagefolder", {"train/a.jpg": A, "train/metadata.csv": b"file_name,label\na.jpg,with_mask\n"}),
    "humans in the loop": ("humans-in-the-loop", {"images/a.jpg": A, "annotations/a.jpg.json": _json(_HITL)}),
    "humans in the loop on kaggle": ("humans-in-the-loop", {
        "images/a.jpg": A, "train.csv": b"name,x1,x2,y1,y2,classname\na.jpg,4,5,40,45,face_no_mask\n",
    }),
    "mfr2": ("mfr2", {"mfr2/Ann/Ann_0001.png": A, "mfr2/mfr2_labels.txt": b"Ann, 1, surgical\n"}),
    "maskedface-net": ("maskedface-net", {"CMFD/41000/41192_Mask.jpg": A, "IMFD/41000/41192_Mask_Chin.jpg": B}),
    "masktheface": ("masktheface", {
        "x_masked/a_surgical_blue.jpg": A, "x_masked/a_N95.jpg": B, "x_masked/a.jpg": picture(2),
    }),
    "wwmr": ("wwmr", {"001_MRCW_SRGM_0.jpg": A, "002_MRNW_0.jpg": B}),
    "portraits": ("portraits", {"female/512/1.jpg": A, "male/512/1.jpg": B}),
    "classes": ("folder", {"Face Mask Data/Train/WithMask/1.png": A, "Face Mask Data/Train/WithoutMask/1.png": B}),
    "one class": ("folder", {"with_mask/a.jpg": A, "dataset-metadata.json": b'{"title": "masks"}'}),
    "people in two classes": ("folder", {
        f"AFDB_{half}_dataset/{person}/0.jpg": picture(seed)
        for seed, (half, person) in enumerate(product(("face", "masked_face"), ("0001", "Ann")))
    }),
    "people": ("folder", {
        f"lfw/{person}/{person}_0001.jpg": picture(seed) for seed, person in enumerate(("Ann_Lee", "Bo", "Cy_Dee"))
    }),
}
# fmt: on
"""By what it is: the adapter, and the files."""
