"""Papers beside images that lie: entities, deep nesting, huge numbers, wrong types, by the adapter that reads them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

_DEEP = 100_000
_HUGE = "1" + "0" * 400
_DIGITS = "9" * 5000


@dataclass(frozen=True, slots=True)
class Paper:
    """An annotation of the image `a.png`: the adapter, the file's name and its bytes, and files that are sound."""

    adapter: str
    name: str
    data: bytes
    beside: tuple[tuple[str, bytes], ...] = ()


def voc(body: str, before: str = "") -> Paper:
    """A VOC file."""
    return Paper("voc", "a.xml", f"{before}<annotation><filename>a.png</filename>{body}</annotation>".encode())


def box(left: str = "1", top: str = "1", right: str = "60", bottom: str = "60") -> str:
    """An object of a VOC file."""
    sides = f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    return f"<object><name>with_mask</name><bndbox>{sides}</bndbox></object>"


def coco(bbox: str = "[1, 1, 60, 60]", image_id: str = "1", extra: str = "", name: str = '"a.png"') -> Paper:
    """A COCO file; the arguments are JSON."""
    text = (
        f'{{"images": [{{"id": 1, "file_name": {name}{extra}}}], "categories": [{{"id": 1, "name": "with_mask"}}], '
        f'"annotations": [{{"id": 1, "image_id": {image_id}, "category_id": 1, "bbox": {bbox}}}]}}'
    )
    return Paper("coco", "a.json", text.encode())


def row(objects: str, label: str = '"with_mask"') -> Paper:
    """A line of `metadata.jsonl`; the arguments are JSON."""
    text = f'{{"file_name": "a.png", "label": {label}, "objects": {objects}}}\n'
    return Paper("imagefolder", "metadata.jsonl", text.encode())


def sample(text: str) -> Paper:
    """The JSON of a WebDataset sample."""
    return Paper("webdataset", "a.json", text.encode())


_CLASSES = b"names: [with_mask, no_mask]\nnc: 2\ntrain: ../images\n"


def yolo(text: str) -> Paper:
    """A text file of boxes beside a `data.yaml`."""
    return Paper("yolo", "a.txt", text.encode(), (("data.yaml", _CLASSES),))


def yolo_classes(data: bytes) -> Paper:
    """A `data.yaml` beside a sound text file of boxes."""
    return Paper("yolo", "data.yaml", data, (("a.txt", b"0 0.5 0.5 0.5 0.5\n"),))


def table(text: str) -> Paper:
    """A table of boxes."""
    return Paper("csv", "a.csv", text.encode("utf-8", "surrogateescape"))


def task(results: str, image: str = '"/data/upload/1/abcd1234-a.png"') -> Paper:
    """A task of Label Studio; the arguments are JSON."""
    text = f'[{{"id": 1, "data": {{"image": {image}}}, "annotations": [{{"result": {results}}}]}}]'
    return Paper("label-studio", "a.json", text.encode())


def region(x: str = "1", width: str = "90", extra: str = "") -> str:
    """A region of a task; the arguments are JSON."""
    value = f'{{"x": {x}, "y": 2, "width": {width}, "height": 90, "rectanglelabels": ["with_mask"]{extra}}}'
    return f'{{"id": "r", "type": "rectanglelabels", "original_width": 64, "original_height": 64, "value": {value}}}'


def cvat(shapes: str, image: str = 'id="0" name="a.png" width="64" height="64"') -> Paper:
    """A file of CVAT for images."""
    return Paper("cvat", "annotations.xml", f"<annotations><image {image}>{shapes}</image></annotations>".encode())


def _laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'


