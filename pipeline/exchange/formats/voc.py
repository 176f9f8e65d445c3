"""Pascal VOC: one XML a picture, in the folders of the devkit of 2007, whose loaders know a test side.

http://host.robots.ox.ac.uk/pascal/VOC/voc2007/; sides of boxes are decimal pixels counted from 0, as CVAT writes them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar
from xml.sax.saxutils import escape

from pipeline.exchange.formats.base import Entry, FormatWriter
from pipeline.exchange.targets import Target

_DEVKIT = "VOCdevkit/VOC2007"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Letters that no XML may hold: strangers' words may."""


class VocWriter(FormatWriter):
    """`JPEGImages/`, `Annotations/`, `ImageSets/Main/<side>.txt` below `VOCdevkit/VOC2007/`; every image a `.jpg`."""

    suffixes: ClassVar[frozenset[str]] = frozenset({".jpg"})

    def file_name(self, entry: Entry, suffix: str) -> str:
        """One folder for all sides."""
        return f"{_DEVKIT}/JPEGImages/{entry.stem}{suffix}"

    def write(self, entry: Entry, name: str) -> None:
        """Its XML, and its line in the list of its side."""
        text = "".join(_annotation(entry, name))
        self.place(f"{_DEVKIT}/Annotations/{entry.stem}.xml").write_bytes(text.encode())
        self.text_file(f"{_DEVKIT}/ImageSets/Main/{entry.side}.txt").write(f"{entry.stem}\n")

    def finish(self, names: Sequence[str]) -> None:
        """The list of classes, from which CVAT and Datumaro take them."""
        lines = ["# label:color_rgb:parts:actions", *(f"{name}:::" for name in names)]
        self.text_file(f"{_DEVKIT}/labelmap.txt").write("\n".join(lines) + "\n")


def _annotation(entry: Entry, name: str) -> Iterator[str]:
    """The lines of an XML; put together by hand, since ElementTree takes five times as long, most of an export."""
    picture = entry.picture
    yield "<annotation>\n"
    yield _leaf("folder", "VOC2007")
    yield _leaf("filename", name.rpartition("/")[2])
    source = {"database": picture.source or "unknown", "annotation": "Maskwright", "image": picture.url or picture.id}
    yield _branch("source", source | {"license": picture.licence})
    yield _branch("owner", {"name": picture.author or "unknown"})
    yield _branch("size", {"width": picture.width_px, "height": picture.height_px, "depth": 3})
    yield _leaf("segmented", 0)
    yield _leaf("complete", int(entry.complete))
    for target, label in zip(entry.targets, entry.names, strict=True):
        yield from _object(target, label)
    yield "</annotation>\n"


def _object(target: Target, label: str) -> Iterator[str]:
    face = target.face
    yield "\t<object>\n"
    yield _leaf("name", label, 2)
    yield _leaf("pose", "Unspecified", 2)
    yield _leaf("truncated", int(target.truncated), 2)
    yield _leaf("difficult", int(face.difficult), 2)
    yield _branch("bndbox", dict(zip(("xmin", "ymin", "xmax", "ymax"), target.box, strict=True)), 2)
    yield "\t\t<attributes>\n"
    for name, word in (("mask_type", face.mask_type), ("wear", face.wear), ("valve", face.valve)):
        yield _branch("attribute", {"name": name, "value": word}, 3)
    yield "\t\t</attributes>\n\t</object>\n"


def _branch(name: str, leaves: Mapping[str, str | float], depth: int = 1) -> str:
    tabs = "\t" * depth
    return f"{tabs}<{name}>\n{''.join(_leaf(*leaf, depth + 1) for leaf in leaves.items())}{tabs}</{name}>\n"


def _leaf(name: str, value: str | float, depth: int = 1) -> str:
    text = escape(_NOT_IN_XML.sub("\ufffd", value)) if isinstance(value, str) else f"{value:.10g}"
    tabs = "\t" * depth
    return f"{tabs}<{name}>{text}</{name}>\n"
