"""The faces of a photo whose source may label them with boxes: which boxes become faces, and why the others don't."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.core.agreement import SAME_FACE, overlap
from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.params import FacesParams
from pipeline.core.records import Image, LabelledBox
from pipeline.faces.crops import visible_share
from pipeline.faces.detectors import Box
from pipeline.faces.finding import FaceFinder, Findings, FoundFace, RefusedFace, shared_finder
from pipeline.faces.labels import MIN_OVERLAP, label_faces
from pipeline.faces.searching import same_face

NOT_FOUND = "labelled_face_not_found"
ANOTHERS = "no face is seen there but another's"


@dataclass(frozen=True, slots=True)
class PhotoFaces:
    """A photo's faces, the largest first; what was found and refused; the source's boxes by place, and why not."""

    faces: tuple[FoundFace, ...]
    refused: tuple[RefusedFace, ...]
    missed: tuple[tuple[int, SampleRejected], ...] = ()


def faces_of(image: Image, rgb: Rgb, params: FacesParams) -> PhotoFaces:
    """The faces of a photo, by the detector, the source's boxes, or both, as `params.boxes` says.

    Raises:
        SampleRejected: the source labels no box, and there is no face.
    """
    finder = shared_finder(params)
    if image.boxes:
        return _Boxed(image, rgb, params, finder).faces()
    found = finder.search(rgb)
    if not found.faces:
        raise finder.why_none(found)
    return PhotoFaces(found.faces, found.refused)


@dataclass(frozen=True, slots=True)
class _Boxed:
    """One photo with boxes, and what looks at it."""

    image: Image
    rgb: Rgb
    params: FacesParams
    finder: FaceFinder

    def faces(self) -> PhotoFaces:
        found = self._found()
        faces, missed = list(found.faces), []
        for place, box in self._without_face(found.faces):
            try:
                taken = self._taken(box, faces, found.doubted)
            except SampleRejected as verdict:
                missed.append((place, self._about(box, verdict)))
            else:
                faces = [face for face in faces if self._is_labelled(face.box) or not same_face(face.box, taken.box)]
                faces.append(taken)
        boxes = [*(face.box for face in faces), *map(as_box, self.image.boxes)]
        refused = [face for face in found.refused if not any(overlap(face.box, box) >= MIN_OVERLAP for box in boxes)]
        whole = Findings.numbered(faces, refused)
        return PhotoFaces(whole.faces, whole.refused, tuple(missed))

    def _found(self) -> Findings[FoundFace]:
        if self.params.boxes == "source":
            return Findings((), ())
        return self.finder.search(self.rgb, self._is_large)

    def _is_large(self, box: Box) -> bool:
        """A face is as large as its box or the source's, which goes round the whole head."""
        places = (as_box(said) for said in self.image.boxes)
        return self.finder.is_large(box) or any(
            self.finder.is_large(place) for place in places if overlap(place, box) >= MIN_OVERLAP
        )

    def _without_face(self, faces: Sequence[FoundFace]) -> list[tuple[int, LabelledBox]]:
        _, missed = label_faces(self.image, [face.box for face in faces])
        left = {id(box) for box in missed}
        return [(place, box) for place, box in enumerate(self.image.boxes) if id(box) in left]

    def _taken(self, said: LabelledBox, faces: Sequence[FoundFace], doubted: Sequence[Box]) -> FoundFace:
        """The face in a source's box; `doubted` are boxes that the detector saw and that are no face without a label.

        Raises:
            SampleRejected: why there is none.
        """
        place = as_box(said)
        self._check_place(place)
        if self.params.boxes == "detector":
            raise SampleRejected(NOT_FOUND, "the detector finds none there")
        others = [face.box for face in faces if self._is_labelled(face.box)]
        if any(same_face(other, place) for other in others):
            raise SampleRejected(NOT_FOUND, ANOTHERS)
        seen = [box for box in doubted if overlap(box, place) >= MIN_OVERLAP]
        try:
            face = self.finder.look_at(self.rgb, place, lambda box: not _is_one_of(others, box, place), seen)
        except SampleRejected as verdict:
            if any(overlap(other, place) > 0 for other in others):
                raise SampleRejected(NOT_FOUND, ANOTHERS) from verdict
            raise
        if self.params.boxes == "source" or overlap(face.box, place) < MIN_OVERLAP:
            return replace(face, box=replace(place, score=face.box.score, five=face.box.five))
        return face

    def _check_place(self, place: Box) -> None:
        share = visible_share((place.left, place.top, place.right, place.bottom), self.rgb.shape[1], self.rgb.shape[0])
        if share <= 0:
            raise SampleRejected("bad_box", "outside the picture")
        if share < self.params.min_face_visible:
            raise SampleRejected("face_cut_off", f"{share:.0%} of it lies inside the picture")
        if not self.finder.is_large(place):
            raise SampleRejected("face_too_small", f"at least {self.params.min_face_px} px are needed")

    def _is_labelled(self, box: Box) -> bool:
        """Whether one of the source's boxes is of this face."""
        return any(overlap(said, box) >= MIN_OVERLAP for said in self.image.boxes)

    def _about(self, box: LabelledBox, verdict: SampleRejected) -> SampleRejected:
        size = f"{box.right - box.left:.0f}x{box.bottom - box.top:.0f} px at {box.left:.0f}, {box.top:.0f}"
        reason = NOT_FOUND if verdict.reason == "no_face" else verdict.reason
        return SampleRejected(reason, f"the source labels a face {box.original_label!r} ({size}): {verdict.detail}")


def _is_one_of(others: Sequence[Box], box: Box, place: Box) -> bool:
    """Whether a box that is seen at a place is another labelled face's: it is all but the same, or fits it better."""
    own = overlap(box, place)
    return any(same_face(other, box) and overlap(other, box) > min(own, SAME_FACE) for other in others)


def as_box(said: LabelledBox) -> Box:
    """A source's box as the place of a face."""
    return Box(said.left, said.top, said.right, said.bottom, 0.0)
