"""Pictures from the manifests of a project: its photos with all their faces, and the masked pictures of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pipeline.core import paths
from pipeline.core.errors import ManifestError
from pipeline.core.locations import Location, Place, located
from pipeline.core.records import (
    Assignment,
    Face,
    Image,
    LabelledBox,
    Masked,
    MaskedImage,
    MaskType,
    Rejection,
    Side,
    Valve,
    Wear,
)
from pipeline.exchange.records import NO_FACE, BoxedFace, Picture, Unusable
from pipeline.storage.manifests import iterate_manifest

_BOX = "box"
"""What a rejection's id has before the number of a source's box, as the stage `faces` writes it."""
_A_FACE = "face"


@dataclass(frozen=True, slots=True, kw_only=True)
class _FaceRow:
    """The columns of a `Face` that are exported: landmarks take most of a manifest."""

    id: str
    image_id: str
    left: float
    top: float
    right: float
    bottom: float
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class _MaskedRow:
    """The columns of a `MaskedImage` that are exported."""

    id: str
    face_id: str
    image_id: str
    parent_sha256: str
    path: str
    template: str
    mask_type: MaskType
    wear: Wear
    valve: Valve
    polygon: tuple[float, ...]
    mask_left: float
    mask_top: float
    mask_right: float
    mask_bottom: float
    left: float
    top: float
    right: float
    bottom: float
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _SideRow:
    """The columns of an `Assignment` that are exported."""

    sample_id: str
    group: str
    side: Side


Sides = dict[str, tuple[Side, str]]
"""Side and group of each sample that the split placed."""


class _OfImage(Protocol):
    @property
    def image_id(self) -> str: ...


Row = TypeVar("Row", bound=_OfImage)


def pictures_of_project(data: Path, pixels: Location) -> Iterator[Picture | Unusable]:
    """Every picture of a project by the manifests in its folder `data`; their paths begin at `pixels`.

    Where the project has a split, a picture has the side of its samples, and one without any is `not_in_split`.

    Raises:
        ManifestError: a manifest is missing or damaged, rows aren't in the order in which the stages write them, or a
            group stands on two sides.
    """
    sides = _sides(data)
    faces, masked = _place(data, paths.FACES_TABLE), _place(data, paths.MASKED_TABLE)
    of_faces = _Following(faces, iterate_manifest(faces, _FaceRow, Face))
    of_masked = _Following(masked, iterate_manifest(masked, _MaskedRow, MaskedImage) if masked.exists() else iter(()))
    refused = _refused(data)
    for image in iterate_manifest(_place(data, paths.KEPT), Image):
        photo = _Photo(image, of_faces.of(image.id), of_masked.of(image.id), refused.get(image.id, ()))
        for ids, picture in photo.pictures(pixels):
            yield picture if sides is None or isinstance(picture, Unusable) else _placed(picture, ids, sides)
    of_faces.require_end()
    of_masked.require_end()


def _place(data: Path, name: Path) -> Path:
    return data / name.relative_to(paths.DATA)


def _sides(data: Path) -> Sides | None:
    """None where there is no split."""
    path = _place(data, paths.SPLIT_TABLE)
    if not path.exists():
        return None
    sides: Sides = {}
    of_group: dict[str, Side] = {}
    for row in iterate_manifest(path, _SideRow, Assignment):
        group = of_group.setdefault(row.group, row.side)
        if group != row.side:
            raise ManifestError(f"{path}: the group {row.group} stands on the sides {group} and {row.side}")
        sides[row.sample_id] = (row.side, row.group)
    return sides


def _placed(picture: Picture, ids: Sequence[str], sides: Sides) -> Picture | Unusable:
    """The picture with its side; of drawn masks the split must have every one, since it may hold out a template."""
    places = [sides[sample] for sample in ids if sample in sides]
    if not places or (picture.as_written and len(places) < len(ids)):
        left = f"{len(ids) - len(places)} of its {len(ids)} samples"
        return Unusable(picture.id, "not_in_split", f"the split leaves out {left}")
    return replace(picture, side=places[0][0], group=places[0][1])


def _refused(data: Path) -> dict[str, tuple[str, ...]]:
    """By image: what the stage `faces` saw and doesn't use, as the number of a source's box or as `_A_FACE`."""
    path = _place(data, paths.FACES / paths.REJECTED)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in iterate_manifest(path, Rejection) if path.exists() else ():
        image_id, _, place = row.id.partition("-")
        if place.startswith(_BOX) and row.reason != "bad_box":
            found[image_id].append(place.removeprefix(_BOX))
        elif row.reason not in NO_FACE:
            found[image_id].append(_A_FACE)
    return {image_id: tuple(places) for image_id, places in found.items()}


class _Following(Generic[Row]):
    """The rows of one image after another, in the order of the kept images."""

    def __init__(self, table: Path, rows: Iterator[Row]) -> None:
        self._table = table
        self._groups = groupby(rows, key=lambda row: row.image_id)
        self._next = next(self._groups, None)

    def of(self, image_id: str) -> list[Row]:
        """The rows of this image, which is asked for once."""
        if self._next is None or self._next[0] != image_id:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows

    def require_end(self) -> None:
        """Stop where rows are left: their image isn't kept, or stands elsewhere.

        Raises:
            ManifestError: names the image.
        """
        if self._next is not None:
            raise ManifestError(
                f"{self._table}: its rows of the image {self._next[0]} don't follow the order of the kept images;"
                " run the stages again"
            )


@dataclass(frozen=True, slots=True)
class _Photo:
    """One kept image with all that is known of it."""

    image: Image
    faces: list[_FaceRow]
    masked: list[_MaskedRow]
    refused: Sequence[str]

    def pictures(self, pixels: Location) -> Iterator[tuple[list[str], Picture | Unusable]]:
        """The photo and its masked pictures, each with the ids of its samples."""
        bare = {row.id: _face(row) for row in self.faces}
        labelled = tuple(self._labelled())
        if not bare and not labelled:
            yield [], Unusable(self.image.id, "no_face", "the manifests know none")
            return
        whole = self._picture(self.image.id, located(pixels, self.image.path), (*bare.values(), *labelled))
        yield list(bare), whole
        for rows in self._by_file():
            faces = bare | {row.face_id: _masked_face(row) for row in rows}
            picture = replace(
                whole,
                id=rows[0].id,
                file=located(pixels, rows[0].path),
                faces=(*faces.values(), *labelled),
                licence=rows[0].licence,
                parent_sha256=rows[0].parent_sha256,
                synthetic=True,
                as_written=True,
            )
            yield [row.id for row in rows], picture

    def _picture(self, picture_id: str, file: Place, faces: tuple[BoxedFace, ...]) -> Picture:
        image = self.image
        return Picture(
            id=picture_id,
            file=file,
            width_px=image.width_px,
            height_px=image.height_px,
            faces=faces,
            group=image.id,
            source=image.source,
            licence=image.licence,
            author=image.author,
            url=image.url,
            citation=image.citation,
            parent_sha256=image.parent_sha256,
            synthetic=image.synthetic,
            complete=_A_FACE not in self.refused,
        )

    def _labelled(self) -> Iterator[BoxedFace]:
        """The source's boxes in which no face was found: the source says that there is one."""
        for place in self.refused:
            if place.isdecimal() and int(place) < len(self.image.boxes):
                yield replace(_face(self.image.boxes[int(place)]), difficult=True)

    def _by_file(self) -> list[list[_MaskedRow]]:
        """The rows of each masked picture: one, or one for each of its faces."""
        files: dict[str, list[_MaskedRow]] = {}
        for row in self.masked:
            files.setdefault(row.path, []).append(row)
        return list(files.values())


def _face(row: "_FaceRow | LabelledBox") -> BoxedFace:
    corners = (row.left, row.top, row.right, row.bottom)
    return BoxedFace(box=corners, mask_type=row.mask_type, wear=row.wear, valve=row.valve, masked=row.masked)


def _masked_face(row: _MaskedRow) -> BoxedFace:
    return BoxedFace(
        box=(row.left, row.top, row.right, row.bottom),
        mask_type=row.mask_type,
        wear=row.wear,
        valve=row.valve,
        masked="yes",
        mask_box=(row.mask_left, row.mask_top, row.mask_right, row.mask_bottom),
        polygon=row.polygon,
        template=row.template,
    )
