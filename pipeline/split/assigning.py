"""From the manifests to a split: every face crop, real or with a synthetic mask, once, in two passes over the rows.

The first pass takes a few numbers of each sample, by which sides are chosen; the second writes a row after another. No
row of a manifest is held.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.columns.ids import id_array
from pipeline.core.params import Params
from pipeline.core.records import (
    SIDES,
    Assignment,
    DuplicateLink,
    Face,
    Image,
    LinkKind,
    Masked,
    MaskedImage,
    MaskType,
    Rejection,
    Side,
    Valve,
    Wear,
)
from pipeline.split.groups import ImageGroups, group_images
from pipeline.split.leak_gate import LeakGate
from pipeline.split.sides import Samples, SplitRules, choose_sides, group_point
from pipeline.storage.manifests import Manifest

STAGE = "split"


def split_rules(params: Params) -> SplitRules:
    """The rules of a split as the parameters have them."""
    return SplitRules(
        shares=(params.split.train, params.split.val, params.split.test),
        folds=params.split.folds,
        test_real_only=params.split.test_real_only,
        holdout_sources=frozenset(params.split.holdout_sources),
        holdout_templates=frozenset(params.augment.holdout_templates),
        seed=params.seed,
        stable=params.split.assignment == "stable",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceCrop:
    """The columns of a `Face` that a split needs: landmarks, which take most of a manifest, are left out."""

    id: str
    image_id: str
    crop_path: str | None = None
    mask_type: MaskType = "unknown"
    wear: Wear = "unknown"
    valve: Valve = "unknown"
    masked: Masked = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedCrop:
    """The columns of a `MaskedImage` that a split needs."""

    id: str
    image_id: str
    crop_path: str | None
    template: str
    mask_type: MaskType
    wear: Wear
    valve: Valve


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The columns of an `Image` that say what its group is placed by."""

    id: str
    sha256: str
    person_id: str | None = None
    photo_id: str | None = None

    def text(self) -> str:
        """The person before the photo before the content, so that a new photo moves nobody."""
        if self.person_id is not None:
            return f"0 person {self.person_id}"
        return f"1 photo {self.photo_id}" if self.photo_id is not None else f"2 content {self.sha256}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class SplitInputs:
    """What a split is made of; images, faces and masked images come in one order, as the stages write them.

    Attributes:
        pinned: An earlier split, whose images keep their side.
    """

    images: Manifest[Image]
    links: Manifest[DuplicateLink]
    faces: Manifest[Face]
    masked: Manifest[MaskedImage]
    pinned: Manifest[Assignment] | None = None
    ignored: frozenset[LinkKind] = frozenset()


