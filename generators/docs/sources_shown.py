"""Ingest each kind of source from a small archive in its real layout, and write down what was said.

    python -m generators.docs.sources_shown > docs/sources_shown.md

Everything is made up on the spot: pictures of coloured noise, and servers on the loopback interface that speak the
hosts' protocols.
"""

import base64
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from click.testing import CliRunner
from kagglesdk import kaggle_env

from generators.docs.loopback import Reply, Request, serve
from generators.docs.made_up import picture, write_tree
from pipeline.core.paths import LABEL_CONFLICTS, RAW
from pipeline.core.records import Image, Rejection
from pipeline.storage.manifests import read_manifest
from stages.cli import main as maskwright

VOC = (
    "<annotation><filename>{}</filename><object><name>{}</name>"
    "<bndbox><xmin>4</xmin><ymin>5</ymin><xmax>40</xmax><ymax>45</ymax></bndbox></object></annotation>"
)


@dataclass(frozen=True)
class Case:
    """One source: the files of its archive, and what params.yaml says about it."""

    name: str
    files: Mapping[str, bytes]
    settings: Mapping[str, Any] = field(default_factory=dict)
    archive: str = "archive.zip"


def hitl_json(name: str, *boxes: tuple[list[int], str]) -> bytes:
    """An annotation as Humans in the Loop write it."""
    found = [{"BoundingBox": box, "classname": label} for box, label in boxes]
    return json.dumps({"FileName": name, "NumOfAnno": len(found), "Annotations": found}).encode()


MASK, NONE = {"with_mask": {"wear": "correct"}}, {"without_mask": {"mask_type": "none"}}
HITL = "Medical mask/Medical mask/Medical Mask"
COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "with_mask"}],
    "annotations": [
        {"image_id": 1, "category_id": 1, "bbox": [4, 5, 30, 30]},
        {"image_id": 1, "category_id": 1, "bbox": [900, 5, 30, 30]},
    ],
}