def papers() -> tuple[Paper, ...]:
    """All of them."""
    deep, lists = "<a>" * _DEEP + "</a>" * _DEEP, "[" * _DEEP + "]" * _DEEP
    return (
        voc("<name>&l11;</name>", _laughs()),
        voc("&x;", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        voc("&x;", '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'),
        voc(deep),
        voc(box(_HUGE)),
        voc(box("nan", "-inf", _DIGITS)),
        voc(box() + f"<size><width>{_DIGITS}</width><height>{_HUGE}</height></size>"),
        Paper("voc", "a.xml", b'<?xml version="1.0" encoding="utf-7"?><annotation/>'),
        Paper("voc", "a.xml", "<!DOCTYPE x><annotation/>".encode("utf-16")),
        coco(lists),
        coco(f"[1, 1, {_HUGE}, 60]"),
        coco(f"[1, 1, {_DIGITS}, 60]"),
        coco("[1e308, 1, 1e308, 60]"),
        coco("[NaN, 1, Infinity, 60]"),
        coco(image_id=_HUGE),
        coco(image_id="1e400"),
        coco(extra=f', "width": {_HUGE}, "height": 1e308'),
        coco(name="[" * 900 + "]" * 900),
        Paper("coco", "a.json", lists.encode()),
        row(json.dumps(lists)),
        row(json.dumps('{"bbox": [[1, 1, ' + _HUGE + ', 9]], "category": ["with_mask"]}')),
        row('{"bbox": 7, "category": {}}'),
        row("{}", label=_HUGE),
        row("{}", label="[" * 900 + "]" * 900),
        sample(lists),
        sample('{"label": ' + _HUGE + "}"),
        sample('{"label": ' + "[" * 900 + "]" * 900 + "}"),
        sample("[" * 900 + "]" * 900),
        table(f"filename,width,height,class,xmin,ymin,xmax,ymax\na.png,{_DIGITS},{_HUGE},with_mask,1,1,{_HUGE},9"),
        table("a.png,1,1,1e308,1e308,with_mask\n" * 3 + "\udcff,nan,,,,\n"),
        table('"' * 70_001),
        table("," * 200_000),
        table("sep=" + ";" * 2 + "\n" + "\r" * 50_000),
        table("\0,\u2028;\t|" * 99),
        task(f"[{region(_HUGE, '1e308')}]"),
        task(f"[{region('NaN', _DIGITS)}]"),
        task(f'[{region(extra=f", {chr(34)}rotation{chr(34)}: {_HUGE}")}, 7, [], null, {{"value": 3}}]'),
        task('{"a": 1}', image='["a.png"]'),
        task("[]", image='"http://[::1/?d=%ff"'),
        task(lists),
        task("[" * 900 + "]" * 900),
        Paper("label-studio", "a.json", b'[{"data": {"image": "a.png"}, "annotations": [], "completions": 7}, 1]'),
        Paper("label-studio", "a.json", b'[{"annotator": 1, "image": "a.png", "label": [{"points": [[1], 2]}, 3]}]'),
        cvat(f'<box label="with_mask" xtl="{_HUGE}" ytl="nan" xbr="{_DIGITS}" ybr="1e400"/>'),
        cvat(f'<box label="with_mask" xtl="1" ytl="1" xbr="9" ybr="9" rotation="{_HUGE}"/><tag/><box/>'),
        cvat('<polygon label="with_mask" points=";;1,2;,"/><ellipse label="a" cx="1" cy="1" rx="-1" ry="0"/>'),
        cvat(deep),
        cvat("", f'name="{"a/" * 9999}" width="{_HUGE}" height="-1"'),
        Paper("cvat", "a.xml", f"{_laughs()}<annotations><image name='a.png'>&l11;</image></annotations>".encode()),
        yolo(f"0 {_HUGE} 0.5 0.5 0.5\n{_DIGITS} 0.5 0.5 0.5 0.5\n0 nan inf 1e400 -0"),
        yolo("0" + " 0.5" * 200_001),
        yolo("\0 \u2028 0 \x1c"),
        yolo_classes(b"names: " + b"[" * _DEEP),
        yolo_classes(b"nc: " + _DIGITS.encode()),
        yolo_classes(b"nc: 99999999999999"),
        yolo_classes(b"names: {" + _DIGITS[:18].encode() + b": with_mask, 1e3: a, true: b}"),
        yolo_classes(b"names: [with_mask]\ntrain: [[], {}, 7, '', /, ../..]\npath: 9\nkpt_shape: [.inf, true]"),
    )


SOUND: dict[str, Callable[[], Paper]] = {
    "voc": lambda: voc(box() + "<size><width>64</width><height>64</height></size>"),
    "coco": coco,
    "imagefolder": lambda: row('{"bbox": [[1, 1, 60, 60]], "category": ["with_mask"]}'),
    "webdataset": lambda: sample('{"label": "with_mask"}'),
    "csv": lambda: table("filename,width,height,class,xmin,ymin,xmax,ymax\na.png,64,64,with_mask,1,1,60,60\n"),
    "cvat": lambda: cvat('<box label="with_mask" xtl="1" ytl="1" xbr="60" ybr="60"/>'),
    "label-studio": lambda: task(f"[{region()}]"),
    "retinanet": lambda: table("a.png,1,1,60,60,with_mask\na.png,2,2,50,50,with_mask\n"),
    "yolo": lambda: yolo("0 0.5 0.5 0.5 0.5\n0 0.1 0.1 0.2 0.1 0.2 0.2\n"),
    "yolo-classes": lambda: yolo_classes(_CLASSES),
}
"""Papers that are as they should be, to damage."""
