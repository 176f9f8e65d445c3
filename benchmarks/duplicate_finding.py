"""Recall and precision on masked twins and generated copies, ours beside imagededup's defaults where it is installed.

    python -m benchmarks.duplicate_finding --bare FOLDER --masked FOLDER

Each photo is written with its copy into a folder of its own kind, and both tools read the same files.
"""

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import click

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import DedupParams
from pipeline.dedup.calibration.copies import TRANSFORMATIONS, Rate
from pipeline.review.leak_audit import audit_folders
from pipeline.storage.images import EXTENSIONS, read_image, write_image

Pair = tuple[str, str]


def ours(folder: Path, faces: bool) -> set[Pair]:
    """Test photos with the training photos they are tied to."""
    params = DedupParams(align_faces=faces)
    audit = audit_folders(folder / "train", folder / "test", params, cache_folder=None)
    return {(Path(image.origin).stem, Path(leak.test.origin).stem) for leak in audit.leaks for image in leak.train}


def imagededup(folder: Path) -> set[Pair]:
    """What imagededup's PHash finds with its default threshold of 10 bits."""
    from imagededup.methods import PHash

    flat = folder / "flat"
    flat.mkdir()
    for file in [*(folder / "train").iterdir(), *(folder / "test").iterdir()]:
        shutil.copy(file, flat / f"{file.parent.name}-{file.name}")
    found = PHash(verbose=False).find_duplicates(image_dir=str(flat), num_enc_workers=0, num_dist_workers=0)
    return {
        (Path(name).stem.removeprefix("train-"), Path(partner).stem.removeprefix("test-"))
        for name, partners in found.items()
        for partner in partners
        if name.startswith("train-") and partner.startswith("test-")
    }


@click.command()
@click.option("--bare", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--masked", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--limit", default=170, show_default=True)
@click.option("--faces/--no-faces", default=True, show_default=True, help="Whether ours compares aligned faces too.")
def main(bare: Path, masked: Path, limit: int, faces: bool) -> None:
    """Print recall and precision of both tools for each kind of copy."""
    tools: dict[str, Callable[[Path], set[Pair]]] = {"ours": partial(ours, faces=faces)}
    if find_spec("imagededup"):
        tools["imagededup"] = imagededup
    else:
        print("imagededup is not installed: ours alone")
    photos = [file for file in sorted(bare.iterdir()) if file.suffix.lower() in EXTENSIONS][:limit]
    twins = {file.stem: file for file in masked.iterdir()}
    _compare("masked twins", photos, lambda file, _: read_image(twins[file.stem]).rgb, tools)
    for name, change in TRANSFORMATIONS.items():
        _compare(name, photos, _of_pixels(change), tools)


def _of_pixels(change: Callable[[Rgb], Rgb]) -> Callable[[Path, Rgb], Rgb]:
    """A change that takes no notice of the file."""
    return lambda _, rgb: change(rgb)


def _compare(
    title: str,
    photos: list[Path],
    copy_of: Callable[[Path, Rgb], Rgb],
    tools: dict[str, Callable[[Path], set[Pair]]],
) -> None:
    for name, tool in tools.items():
        with tempfile.TemporaryDirectory() as folder:
            count = _write_pairs(Path(folder), photos, copy_of)
            found = tool(Path(folder))
        right = sum(first == second for first, second in found)
        print(f"{title:28}{name:12} recall {Rate(right, count)}  precision {Rate(right, len(found))}", flush=True)


def _write_pairs(folder: Path, photos: list[Path], copy_of: Callable[[Path, Rgb], Rgb]) -> int:
    count = 0
    for file in photos:
        try:
            rgb = read_image(file).rgb
            write_image(folder / "test" / f"{file.stem}.jpg", copy_of(file, rgb))
        except SampleRejected as verdict:
            print(f"{file.name}: {verdict}")
            continue
        write_image(folder / "train" / f"{file.stem}.jpg", rgb)
        count += 1
    return count


if __name__ == "__main__":
    main()
