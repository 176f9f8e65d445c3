"""Damage image files of every format that can be written here, and see that each ends as pixels or as a row.

    python -m benchmarks.fuzz_images [--count 2000] [--seed 0] [--keep FOLDER]

Each damaged file is decoded alone, then all of them, with sound photos between, are ingested and masked as one folder.
A fault is an exception that is no verdict, a dead worker, a file that takes over 20 s, a file without a row, or a sound
photo that isn't taken. Ends with exit code 1 where there is one.
"""

import argparse
import io
import json
import struct
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms
from PIL.PngImagePlugin import PngInfo

from pipeline.augment.folder_run import augment_folder, find_photos
from pipeline.augment.imagefolder import METADATA, REJECTED
from pipeline.augment.request import FolderRequest
from pipeline.core.errors import SampleRejected
from pipeline.core.params import EngineParams, parse_params
from pipeline.engine import map_records
from pipeline.sources.content import image_extension, refuse_polyglot
from pipeline.sources.ingest import ingest_source
from pipeline.storage.images import decode_grey, decode_image

PORTRAIT = Path(__file__).parents[1] / "samples" / "faces" / "person-000-a.jpg"
SIZE = (160, 192)
SOUND_EVERY = 25
SLOW_SECONDS = 20.0
_EXTREMES = (0, 1, 2, 3, 7, 8, 15, 16, 127, 128, 255, 256, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1)
Generator = np.random.Generator


@dataclass
class Outcome:
    """What a phase came to: how many inputs, rows by reason, and faults in words."""

    inputs: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main() -> None:
    """Make the files, run the phases, print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="write the files here and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = options.keep or Path(name, "photos")
        sources = originals(portrait())
        print(f"{options.count} files from {len(sources)} sound ones, seed {options.seed}")
        damaged = write_damaged(folder, sources, options.count, options.seed)
        engine = EngineParams(jobs=options.jobs)
        outcomes = {
            "decoded alone": decode_all(damaged, engine),
            "ingested": ingest_all(folder, Path(name, "project"), options.jobs),
            "masked": mask_all(folder, Path(name, "out"), engine),
        }
    for phase, outcome in outcomes.items():
        reasons = ", ".join(f"{reason} {number}" for reason, number in outcome.rows.most_common())
        print(f"{phase}: {outcome.inputs} in; {reasons}; {len(outcome.faults)} faults")
        for fault in outcome.faults[:20]:
            print(f"    {fault}")
    sys.exit(any(outcome.faults for outcome in outcomes.values()))


def portrait() -> PillowImage.Image:
    """A small sound photo with one face."""
    with PillowImage.open(PORTRAIT) as image:
        return image.convert("RGB").resize(SIZE)


def originals(rgb: PillowImage.Image) -> dict[str, bytes]:
    """Sound files by a name that says what they are, one or more for each format."""
    exif = PillowImage.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "Maker", 72.0
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    text = PngInfo()
    text.add_text("Comment", "a comment " * 20)
    text.add_text("Packed", "packed " * 50, zip=True)
    frames = {"save_all": True, "append_images": [rgb.rotate(3)]}
    ways: dict[str, Callable[[], bytes]] = {
        "jpeg": partial(stored, rgb, "JPEG", exif=exif, icc_profile=profile),
        "jpeg-progressive": partial(stored, rgb, "JPEG", progressive=True, comment=b"comment"),
        "jpeg-cmyk": partial(stored, rgb.convert("CMYK"), "JPEG"),
        "mpo": partial(stored, rgb, "MPO", **frames),
        "png": partial(stored, rgb, "PNG", exif=exif, icc_profile=profile, pnginfo=text),
        "png-palette": partial(stored, rgb.convert("P"), "PNG", transparency=3),
        "png-animated": partial(stored, rgb, "PNG", **frames),
        "webp": partial(stored, rgb, "WEBP", exif=exif, icc_profile=profile),
        "webp-lossless": partial(stored, rgb, "WEBP", lossless=True),
        "avif": partial(stored, rgb, "AVIF", exif=exif, icc_profile=profile, speed=9),
        "gif": partial(stored, rgb, "GIF", comment=b"comment", **frames),
        "tiff": partial(stored, rgb, "TIFF", exif=exif, icc_profile=profile),
        "tiff-lzw": partial(stored, rgb, "TIFF", compression="tiff_lzw"),
        "tiff-jpeg": partial(stored, rgb, "TIFF", compression="jpeg"),
        "tiff-packbits": partial(stored, rgb, "TIFF", compression="packbits"),
        "tga": partial(stored, rgb, "TGA", compression="tga_rle"),
        "bmp-palette": partial(stored, rgb.convert("P"), "BMP"),
        "blp": partial(stored, rgb.convert("P"), "BLP"),
        "dds-bc1": partial(stored, rgb.convert("RGBA"), "DDS", pixel_format="DXT1"),
        "dds-bc5": partial(stored, rgb, "DDS", pixel_format="BC5"),
        "msp": partial(stored, rgb.convert("1"), "MSP"),
        "xbm": partial(stored, rgb.convert("1"), "XBM"),
        "spider": partial(stored, rgb.convert("F"), "SPIDER"),
        "icns": partial(stored, rgb.resize((128, 128)), "ICNS"),
        "heif": partial(_heif, rgb),
        "cur": partial(_cursor, rgb),
        "dcx": lambda: struct.pack("<3I", 987654321, 12, 0) + stored(rgb, "PCX"),
        "sun": lambda: struct.pack(">8I", 0x59A66A95, *SIZE, 24, 0, 1, 0, 0) + rgb.tobytes(),
        "psd": lambda: b"8BPS" + struct.pack(">H6xHIIHH4x4x4xH", 1, 3, *SIZE[::-1], 8, 3, 0) + planes(rgb),
        "fits": partial(_fits, rgb),
        "pixar": partial(_pixar, rgb),
        **{
            kind.lower(): partial(stored, rgb, kind)
            for kind in ("BMP", "DIB", "JPEG2000", "PPM", "ICO", "DDS", "PCX", "SGI", "QOI", "IM", "AVIF", "TGA")
        },
    }
    return {name: data for name, way in ways.items() if (data := way())}


def stored(image: PillowImage.Image, kind: str, **options: object) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of writing old formats; they are read for years yet
        image.save(buffer, kind, **options)
    return buffer.getvalue()


def planes(rgb: PillowImage.Image) -> bytes:
    """One colour after another."""
    return np.asarray(rgb).transpose(2, 0, 1).tobytes()


def _heif(rgb: PillowImage.Image) -> bytes:
    """Nothing where the extra isn't installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return b""
    register_heif_opener()
    return stored(rgb, "HEIF")


