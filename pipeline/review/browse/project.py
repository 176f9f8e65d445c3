"""The pictures of a project, from its manifests: every face, every drawn mask, and all that was rejected."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from pipeline.core.paths import FACES_TABLE, MASKED_TABLE
from pipeline.core.records import Face, Image, MaskedImage, Rejection
from pipeline.faces.crops import square_around
from pipeline.faces.detectors import Box
from pipeline.review.browse.records import (
    Facets,
    Key,
    Outline,
    Record,
    Relative,
    Scores,
    pose_of,
    quality_of,
    size_of_face,
    whole_picture,
)
from pipeline.review.browse.tables import ChildId, ProjectTables, SampleId
from pipeline.review.words import link_in_words

_GEOMETRY = frozenset({"polygon", "landmarks"})
"""Columns of hundreds of numbers: they are drawn, not listed."""


@dataclass(frozen=True, slots=True)
class Project:
    """The records of a project."""

    tables: ProjectTables

    @property
    def title(self) -> str:
        """The name of the project's folder."""
        return self.tables.files.root.resolve().name

    def keys(self) -> Iterator[Key]:
        """The faces, the drawn masks, then what was rejected and is none of these."""
        tables = self.tables
        tables.sources()  # raises where nothing was taken in
        yield from (Key(face.id) for face in tables.rows(FACES_TABLE, Face, SampleId))
        yield from (Key(row.id, row.face_id) for row in tables.rows(MASKED_TABLE, MaskedImage, ChildId))
        yield from (Key(row.id, tables.parent_of_rejected(row)) for row in tables.rejected_alone)

    def records(self) -> Iterator[Record]:
        """As `keys`, with all that the manifests tell."""
        yield from map(self._of_face, self.tables.rows(FACES_TABLE, Face, Face))
        yield from map(self._of_masked, self.tables.rows(MASKED_TABLE, MaskedImage, MaskedImage))
        yield from map(self._of_rejected, self.tables.rejected_alone)

    def _of_face(self, face: Face) -> Record:
        image = self.tables.image(face.image_id, FACES_TABLE)
        rejection, doubt = self.tables.rejections.get(face.id), self.tables.doubts.get(face.id)
        return Record(
            key=Key(face.id),
            name=_name(image),
            detail=rejection.detail if rejection else "",
            facets=Facets(
                kind="rejected" if rejection else "face",
                side=self.tables.sides.get(face.id, ""),
                source=image.source,
                mask_type=face.mask_type,
                wear=face.wear,
                valve=face.valve,
                pose=pose_of(face.yaw_deg),
                size=size_of_face(_longer_side(face)),
                quality=quality_of(face.sharpness),
                licence=image.licence,
                reason=_reason(rejection),
                doubt=f"looks {doubt.suggested}" if doubt else "",
            ),
            scores=self._scores(face, face.id, image.id),
            tile=self.tables.place(face.crop_path or image.path),
            picture=self.tables.place(image.path),
            outline=self._outline(face, image, cropped=face.crop_path is not None),
            relatives=self._relatives(image.id),
            row={"face": columns_of(face), "photo": columns_of(image), **_told("doubt", doubt)},
        )

    def _of_masked(self, masked: MaskedImage) -> Record:
        image = self.tables.image(masked.image_id, MASKED_TABLE)
        rejection, judged = self.tables.rejections.get(masked.id), self.tables.judged.get(masked.face_id)
        return Record(
            key=Key(masked.id, masked.face_id),
            name=_name(image),
            detail=rejection.detail if rejection else "",
            facets=Facets(
                kind="rejected" if rejection else "masked",
                side=self.tables.sides.get(masked.id, ""),
                source=image.source,
                mask_type=masked.mask_type,
                wear=masked.wear,
                valve=masked.valve,
                template=masked.template,
                pose=pose_of(masked.yaw_deg),
                size=size_of_face(_longer_side(masked)),
                quality=quality_of(judged.sharpness if judged else None),
                licence=masked.licence,
                reason=_reason(rejection),
            ),
            scores=self._scores(masked, masked.face_id, image.id),
            tile=self.tables.place(masked.crop_path or masked.path),
            picture=self.tables.place(masked.path),
            parent_picture=self.tables.place(image.path),
            outline=self._outline(masked, image, cropped=masked.crop_path is not None),
            relatives=self._relatives(image.id),
            row={"drawn mask": columns_of(masked), "photo": columns_of(image)},
        )

    def _of_rejected(self, row: Rejection) -> Record:
        image = self.tables.image_of(row.id)
        place = self.tables.place(image.path) if image else self.tables.photo_without_image(row)
        return Record(
            key=Key(row.id, self.tables.parent_of_rejected(row)),
            name=_name(image) if image else row.origin,
            detail=row.detail,
            facets=Facets(
                kind="rejected",
                source=image.source if image else "",
                mask_type=image.mask_type if image else "",
                wear=image.wear if image else "",
                valve=image.valve if image else "",
                licence=image.licence if image else "",
                reason=_reason(row),
            ),
            scores=self._photo_scores(image.id if image else ""),
            tile=place,
            picture=place,
            outline=_whole(image) if image else Outline(),
            relatives=self._relatives(image.id) if image else (),
            row={"rejection": columns_of(row), **_told("photo", image)},
        )

    def _relatives(self, image_id: str) -> tuple[Relative, ...]:
        found = ((self.tables.stands_for.get(other), link) for other, link in self.tables.kin.get(image_id, ()))
        return tuple(Relative(other, link_in_words(link)) for other, link in found if other is not None)

    def _outline(self, row: Face | MaskedImage, image: Image, *, cropped: bool) -> Outline:
        square = square_around(Box(row.left, row.top, row.right, row.bottom, 1.0), self.tables.params.faces.crop_scale)
        left, top, side = map(float, square)
        return Outline(
            width_px=image.width_px,
            height_px=image.height_px,
            cut=(left, top, side) if cropped else whole_picture(image.width_px, image.height_px),
            box=(row.left, row.top, row.right, row.bottom),
            polygon=row.polygon if isinstance(row, MaskedImage) else (),
            landmarks=row.landmarks,
        )

    def _scores(self, row: Face | MaskedImage, face_id: str, image_id: str) -> Scores:
        judged, doubt, photo = (
            self.tables.judged.get(face_id),
            self.tables.doubts.get(row.id),
            self._photo_scores(image_id),
        )
        return Scores(
            detector_score=judged.score if judged else None,
            face_px=_longer_side(row),
            sharpness=judged.sharpness if judged else None,
            yaw_deg=row.yaw_deg,
            pitch_deg=row.pitch_deg,
            roll_deg=row.roll_deg,
            brightness=photo.brightness,
            contrast=photo.contrast,
            photo_sharpness=photo.photo_sharpness,
            compression=photo.compression,
            label_doubt=doubt.margin if doubt else None,
        )

    def _photo_scores(self, image_id: str) -> Scores:
        quality = self.tables.quality.get(image_id)
        if quality is None:
            return Scores()
        return Scores(
            brightness=quality.brightness,
            contrast=quality.contrast,
            photo_sharpness=quality.sharpness,
            compression=quality.compression,
        )


def columns_of(row: Any) -> dict[str, Any]:
    """The columns of a record that a person reads; those that hold nothing are left out."""
    values = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in _GEOMETRY}
    return {name: _plain(value) for name, value in values.items() if value not in (None, "", ())}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [asdict(item) if is_dataclass(item) and not isinstance(item, type) else item for item in value]
    return round(value, 4) if isinstance(value, float) else value


def _told(title: str, row: Any) -> Mapping[str, dict[str, Any]]:
    return {title: columns_of(row)} if row is not None else {}


def _name(image: Image) -> str:
    return f"{image.source}: {image.origin}"


def _reason(rejection: Rejection | None) -> str:
    return f"{rejection.stage}: {rejection.reason}" if rejection else ""


def _whole(image: Image) -> Outline:
    cut = whole_picture(image.width_px, image.height_px)
    return Outline(width_px=image.width_px, height_px=image.height_px, cut=cut)


def _longer_side(row: Face | MaskedImage) -> float:
    return max(row.right - row.left, row.bottom - row.top)
