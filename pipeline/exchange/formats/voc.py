"""Pascal VOC: one XML a picture, in the folders of the devkit of 2007, whose loaders know a test side.

http://host.robots.ox.ac.uk/pascal/VOC/voc2007/; sides of boxes are decimal pixels counted from 0, as CVAT writes them.
"""

import re
from collections.abc import Sequence
from typing import ClassVar
from xml.etree import ElementTree

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
        root = _annotation(entry, name)
        ElementTree.indent(root, "\t")
        path = self.folder / f"{_DEVKIT}/Annotations/{entry.stem}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ElementTree.tostring(root, encoding="unicode") + "\n", encoding="utf-8", newline="")
        self.text_file(f"{_DEVKIT}/ImageSets/Main/{entry.side}.txt").write(f"{entry.stem}\n")

    def finish(self, names: Sequence[str]) -> None:
        """The list of classes, from which CVAT and Datumaro take them."""
        lines = ["# label:color_rgb:parts:actions", *(f"{name}:::" for name in names)]
        self.text_file(f"{_DEVKIT}/labelmap.txt").write("\n".join(lines) + "\n")


def _annotation(entry: Entry, name: str) -> ElementTree.Element:
    picture = entry.picture
    root = ElementTree.Element("annotation")
    _add(root, "folder", "VOC2007")
    _add(root, "filename", name.rpartition("/")[2])
    source = ElementTree.SubElement(root, "source")
    _add(source, "database", picture.source or "unknown")
    _add(source, "annotation", "Maskwright")
    _add(source, "image", picture.url or picture.id)
    _add(source, "license", picture.licence)
    _add(ElementTree.SubElement(root, "owner"), "name", picture.author or "unknown")
    size = ElementTree.SubElement(root, "size")
    for side, value in (("width", picture.width_px), ("height", picture.height_px), ("depth", 3)):
        _add(size, side, value)
    _add(root, "segmented", 0)
    _add(root, "complete", int(entry.complete))
    for target, label in zip(entry.targets, entry.names, strict=True):
        root.append(_object(target, label))
    return root


def _object(target: Target, label: str) -> ElementTree.Element:
    root, face = ElementTree.Element("object"), target.face
    for name, value in (("name", label), ("pose", "Unspecified")):
        _add(root, name, value)
    _add(root, "truncated", int(target.truncated))
    _add(root, "difficult", int(face.difficult))
    box = ElementTree.SubElement(root, "bndbox")
    for side, number in zip(("xmin", "ymin", "xmax", "ymax"), target.box, strict=True):
        _add(box, side, f"{number:g}" if number == round(number) else number)
    attributes = ElementTree.SubElement(root, "attributes")
    for name, word in (("mask_type", face.mask_type), ("wear", face.wear), ("valve", face.valve)):
        one = ElementTree.SubElement(attributes, "attribute")
        _add(one, "name", name)
        _add(one, "value", word)
    return root


def _add(parent: ElementTree.Element, name: str, value: str | float) -> None:
    ElementTree.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", str(value))