CASES = [
    Case(
        "maskedface-net",
        {
            "CMFD/41000/41192_Mask.jpg": picture(1),
            "IMFD/41000/41192_Mask_Mouth_Chin.jpg": picture(2),
            "IMFD/37000/37460_Mask_Nose_Mouth.jpg": picture(3),
            "IMFD/37000/37461_Mask_Chin.jpg": picture(4),
            "CMFD/02000/02231_Mask.jpg": picture(5),
        },
    ),
    Case(
        "humans-in-the-loop",
        {
            f"{HITL}/images/0001.jpg": picture(1),
            f"{HITL}/annotations/0001.jpg.json": hitl_json(
                "0001.jpg", ([2, 2, 30, 40], "face_with_mask"), ([6, 20, 26, 38], "mask_surgical")
            ),
            f"{HITL}/images/0002.jpg": picture(2),
            f"{HITL}/annotations/0002.jpg.json": hitl_json(
                "0002.jpg", ([2, 2, 30, 40], "face_no_mask"), ([40, 30, 60, 45], "mask_colorful")
            ),
        },
    ),
    Case(
        "wwmr-db",
        {
            "001_MRCW_SRGM_0.jpg": picture(1),
            "001_MRNN_DRWV_45_F.jpg": picture(2),
            "002_MRNW_0.jpg": picture(3),
            "cover.jpg": picture(4),
        },
    ),
    Case(
        "mfr2",
        {
            "mfr2/Ann_Lee/Ann_Lee_0001.png": picture(1, kind="PNG"),
            "mfr2/Ann_Lee/Ann_Lee_0002.png": picture(2, kind="PNG"),
            "mfr2/Ann_Lee/Ann_Lee_0003.png": picture(3, kind="PNG"),
            "mfr2/mfr2_labels.txt": b"Ann_Lee, 1, surgical\nAnn_Lee, 2, no-mask\n",
        },
    ),
    Case(
        "masktheface",
        {
            "an_0014_surgical_blue.jpg": picture(1),
            "an_0014_N95.jpg": picture(2),
            "an_0014.jpg": picture(3),
            "stranger.jpg": picture(4),
        },
        {"licence": "CC0-1.0"},
    ),
    Case(
        "faker-portraits",
        {
            "assets-person-portrait/female/512/1.jpg": picture(1),
            "assets-person-portrait/male/512/1.jpg": picture(2),
            "assets-person-portrait/male/256/1.jpg": picture(3),
        },
    ),
    Case(
        "my-voc",
        {
            "images/m0.png": picture(1, kind="PNG"),
            "annotations/m0.xml": VOC.format("m0.png", "with_mask").encode(),
            "annotations/m1.xml": b'<!DOCTYPE a [<!ENTITY lol "lol">]><annotation/>',
        },
        {"adapter": "voc", "labels": MASK},
    ),
    Case(
        "my-coco",
        {"a.jpg": picture(1), "_annotations.coco.json": json.dumps(COCO).encode()},
        {"adapter": "coco", "labels": MASK},
    ),
    Case(
        "my-imagefolder",
        {
            "train/a.jpg": picture(1),
            "train/b.jpg": picture(2),
            "train/metadata.csv": b"file_name,label\na.jpg,with_mask\n",
        },
        {"adapter": "imagefolder", "labels": MASK},
    ),
    Case(
        "my-shards",
        {"000.jpg": picture(1), "000.cls": b"with_mask", "001.jpg": picture(2)[:300], "001.cls": b"with_mask"},
        {"adapter": "webdataset", "labels": MASK},
        "shard-000.tar",
    ),
    Case(
        "my-photos",
        {
            "with_mask/1.jpg": picture(1),
            "without_mask/2.jpg": picture(2),
            "../../escape.jpg": picture(3),
            "without_mask/bomb.bmp": b"BM" + bytes(40 << 20),
            "without_mask/drawing.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        },
        {"adapter": "folder", "labels": {**MASK, **NONE}, "licence": "CC-BY-4.0", "author": "Ann"},
    ),
]


def main() -> None:
    """Write the page to standard output."""
    out = [
        "# Each source, shown",
        "",
        "Written by `python -m generators.docs.sources_shown`; the pictures and servers are made up.",
        "",
    ]
    with tempfile.TemporaryDirectory() as name, chdir(name):
        for case in CASES:
            out += shown_archive(Path(case.name), case)
        out += shown_kaggle(Path("kaggle"))
        out += shown_search(Path("search"))
        out += shown_labels(Path("labels"))
    sys.stdout.write("\n".join(out))


def shown_archive(project: Path, case: Case) -> list[str]:
    """A source that comes as an archive."""
    project.mkdir()
    pack(project / case.archive, case.files)
    set_up(project, case.name, {**case.settings, "path": case.archive})
    with chdir(project):
        return [f"## {case.name}", "", *lines(sorted(case.files), case.archive), *session(case.name), ""]


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the files into a zip or tar."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # without the time of today
        return
    with tarfile.open(path, "w") as shard:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            shard.addfile(member, io.BytesIO(data))


def set_up(project: Path, name: str, settings: Mapping[str, Any]) -> None:
    """Write a project's params.yaml."""
    params = {"ingest": {"sources": [name], "settings": {name: dict(settings)}}}
    (project / "params.yaml").write_text(yaml.safe_dump(params))


def lines(names: list[str], archive: str) -> list[str]:
    """The archive's content, as a listing."""
    return [f"`{archive}` holds", "", "```", *names, "```", ""]


def session(name: str, rewrite: Callable[[str], str] = str) -> list[str]:
    """Check, ingest, and what came of it."""
    said = [*command("sources", "check", name), *command("ingest", "--source", name)]
    raw = RAW / name
    if (raw / "images.parquet").is_file():
        said += [*rows(raw)]
    return ["```console", *(rewrite(line) for line in said), "```"]


def command(*arguments: str) -> list[str]:
    """A command line and what it printed."""
    result = CliRunner().invoke(maskwright, arguments)
    code = [f"(exit code {result.exit_code})"] if result.exit_code else []
    return [f"$ maskwright {' '.join(arguments)}", *result.output.rstrip().splitlines(), *code]


def rows(raw: Path) -> Iterator[str]:
    """The manifests' rows, the columns that matter here."""
    yield f"$ # {raw / 'images.parquet'}"
    for image in read_manifest(raw / "images.parquet", Image):
        facts = [image.mask_type, image.wear, f"valve {image.valve}", image.licence, f"synthetic {image.synthetic}"]
        facts += [f"person {image.person_id}"] if image.person_id else []
        facts += [f"box {box.original_label}: {box.mask_type}, {box.wear}" for box in image.boxes]
        yield f"{image.origin}: {', '.join(facts)}"
    yield f"$ # {raw / 'rejected.parquet'}"
    for row in read_manifest(raw / "rejected.parquet", Rejection):
        yield f"{row.origin}: {row.reason}: {row.detail}"


@contextmanager
def kaggle_server(data: bytes, status: list[int]) -> Iterator[str]:
    """Kaggle's protocol; with a status in the list the next answer is that refusal."""
    md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    address: list[str] = []

    def answer(request: Request) -> Reply:
        if status:
            return Reply(b"{}", status.pop(), {"Content-Type": "application/json"})
        if request.path.endswith("/GetDataset"):
            return Reply(b'{"currentVersionNumber": 3}', headers={"Content-Type": "application/json"})
        if request.path.endswith("/DownloadDataset"):
            return Reply(status=302, headers={"Location": f"{address[0]}/archive.zip"})
        return Reply(data, headers={"x-goog-hash": f"md5={md5}"})

    quiet = dict.fromkeys(("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"), "")
    with serve(answer) as server, mock.patch.dict(os.environ, {**quiet, "KAGGLE_CONFIG_DIR": "nowhere"}):
        address.append(server.address)
        with mock.patch.dict(kaggle_env._env_to_endpoint, {kaggle_env.KaggleEnv.PROD: server.address}):
            yield server.address


def shown_kaggle(project: Path) -> list[str]:
    """The five Kaggle data sets, and three refusals."""
    folders = {"dataset/with_mask/1.jpg": picture(1), "dataset/without_mask/2.jpg": picture(2)}
    incorrect = {"with_mask/1.jpg": picture(1), "incorrect_mask/3.jpg": picture(3), "without_mask/9.jpg": b"oops"}
    voc = {"images/m0.png": picture(1, kind="PNG"), "annotations/m0.xml": VOC.format("m0.png", "without_mask").encode()}
    table = b"name,x1,x2,y1,y2,classname\n1.jpg,20,3,55,44,face_with_mask\n1.jpg,25,20,50,40,mask_surgical\n"
    bad = b"1.jpg,50,3,20,44,face_no_mask\n"
    hitl = {f"{HITL}/images/1.jpg": picture(1), "train.csv": table + bad}
    sets: dict[str, Mapping[str, bytes]] = {
        "kaggle-dhruvmak": folders,
        "kaggle-vinaykudari": {"WithMask/1.jpg": picture(1), "WithoutMask/2.jpg": picture(2)},
        "kaggle-spandanpatnaik09": {f"dataset/{name}": data for name, data in incorrect.items()},
        "kaggle-andrewmvd": {**voc, "images/m1.png": b"", "annotations/m2.xml": b"<annotation>"},
        "kaggle-wobotintelligence": hitl,
    }
    out = ["## Kaggle", "", "Through `kagglehub`, from a server that speaks Kaggle's protocol.", ""]
    for number, (name, files) in enumerate(sets.items()):
        here = project / name
        here.mkdir(parents=True)
        pack(here / "served.zip", files)
        set_up(here, name, {})
        refusals = {0: [403], 1: [404]}.get(number, [])
        with chdir(here), kaggle_server(Path("served.zip").read_bytes(), refusals):
            refused = session(name) if refusals else []
            out += [f"### {name}", "", *refused, *([""] if refused else []), *session(name), ""]
            if number == 0:
                lock = Path("sources.lock.yaml").read_text().splitlines()
                out += ["`sources.lock.yaml`, to commit:", "", "```yaml", *lock, "```", ""]
    return out


def shown_search(project: Path) -> list[str]:
    """A list of addresses and a saved page."""
    project.mkdir()

    def answer(request: Request) -> Reply:
        replies = {
            "/robots.txt": Reply(b"User-agent: *\nDisallow: /private/\n"),
            "/a.jpg": Reply(picture(1)),
            "/private/b.jpg": Reply(picture(2)),
            "/c.jpg": Reply(picture(3), headers={"X-Robots-Tag": "noai, noimageai"}),
            "/d.jpg": Reply(b"", 302, {"Location": "http://169.254.169.254/latest/meta-data"}),
            "/e.jpg": Reply(b"<html>please log in</html>", headers={"Content-Type": "image/jpeg"}),
        }
        return replies.get(request.path, Reply(b"", 404))

    with serve(answer) as server, chdir(project):
        paths = ["/a.jpg", "/private/b.jpg", "/c.jpg", "/e.jpg", "/gone.jpg"]
        table = "url,licence,author\n" + "".join(f"{server.address}{path},CC-BY-4.0,Ann\n" for path in paths)
        Path("list.csv").write_text(table + "ftp://example.org/f.jpg,,\n")
        inline = base64.b64encode(picture(7)).decode()
        write_tree(Path(), {"page_files/thumb.jpg": picture(8)})
        shown = ["page_files/thumb.jpg", f"data:image/jpeg;base64,{inline}", f"{server.address}/a.jpg"]
        Path("page.html").write_text("".join(f'<img src="{address}">' for address in shown))
        common = {"delay_s": 0, "attempts": 1}
        set_up(Path(), "google-cloth", {**common, "path": "list.csv", "allow_private_addresses": True})

        def tidy(line: str) -> str:
            return line.replace(server.address, "http://site.example")

        out = ["## Image searches", "", "A list of addresses, `list.csv`:", "", *session("google-cloth", tidy), ""]
        set_up(Path(), "google-ffp2", {**common, "path": "page.html"})
        out += ["A saved page, without leave to ask this machine:", "", *session("google-ffp2", tidy), ""]
        set_up(Path(), "shutterstock-ffp2", {})
        return [*out, "Nothing given yet:", "", *session("shutterstock-ffp2", tidy), ""]


def shown_labels(project: Path) -> list[str]:
    """A label that nobody mapped, a layout that fits none, conflicts, a takedown."""
    write_tree(project, {"one/a.jpg": picture(1), "one/b.jpg": picture(2), "two/scarf/c.jpg": picture(1)})
    one = {"adapter": "folder", "path": "one", "labels": {".": {"mask_type": "none"}}}
    two: dict[str, Any] = {"adapter": "folder", "path": "two", "author": "Ann"}
    settings: dict[str, Any] = {"one": one, "two": two, "wwmr-db": {"path": "one"}}
    params = {"ingest": {"sources": ["one", "two", "wwmr-db"], "settings": settings}}
    with chdir(project):
        Path("params.yaml").write_text(yaml.safe_dump(params))
        out = ["## What stops, and what a person decides", "", "```console", *command("ingest"), "```", ""]
        two["labels"] = {"scarf": {"mask_type": "cloth"}}
        Path("params.yaml").write_text(yaml.safe_dump(params))
        said = [*command("ingest", "--source", "two"), *command("sources", "conflicts")]
        said += LABEL_CONFLICTS.read_text().splitlines()
        said += command("takedown", "--author", "Ann", "--reason", "asked by the photographer")
        said += command("ingest", "--source", "one")
        return [*out, "With the label mapped:", "", "```console", *said, "```", ""]


if __name__ == "__main__":
    main()
