"""What an adapter hands over: files on offer and refusals, in the source's own words."""

from dataclasses import dataclass, replace

from pipeline.core.locations import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedBox:
    """A face box with the source's own words for it, in pixels (or shares) of the frame that it was drawn in."""

    left: float
    top: float
    right: float
    bottom: float
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One file that a source offers, not yet looked at.

    Attributes:
        origin: Where the source has it: a path inside it, or its address. Unique within the source.
        file: Where its bytes lie.
        in_place: The file is the user's own, inside the project or in a store: the manifest names it where it lies.
        labels: The source's own words for the whole image.
        boxes: Its faces, in pixels of a picture of `boxes_size` where that is stated.
        boxes_relative: They are shares of the picture's width and height instead, in [0, 1].
        licence: This image's own, where it differs from the source's; so are `author` and `citation`.
        person_id: Equal for photos of one person, across sources.
        photo_id: Equal for versions of one photo, across sources.
        parent_sha256: Content of the photo that this one was made from.
        synthetic: The mask was drawn in; None leaves it to the source.
        fetched_at: When it was fetched, ISO 8601 in UTC; None where it was not fetched by this program.
    """

    origin: str
    file: Location
    in_place: bool = False
    labels: tuple[str, ...] = ()
    boxes: tuple[OfferedBox, ...] = ()
    boxes_size: tuple[int, int] | None = None
    boxes_relative: bool = False
    url: str | None = None
    licence: str | None = None
    author: str | None = None
    citation: str | None = None
    person_id: str | None = None
    photo_id: str | None = None
    parent_sha256: str | None = None
    synthetic: bool | None = None
    fetched_at: str | None = None

    def words(self) -> set[str]:
        """Every label word of the image and its boxes."""
        return set(self.labels).union(*(box.labels for box in self.boxes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something a source holds that is not taken, and why; it becomes a `Rejection` row."""

    origin: str
    reason: str
    detail: str

    def under(self, prefix: str) -> "Refusal":
        """The same refusal with `prefix` before its origin."""
        return replace(self, origin=prefix + self.origin)


@dataclass(frozen=True, slots=True)
class Inspected:
    """An offer whose content is an image that can be used; `path` is relative to the project root, with slashes.

    Width and height are those of the upright image, `orientation` is EXIF's and known where there are boxes.
    `mask_drawn` is what its own XMP says: `Decoded.mask_drawn`.
    """

    offer: Offer
    sha256: str
    path: str
    width_px: int
    height_px: int
    size_bytes: int
    orientation: int = 1
    mask_drawn: bool = False
