"""What the sample holds: which pictures of whom, which copies, which damaged files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from generators.sample.identity import Identity, draw_identity
from generators.sample.portrait import Portrait, take_portrait
from generators.sample.scene import Scene, draw_scene
from generators.sample.studio import Studio
from pipeline.core.randomness import sample_rng, sample_seed

Rgb = NDArray[np.uint8]

SEED = 20260
IDENTITIES = 64
LICENCE = "CC0-1.0"
ORIGIN = f"generators/sample/render.py, seed {SEED}, MakeHuman CC0 shapes"
MANIFEST_COLUMNS = ("file", "identity", "licence", "origin", "kind")
DUPLICATE_KINDS = ("recompressed", "smaller", "brighter", "copy")
_DUPLICATES = 12
# Scenes drawn again, because HOG missed the face or saw two, or dlib's points were off by a tenth of the eye distance.
_REDRAWN = {f"person-{person}.jpg": 1 for person in ("000-a", "002-b", "004-b", "005-a", "031-b", "063-a")}
_TEXT_FILE = b"This is no picture, although its name says so.\n"


@dataclass(frozen=True)
class Picture:
    """One picture to render: its file name, and the number of its person."""

    file: str
    person: int

    @property
    def identity(self) -> str:
        """Name of the person."""
        return identity_name(self.person)


@dataclass(frozen=True)
class Row:
    """A line of the manifest; the fields are `MANIFEST_COLUMNS`."""

    file: str
    identity: str
    licence: str
    origin: str
    kind: str


def identity_name(person: int) -> str:
    """Name of a person, such as `person-007`."""
    return f"person-{person:03d}"


def planned_pictures() -> list[Picture]:
    """Two pictures of everybody, three of every sixteenth."""
    return [
        Picture(f"{identity_name(person)}-{letter}.jpg", person)
        for person in range(IDENTITIES)
        for letter in ("abc" if person % 16 == 0 else "ab")
    ]


def planned_duplicates() -> list[tuple[str, Picture, str]]:
    """File name, source and kind of each near or exact copy."""
    pictures = planned_pictures()
    step = len(pictures) // _DUPLICATES
    plan = []
    for number in range(_DUPLICATES):
        source, kind = pictures[number * step + 1], DUPLICATE_KINDS[number % len(DUPLICATE_KINDS)]
        plan.append((source.file.replace(".jpg", f"-{kind}.jpg"), source, kind))
    return plan


def identity_of(person: int) -> Identity:
    """The person of that number."""
    name = identity_name(person)
    return draw_identity(name, sample_seed(SEED, name), sample_rng(SEED, f"identity/{name}"), person)


def scene_of(picture: Picture) -> Scene:
    """How a picture is taken."""
    return draw_scene(sample_rng(SEED, f"scene/{picture.file}#{_REDRAWN.get(picture.file, 0)}"))


def render_picture(studio: Studio, picture: Picture) -> tuple[bytes, Portrait]:
    """The JPEG file of a picture, and what is true about it."""
    scene = scene_of(picture)
    rng = sample_rng(SEED, f"sensor/{picture.file}")
    portrait = take_portrait(studio, identity_of(picture.person), scene, rng)
    return encode_jpeg(Image.fromarray(portrait.rgb), scene.jpeg_quality), portrait


def duplicate_bytes(source: bytes, kind: str) -> bytes:
    """The JPEG file of a copy of one of `DUPLICATE_KINDS`."""
    if kind == "copy":
        return source
    picture = Image.open(io.BytesIO(source))
    if kind == "recompressed":
        return encode_jpeg(picture, 62)
    if kind == "smaller":
        size = (round(picture.width * 0.8), round(picture.height * 0.8))
        return encode_jpeg(picture.resize(size, Image.Resampling.LANCZOS), 88)
    return encode_jpeg(ImageEnhance.Brightness(picture).enhance(1.1), 88)


def damaged_files(source: bytes) -> dict[str, bytes]:
    """Files that no decoder can read whole: a JPEG cut short and a text."""
    return {"damaged-truncated.jpg": source[: len(source) // 3], "damaged-text.jpg": _TEXT_FILE}


def manifest_rows() -> Iterator[Row]:
    """A row for every file of the sample."""
    for picture in planned_pictures():
        yield Row(picture.file, picture.identity, LICENCE, ORIGIN, "face")
    for file, source, _ in planned_duplicates():
        yield Row(file, source.identity, LICENCE, ORIGIN, f"duplicate_of:{source.file}")
    for file in damaged_files(b""):
        yield Row(file, "", LICENCE, ORIGIN, "damaged")


def encode_jpeg(picture: Image.Image, quality: int) -> bytes:
    """A baseline JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()