def _cursor(rgb: PillowImage.Image) -> bytes:
    icon = bytearray(stored(rgb, "ICO", bitmap_format="bmp", sizes=[(128, 128)]))
    icon[2] = 2
    return bytes(icon)


def _fits(rgb: PillowImage.Image) -> bytes:
    cards = {"SIMPLE": "T", "BITPIX": "8", "NAXIS": "2", "NAXIS1": str(SIZE[0]), "NAXIS2": str(SIZE[1])}
    header = "".join(f"{key:8}= {value:>20}".ljust(80) for key, value in cards.items()) + "END".ljust(80)
    return header.ljust(2880).encode() + rgb.convert("L").tobytes()


def _pixar(rgb: PillowImage.Image) -> bytes:
    header = b"\x80\xe8\0\0".ljust(416, b"\0") + struct.pack("<6H", SIZE[1], SIZE[0], 0, 0, 14, 2)
    return header.ljust(1024, b"\0") + rgb.tobytes()


def write_damaged(folder: Path, sources: dict[str, bytes], count: int, seed: int) -> list[Path]:
    """Damaged files, and beside them sound photos whose names begin with `sound`."""
    folder.mkdir(parents=True, exist_ok=True)
    names, rgb = list(sources), portrait()
    files = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind = names[number % len(names)]
        files.append(folder / f"{number:05}-{kind}.jpg")
        files[-1].write_bytes(damage(sources[kind], rng, sources[names[int(rng.integers(len(names)))]]))
        if number % SOUND_EVERY == 0:
            shaded = PillowImage.fromarray(np.maximum(np.asarray(rgb), number % 250 // 10))
            (folder / f"sound{number:05}.png").write_bytes(stored(shaded, "PNG"))
    return files


def damage(data: bytes, rng: Generator, other: bytes) -> bytes:
    """The file with one to four kinds of damage."""
    for _ in range(int(rng.integers(1, 5))):
        way = _WAYS[int(rng.integers(len(_WAYS)))]
        data = way(data or b"\0", rng, other)
    return data


def _flip_bits(data: bytes, rng: Generator, _: bytes) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(len(data), size=int(rng.integers(1, 17))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _edit_header(data: bytes, rng: Generator, _: bytes) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(min(64, len(data)), size=int(rng.integers(1, 4))):
        changed[place] = int(rng.integers(256))
    return bytes(changed)


def _set_field(data: bytes, rng: Generator, _: bytes) -> bytes:
    """A length, count or offset becomes extreme."""
    width = int(rng.choice([1, 2, 4]))
    order: Literal["little", "big"] = "little" if rng.random() < 0.5 else "big"
    value: int = int(rng.choice(np.array(_EXTREMES, dtype=np.uint64))) % 2 ** (8 * width)
    place = int(rng.integers(min(len(data), 1024)))
    return data[:place] + value.to_bytes(width, order) + data[place + width :]


def _cut(data: bytes, rng: Generator, _: bytes) -> bytes:
    return data[: int(rng.integers(len(data)))]


def _remove(data: bytes, rng: Generator, _: bytes) -> bytes:
    start, size = int(rng.integers(len(data))), int(rng.integers(1, 300))
    return data[:start] + data[start + size :]


def _repeat(data: bytes, rng: Generator, _: bytes) -> bytes:
    start, size = int(rng.integers(len(data))), int(rng.integers(1, 300))
    return data[: start + size] + data[start:]


def _insert(data: bytes, rng: Generator, _: bytes) -> bytes:
    place = int(rng.integers(len(data)))
    return data[:place] + rng.bytes(int(rng.integers(1, 100))) + data[place:]


def _splice(data: bytes, rng: Generator, other: bytes) -> bytes:
    start, size = int(rng.integers(len(other))), int(rng.integers(1, 400))
    place = int(rng.integers(len(data)))
    return data[:place] + other[start : start + size] + data[place + (size if rng.random() < 0.5 else 0) :]


_WAYS = (_flip_bits, _edit_header, _set_field, _set_field, _cut, _remove, _repeat, _insert, _splice)


def decode_all(files: list[Path], engine: EngineParams) -> Outcome:
    """Decode each file alone, in every way."""
    outcome = Outcome(len(files))
    for file, told in zip(files, map_records(decode_each, files, engine, crashed=_crash), strict=True):
        is_fault = told.startswith("!")
        outcome.rows["fault" if is_fault else told] += 1
        if is_fault:
            outcome.faults.append(f"{file.name}: {told[1:]}")
    return outcome


def _crash(_: Path, verdict: SampleRejected) -> str:
    return f"!{verdict}"


def decode_each(file: Path) -> str:
    """What became of a file: `pixels`, or the reason why not; a fault begins with `!`."""
    data, started = file.read_bytes(), time.process_time()
    ways: tuple[Callable[[bytes], object], ...] = (
        decode_image,
        decode_grey,
        partial(decode_image, draft_side_px=64),
        image_extension,
        refuse_polyglot,
    )
    reasons = [_reason(way, data) for way in ways]
    seconds = time.process_time() - started
    if seconds > SLOW_SECONDS:
        return f"!took {seconds:.0f} s"
    return next((reason for reason in reasons if reason.startswith("!")), reasons[0])


def _reason(way: Callable[[bytes], object], data: bytes) -> str:
    try:
        way(data)
    except SampleRejected as verdict:
        return verdict.reason
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"!{type(error).__name__}: {error}"
    return "pixels"


def ingest_all(folder: Path, project: Path, jobs: int) -> Outcome:
    """Ingest the folder as a source."""
    project.mkdir(parents=True)
    source = {"adapter": "folder", "path": str(folder), "labels": {".": {}}}
    told = {"engine": {"jobs": jobs}, "ingest": {"sources": ["fuzz"], "settings": {"fuzz": source}}}
    names = _names(folder)
    outcome = Outcome(len(names))
    try:
        taken = ingest_source("fuzz", parse_params(told, "params.yaml"), project)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        outcome.faults.append(f"{type(error).__name__}: {error}")
        return outcome
    used = Counter(image.origin for image in taken.images)
    refused = {row.origin: row.reason for row in taken.rejections}
    outcome.rows = Counter(refused.values())
    outcome.rows["taken"] = len(used)
    outcome.faults = list(_lost(names, Counter([*used, *refused]), set(used), set(refused.values())))
    return outcome


def mask_all(folder: Path, out: Path, engine: EngineParams) -> Outcome:
    """Put a mask on every face in the folder."""
    names = _names(folder)
    outcome = Outcome(len(names))
    settings = FolderRequest(masks=("surgical",))
    try:
        listing = find_photos(folder, out, None)
        summary = augment_folder(listing, out, settings, engine=engine, mode="new", report=lambda _: None)
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        outcome.faults.append(f"{type(error).__name__}: {error}")
        return outcome
    if summary.ending != "complete":
        outcome.faults.append(f"{summary.ending}: {summary.problem}")
    used = {row["parent"] for row in _read_rows(out / METADATA)}
    refused = [(row["photo"], row["reason"]) for row in _read_rows(out / REJECTED)]
    outcome.rows = Counter(reason for _, reason in refused)
    outcome.rows["taken"] = len(used)
    rows = Counter({*used, *(name for name, _ in refused)})  # of a photo's faces some may be refused
    outcome.faults += _lost(names, rows, used, {reason for _, reason in refused})
    return outcome


def _read_rows(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def _lost(names: list[str], rows: Counter[str], used: set[str], reasons: set[str]) -> Iterator[str]:
    """What breaks the promise: files without one row, sound photos that aren't used, faults of the program."""
    yield from (f"{name}: {rows[name]} rows" for name in names if rows[name] != 1)
    yield from (f"{name}: a sound photo, not used" for name in names if name.startswith("sound") and name not in used)
    yield from (f"the reason {reason}" for reason in sorted(reasons & {"processing_failed", "worker_crash"}))


if __name__ == "__main__":
    main()