def _stratum(mask_type: str, wear: str, masked: str = "unknown", *, source: str) -> tuple[str, ...]:
    """What shares are kept of: whether a mask is worn tells apart those of whom nothing else is known."""
    return (mask_type, wear, source, masked if mask_type == wear == "unknown" else "")


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a sample takes from its image, `(N,)` each, by the rows of the groups.

    Attributes:
        names: The sources, sorted.
        number: The place of its source in `names`.
        synthetic: Whether its masks were drawn in.
        pinned: Its side in an earlier split, -1 where it had none.
    """

    names: list[str]
    number: NDArray[np.int32]
    synthetic: NDArray[np.bool_]
    pinned: NDArray[np.int8]


class Split:
    """The side of every image, and the rows that follow from it.

    Attributes:
        held: How many samples were assigned, by type and side; complete when `rows` has been.
        rejected: How many were not, by reason.
    """

    def __init__(self, inputs: SplitInputs, rules: SplitRules) -> None:
        """Choose the sides.

        Raises:
            ManifestError: a manifest cannot be read.
        """
        self.held: Counter[tuple[str, Side]] = Counter()
        self.rejected: Counter[str] = Counter()
        self._inputs, self._rules = inputs, rules
        self._groups = group_images(inputs.images, inputs.links, inputs.ignored)
        self._sources = _sources(inputs, self._groups)
        self._side, self._fold = self._chosen()
        self._gate = LeakGate(self._groups.ids)

    def rows(self) -> Iterator[Assignment | Rejection]:
        """Each face and each masked image once, by ascending id: assigned, or rejected with the reason.

        A sample is rejected because it has no crop or no kept image, or because its group's side is closed to it.
        """
        faces, masked = self._inputs.faces, self._inputs.masked
        sorted_crops: tuple[Iterator[FaceCrop | MaskedCrop], ...] = _by_id(faces, FaceCrop), _by_id(masked, MaskedCrop)
        origins = self._origins_without_crop()
        for crop in merge(*sorted_crops, key=lambda crop: crop.id):
            row = self._row(crop, origins)
            if isinstance(row, Rejection):
                self.rejected[row.reason] += 1
            else:
                self.held[row.mask_type, row.side] += 1
                self._gate.add(row)
            yield row

    def check_no_leak(self) -> None:
        """Make sure that of what `rows` gave no group and no link between images stands on two sides.

        Raises:
            LeakError: names the first few leaks and how many there are.
        """
        self._gate.check(self._inputs.links, self._inputs.ignored)

    def _row(self, crop: FaceCrop | MaskedCrop, origins: dict[str, str]) -> Assignment | Rejection:
        row = self._groups.ids.row(crop.image_id)
        if row < 0 or not self._groups.kept[row]:
            return _rejected(crop.id, "image_not_kept", "the image that it belongs to was not kept")
        if crop.crop_path is None:
            return _rejected(crop.id, "no_crop", "the manifest names no crop", origins[crop.image_id])
        template = crop.template if isinstance(crop, MaskedCrop) else None
        side, synthetic = SIDES[self._side[row]], template is not None or bool(self._sources.synthetic[row])
        if closed := self._rules.closed(side, synthetic, template):
            return _rejected(crop.id, *closed)
        return Assignment(
            sample_id=crop.id,
            image_id=crop.image_id,
            group=self._groups.ids.text(int(self._groups.group[row])),
            side=side,
            mask_type=crop.mask_type,
            wear=crop.wear,
            valve=crop.valve,
            source=self._sources.names[self._sources.number[row]],
            synthetic=synthetic,
            template=template,
            crop_path=crop.crop_path,
            fold=None if self._fold[row] < 0 else int(self._fold[row]),
            masked=crop.masked if isinstance(crop, FaceCrop) else "yes",
        )

    def _origins_without_crop(self) -> dict[str, str]:
        """The origin of each image that has a sample without a crop, which no stage makes."""
        wanted = {
            image_id
            for manifest in (self._inputs.faces, self._inputs.masked)
            for batch in manifest.columns("image_id", "crop_path")
            for image_id in batch.filter(batch["crop_path"].is_null())["image_id"].to_pylist()
        }
        return {row.id: row.origin for row in self._inputs.images.rows(_Origin) if row.id in wanted} if wanted else {}

    def _chosen(self) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
        """The side and the fold of each image, -1 where it has no sample, `(N,)`."""
        image, stratum, synthetic = self._taken()
        names, group = np.unique(self._groups.group[image], return_inverse=True)
        points = self._points(names, np.unique(image))
        held_out = np.array([name in self._rules.holdout_sources for name in self._sources.names], dtype=bool)
        samples = Samples(
            group=group,
            stratum=stratum,
            synthetic=synthetic,
            held_out=held_out[self._sources.number[image]],
            pinned=self._sources.pinned[image],
            split_points=points["split"],
            fold_points=points["fold"],
        )
        found = choose_sides(samples, self._rules)
        side, fold = np.full(len(self._groups.ids), -1, np.int8), np.full(len(self._groups.ids), -1, np.int32)
        side[names], fold[names] = found
        return side[self._groups.group], fold[self._groups.group]

    def _taken(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.bool_]]:
        """Of each sample that can be assigned the row of its image, its stratum and whether it is synthetic, `(M,)`."""
        image, stratum, synthetic = array("i"), array("i"), array("b")
        strata: dict[tuple[str, ...], int] = defaultdict(lambda: len(strata))
        for manifest, drawn in ((self._inputs.faces, False), (self._inputs.masked, True)):
            named = ("mask_type", "wear") if drawn else ("mask_type", "wear", "masked")
            for batch in manifest.columns("image_id", "crop_path", *named):
                rows = self._groups.ids.rows(id_array(batch["image_id"].to_pylist()))
                usable = (rows >= 0) & self._groups.kept[rows] & batch["crop_path"].is_valid().to_numpy(False)
                chosen, rows = batch.filter(pa.array(usable)), rows[usable]
                sources = (self._sources.names[number] for number in self._sources.number[rows])
                labels = zip(*(chosen[name].to_pylist() for name in named), strict=True)
                stratum.extend(
                    strata[_stratum(*label, source=source)] for label, source in zip(labels, sources, strict=True)
                )
                image.frombytes(rows.astype(np.int32).tobytes())
                synthetic.frombytes((self._sources.synthetic[rows] | drawn).tobytes())
        place = np.argsort(np.array(sorted(range(len(strata)), key=list(strata).__getitem__), dtype=np.int32))
        numbers = place.astype(np.int32)[np.frombuffer(stratum, np.int32)]
        return np.frombuffer(image, np.int32), numbers, np.frombuffer(synthetic, np.bool_)

    def _points(self, names: NDArray[np.int64], sampled: NDArray[np.int32]) -> dict[str, NDArray[np.float64]]:
        """The uniform numbers of each group in `names`, by purpose, from the smallest identity of what was sampled."""
        smallest = self._smallest_identities(sampled)
        purposes = ("split", "fold") if self._rules.folds else ("split",)
        points = {purpose: np.zeros(len(names)) for purpose in ("split", "fold")}
        for group, identity in smallest:
            place = np.searchsorted(names, group)
            for purpose in purposes:
                points[purpose][place] = group_point(self._rules.seed, purpose, identity)
        return points

    def _smallest_identities(self, sampled: NDArray[np.int32]) -> Iterator[tuple[int, str]]:
        """Each group with its smallest identity; only those of several images wait for the last of them."""
        has_sample = np.zeros(len(self._groups.ids), dtype=bool)
        has_sample[sampled] = True
        sizes = np.bincount(self._groups.group[sampled], minlength=len(has_sample))
        smallest: dict[int, str] = {}
        for image in self._inputs.images.rows(Identity):
            row = self._groups.ids.row(image.id)
            group = int(self._groups.group[row])
            if not has_sample[row]:
                continue
            if sizes[group] == 1:
                yield group, image.text()
            else:
                smallest[group] = min(smallest.get(group, image.text()), image.text())
        yield from smallest.items()


def _sources(inputs: SplitInputs, groups: ImageGroups) -> _Sources:
    names = sorted({name for batch in inputs.images.columns("source") for name in batch["source"].unique().to_pylist()})
    number = np.zeros(len(groups.ids), dtype=np.int32)
    synthetic = np.zeros(len(groups.ids), dtype=bool)
    pinned = np.full(len(groups.ids), -1, dtype=np.int8)
    for batch in inputs.images.columns("id", "source", "synthetic"):
        rows = groups.ids.rows(id_array(batch["id"].to_pylist()))
        number[rows] = np.searchsorted(np.array(names), batch["source"].to_pylist())
        synthetic[rows] = batch["synthetic"].to_numpy(zero_copy_only=False)
    for batch in inputs.pinned.columns("image_id", "side") if inputs.pinned else ():
        rows = groups.ids.rows(id_array(batch["image_id"].to_pylist()))
        sides = np.array([SIDES.index(side) for side in batch["side"].to_pylist()], dtype=np.int8)
        pinned[rows[rows >= 0]] = sides[rows >= 0]
    return _Sources(names, number, synthetic, pinned)


class _Crop(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def image_id(self) -> str: ...


Crop = TypeVar("Crop", bound=_Crop)


def _by_id(manifest: Manifest[Any], narrow: type[Crop]) -> Iterator[Crop]:
    """The rows by ascending id.

    As the stages write them, only the rows of one image have to be sorted, since ids begin with the image's. Where that
    doesn't give the order, all rows are held.
    """
    previous = ""
    for row in _sorted_by_image(manifest.rows(_Key)):
        if row.id < previous:
            return iter(sorted(manifest.rows(narrow), key=lambda crop: crop.id))
        previous = row.id
    return _sorted_by_image(manifest.rows(narrow))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    id: str
    image_id: str


def _sorted_by_image(rows: Iterator[Crop]) -> Iterator[Crop]:
    for _, crops in groupby(rows, key=lambda row: row.image_id):
        yield from sorted(crops, key=lambda row: row.id)


def _rejected(sample_id: str, reason: str, detail: str, origin: str = "") -> Rejection:
    return Rejection(id=sample_id, stage=STAGE, reason=reason, detail=detail, origin=origin)
