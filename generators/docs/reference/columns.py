"""Every column of the tables that the road writes, with its type, unit and meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints

from generators.docs.reference.tables import code, table
from pipeline.core import paths
from pipeline.core.records import Assignment, DuplicateLink, Face, Image, LabelledBox, MaskedImage, Rejection
from pipeline.dedup.fingerprints.quality import ImageQuality
from pipeline.dedup.keeping import ClusterMember


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the file it is in and the record that a row is."""

    place: str
    record: type
    says: str


TABLES = (
    Table(f"{paths.RAW}/<source>/{paths.IMAGES}", Image, f"An image taken in; `{paths.KEPT}` has what is kept."),
    Table(f"boxes (in {paths.IMAGES})", LabelledBox, "A face box that came with a source."),
    Table(str(paths.LINKS), DuplicateLink, "Two images that belong together."),
    Table(str(paths.CLUSTERS), ClusterMember, "An image of a cluster of duplicates."),
    Table(str(paths.QUALITY), ImageQuality, "The scores of an image."),
    Table(str(paths.FACES_TABLE), Face, "A face in an image."),
    Table(str(paths.MASKED_TABLE), MaskedImage, "A mask that was drawn on a face."),
    Table(str(paths.SPLIT_TABLE), Assignment, "The side of a face or masked face."),
    Table("rejected.parquet (of each stage)", Rejection, "What did not leave a stage, and why."),
)

SIDE = "side of the box, of the upright picture, edges included"
MEANINGS: Mapping[str, tuple[str, str]] = {
    "alpha_path": ("", "the alpha mask (grey PNG), where `augment.alpha` is on"),
    "author": ("", "of the photo, where the source says so"),
    "bottom": ("px", SIDE),
    "boxes": ("", "faces that the source labels, as rows of the table below"),
    "brightness": ("grey, 0 to 255", "mean"),
    "citation": ("", "how the source asks to be cited"),
    "cluster": ("", "smallest image id in the cluster"),
    "compression": ("", "how coarsely a JPEG is quantized, 1 for quality 50, 0 where no table says so"),
    "conflict": ("", "whether its copies have other labels"),
    "contrast": ("grey", "standard deviation"),
    "crop_path": ("", "the face crop, a square of `faces.crop_px`"),
    "detail": ("", "for a person"),
    "detector": ("", "which found the face, or `source`"),
    "diameter_bits": ("bits of 64", "largest distance of two members' hashes"),
    "distance": ("of the kind", "bits between hashes; for faces and thumbnails as the link's kind measures"),
    "draw": ("JSON", "every drawn value: the mask can be drawn again from it"),
    "face_id": ("", "the row in `faces.parquet`"),
    "first": ("", "image id, the smaller of the two"),
    "fold": ("", "of `split.folds`, from 0; null on test and without folds"),
    "group": ("", "smallest image id of all that belong together; a group stands on one side"),
    "height_px": ("px", "of the upright picture"),
    "held_out": ("", "whether the template is kept for the test side"),
    "id": ("", "of the row; the same for the same source and origin"),
    "image_id": ("", "the row in `images.parquet`"),
    "keeper": ("", "image that was kept for this one; null where labels conflict"),
    "kind": ("", "`exact`, `near`, `mask_pair`, `part_of`, `same_source_id`, `same_person`, `derived_from`"),
    "landmarks": ("px", "68 points as x0, y0, x1, …"),
    "landmarks_by": ("", "what placed the points: `dlib`, `mesh` or `mean_head`"),
    "left": ("px", SIDE),
    "licence": ("", "of the photo, as the source states it"),
    "mask_bottom": ("px", "side of the mask's box"),
    "mask_left": ("px", "side of the mask's box"),
    "mask_right": ("px", "side of the mask's box"),
    "mask_top": ("px", "side of the mask's box"),
    "mask_type": ("", "`none`, `cloth`, `surgical`, `ffp2` or `unknown`"),
    "masked": ("", "`yes`, `no`, `unknown`: whether a mask is worn at all"),
    "origin": ("", "the file's name within the source, or its address"),
    "original_label": ("", "in the source's own words"),
    "oversized": ("", "whether the cluster was judged pair by pair"),
    "parent_sha256": ("", "content of the photo that this one was made from"),
    "path": ("", "of the file, below the project or `storage.root`"),
    "person_id": ("", "who is shown, where the source says so"),
    "photo_id": ("", "the photo by the source's own numbering"),
    "pitch_deg": ("degrees", "over 0 looks down"),
    "polygon": ("px", "the mask's outline as x0, y0, x1, …"),
    "reason": ("", "why, as docs/rejections.md lists"),
    "right": ("px", SIDE),
    "roll_deg": ("degrees", "over 0 tilts clockwise"),
    "sample_id": ("", "the row in `faces.parquet` or `masked.parquet`"),
    "score": ("0 to 1 for yunet", "of the detector, on its own scale"),
    "second": ("", "image id, the larger of the two"),
    "seed": ("", "that the mask was drawn by"),
    "sha256": ("hexadecimal", "of the file's bytes"),
    "sharpness": ("", "variance of the Laplacian over variance of grey"),
    "side": ("", "`train`, `val` or `test`"),
    "size": ("images", "in the cluster"),
    "source": ("", "name of the source in `ingest.sources`"),
    "stage": ("", "that rejected it"),
    "synthetic": ("", "whether the mask was drawn in"),
    "template": ("", "the mask template; null where none was drawn"),
    "top": ("px", SIDE),
    "url": ("", "where the photo was fetched from"),
    "valve": ("", "`yes`, `no` or `unknown`"),
    "wear": ("", "`none`, `correct`, `nose_exposed`, `chin_exposed`, `nose_mouth_exposed`, `incorrect` or `unknown`"),
    "width_px": ("px", "of the upright picture"),
    "yaw_deg": ("degrees", "over 0 turns to the viewer's right"),
}
"""Unit and meaning by column; a name means one thing in every table."""


def page() -> str:
    """The page: a table of columns for each table of the road."""
    lines = ["# Every column", "", "Boxes are left, top, right, bottom, in pixels of the upright picture."]
    for one in TABLES:
        hints = get_type_hints(one.record)
        rows = [[code(field.name), type_name(hints[field.name]), *MEANINGS[field.name]] for field in fields(one.record)]
        lines += ["", f"## {one.place.replace('<', '{').replace('>', '}')}", "", one.says, ""]
        lines += table(["column", "type", "unit", "meaning"], rows)
    lines += ["", "The columns of `metadata.jsonl` stand in [augment-masks](../augment_masks.md)."]
    return "\n".join(lines) + "\n"


def type_name(hint: Any) -> str:
    """A type in a reader's words.

    >>> type_name(str | None), type_name(tuple[float, ...])
    ('text or null', 'list of number')
    """
    names = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null"}
    if hint in names:
        return names[hint]
    arguments = get_args(hint)
    if arguments and all(isinstance(one, str) for one in arguments):
        return "text"
    if get_origin(hint) is tuple:
        return f"list of {type_name(arguments[0])}"
    return " or ".join(type_name(one) for one in arguments) if arguments else "row"
