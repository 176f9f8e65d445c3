"""How many labelled faces of street and group photos become faces, by label and size, and what is taken for one.

    python -m benchmarks.scene_faces PHOTOS [--boxes detector] [--long-side-px 320] [--limit 50]

PHOTOS holds photos and their VOC XML annotations, in any folders, matched by their stems.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import click

from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Image, LabelledBox
from pipeline.faces.boxed import faces_of
from pipeline.faces.labels import label_faces
from pipeline.storage.images import read_image

SIZES_PX = ((0, 24), (24, 32), (32, 64), (64, 100_000))
_ENDINGS = {".jpg", ".jpeg", ".png"}


@dataclass(slots=True)
class Tally:
    """Counts over all photos."""

    photos: int = 0
    labelled: Counter[tuple[str, int]] = field(default_factory=Counter)
    taken: Counter[tuple[str, int]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unlabelled: int = 0

    def add(self, image: Image, params: FacesParams, path: Path) -> None:
        """Count one photo."""
        self.photos += 1
        self.labelled.update(map(_bucket, image.boxes))
        try:
            found = faces_of(image, read_image(path).rgb, params)
        except SampleRejected as verdict:
            self.refused[verdict.reason] += 1
            return
        _, missed = label_faces(image, [face.box for face in found.faces])
        self.taken.update(self.labelled_of(image, missed))
        self.unlabelled += len(found.faces) - (len(image.boxes) - len(missed))
        size = dict(enumerate(image.boxes))
        self.reasons.update((_name(size[place]), verdict.reason) for place, verdict in found.missed)
        self.refused.update(face.verdict.reason for face in found.refused)

    def labelled_of(self, image: Image, missed: list[LabelledBox]) -> Iterator[tuple[str, int]]:
        """Label and size of the boxes that became faces."""
        left = {id(box) for box in missed}
        return (_bucket(box) for box in image.boxes if id(box) not in left)


def _name(box: LabelledBox) -> str:
    least = SIZES_PX[_bucket(box)[1]][0]
    return f"{box.original_label}, {'from' if least else 'under'} {least or SIZES_PX[0][1]} px"


def _bucket(box: LabelledBox) -> tuple[str, int]:
    side = max(box.right - box.left, box.bottom - box.top)
    return box.original_label, next(place for place, (_, most) in enumerate(SIZES_PX) if side < most)


def labelled_photos(folder: Path) -> Iterator[tuple[Path, Image]]:
    """Photos with the boxes of the annotation of the same stem."""
    photos = {path.stem: path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS}
    for annotation in sorted(folder.rglob("*.xml")):
        if annotation.stem in photos:
            path = photos[annotation.stem]
            yield path, _image(path, annotation)


def _image(path: Path, annotation: Path) -> Image:
    root = ElementTree.parse(annotation).getroot()  # noqa: S314 - a benchmark's own data
    size = {key: int(root.findtext(f"size/{key}", "0")) for key in ("width", "height")}
    return Image(
        id=path.stem,
        sha256="",
        path=path.name,
        source=path.parent.name,
        origin=path.name,
        width_px=size["width"],
        height_px=size["height"],
        licence="",
        boxes=tuple(_box(thing) for thing in root.iter("object")),
    )


def _box(thing: ElementTree.Element) -> LabelledBox:
    left, top, right, bottom = (float(thing.findtext(f"bndbox/{key}", "0")) for key in ("xmin", "ymin", "xmax", "ymax"))
    return LabelledBox(left=left, top=top, right=right, bottom=bottom, original_label=thing.findtext("name", ""))


def print_table(tally: Tally) -> None:
    """The share of the labelled boxes that became faces, and why the others did not."""
    names = sorted({label for label, _ in tally.labelled})
    heads = [f"{least}-{most}" for least, most in SIZES_PX[:-1]] + [f"{SIZES_PX[-1][0]}+", f"all {SIZES_PX[1][0]}+"]
    click.echo(f"{'label':24}" + "".join(f"{head:>18}" for head in heads))
    for label in [*names, "all"]:
        chosen = names if label == "all" else [label]
        cells = [[place] for place in range(len(SIZES_PX))] + [list(range(1, len(SIZES_PX)))]
        click.echo(f"{label:24}" + "".join(f"{_share(tally, chosen, places):>18}" for places in cells))
    click.echo(f"{tally.photos} photos; {tally.unlabelled} faces that no label overlaps")
    for (name, reason), number in sorted(tally.reasons.items()):
        click.echo(f"  {name}: {reason} {number}")
    for reason, number in sorted(tally.refused.items()):
        click.echo(f"  found and refused, or photos without a face: {reason} {number}")


def _share(tally: Tally, labels: list[str], places: list[int]) -> str:
    keys = [(label, place) for label in labels for place in places]
    taken, labelled = (sum(counts[key] for key in keys) for counts in (tally.taken, tally.labelled))
    return f"{taken}/{labelled} {taken / max(labelled, 1):.1%}"


@click.command()
@click.argument("photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--boxes", type=click.Choice(["detector", "source", "both"]), default="both", show_default=True)
@click.option("--long-side-px", type=click.IntRange(64), help="One look at this size instead of what the photo needs.")
@click.option("--min-face-px", type=click.IntRange(8), default=24, show_default=True)
@click.option("--limit", type=click.IntRange(1), help="So many photos alone.")
def command(
    photos: Path,
    boxes: Literal["detector", "source", "both"],
    long_side_px: int | None,
    min_face_px: int,
    limit: int | None,
) -> None:
    """Print found shares by label and size."""
    params, tally = FacesParams(boxes=boxes, long_side_px=long_side_px, min_face_px=min_face_px), Tally()
    for path, image in list(labelled_photos(photos))[:limit]:
        tally.add(image, params, path)
    print_table(tally)


if __name__ == "__main__":
    command()
