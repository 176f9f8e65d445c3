"""The split as plain Python over lists: what the columns of `pipeline/split/assigning.py` must come to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from pipeline.columns.components import DisjointSets
from pipeline.core.records import SIDES, Assignment, DuplicateLink, Face, Image, MaskedImage, Rejection
from pipeline.split.sides import SplitRules, balance, fill_empty_sides, group_point, sides_by_points

Sample = tuple[Face | MaskedImage, Image]


def groups_of(images: Iterable[Image], links: Iterable[DuplicateLink], ignored: frozenset[str]) -> dict[str, str]:
    sets: DisjointSets[str] = DisjointSets()
    holders: dict[tuple[str, str], str] = {}
    for link in links:
        if link.kind not in ignored:
            sets.unite(link.first, link.second)
    for image in images:
        sets.add(image.id)
        for key in (("content", image.sha256), ("person", image.person_id), ("photo", image.photo_id)):
            if key[1] is not None:
                sets.unite(image.id, holders.setdefault(key, image.id))  # type: ignore[arg-type]
    return {member: min(members) for members in sets.sets() for member in members}


def identity(image: Image) -> str:
    if image.person_id is not None:
        return f"0 person {image.person_id}"
    return f"1 photo {image.photo_id}" if image.photo_id is not None else f"2 content {image.sha256}"


def reference_split(
    images: Sequence[Image],
    links: Sequence[DuplicateLink],
    faces: Sequence[Face],
    masked: Sequence[MaskedImage],
    *,
    rules: SplitRules,
    pinned: dict[str, str],
    ignored: frozenset[str],
) -> list[Assignment | Rejection]:
    by_id, groups = {image.id: image for image in images}, groups_of(images, links, ignored)
    crops: list[Face | MaskedImage] = sorted([*faces, *masked], key=lambda row: row.id)
    samples = [(row, by_id[row.image_id]) for row in crops if row.image_id in by_id and row.crop_path is not None]
    names = sorted({groups[image.id] for _, image in samples})
    identities = {name: min(identity(i) for _, i in samples if groups[i.id] == name) for name in names}
    points = np.array([group_point(rules.seed, "split", identities[name]) for name in names])
    fixed, shares = _fixed(samples, groups, names, rules, pinned), np.array(rules.shares)
    if rules.stable:
        sides = fill_empty_sides(sides_by_points(points, shares, fixed), points, shares, fixed)
    else:
        counted = [s for s in samples if not (rules.test_real_only and _synthetic(s))]
        sides = balance(points, _strata(counted, groups, names), shares, fixed)
    side_of = {name: SIDES[side] for name, side in zip(names, sides, strict=True)}
    folds: dict[str, int] = {}
    if rules.folds:
        inside = [name for name in names if side_of[name] != "test"]
        members = [s for s in samples if side_of[groups[s[1].id]] != "test"]
        fold_points = np.array([group_point(rules.seed, "fold", identities[name]) for name in inside])
        equal = np.full(rules.folds, 1 / rules.folds)
        found = balance(fold_points, _strata(members, groups, inside), equal, np.full(len(inside), -1))
        folds = dict(zip(inside, found.tolist(), strict=True))
    return [_row(row, by_id.get(row.image_id), groups, side_of=side_of, folds=folds, rules=rules) for row in crops]


def _synthetic(sample: Sample) -> bool:
    return isinstance(sample[0], MaskedImage) or sample[1].synthetic


def _fixed(
    samples: list[Sample], groups: dict[str, str], names: list[str], rules: SplitRules, pinned: dict[str, str]
) -> np.ndarray:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for _, image in samples:
        if image.id in pinned:
            votes[groups[image.id]][pinned[image.id]] += 1
    held = {groups[image.id] for _, image in samples if image.source in rules.holdout_sources}
    most = {name: max(range(3), key=lambda side: (found[SIDES[side]], -side)) for name, found in votes.items()}
    return np.array([2 if name in held else most.get(name, -1) for name in names], dtype=int)


def _strata(samples: list[Sample], groups: dict[str, str], names: list[str]) -> np.ndarray:
    strata = sorted({(row.mask_type, row.wear, image.source) for row, image in samples})
    counts = np.zeros((len(names), len(strata)))
    for row, image in samples:
        counts[names.index(groups[image.id]), strata.index((row.mask_type, row.wear, image.source))] += 1
    return counts


def _row(
    row: Face | MaskedImage,
    image: Image | None,
    groups: dict[str, str],
    *,
    side_of: dict[str, str],
    folds: dict[str, int],
    rules: SplitRules,
) -> Assignment | Rejection:
    if image is None or row.crop_path is None:
        reason = ("image_not_kept", "the image that it belongs to was not kept")
        reason = reason if image is None else ("no_crop", "the manifest names no crop")
        origin = "" if image is None else image.origin
        return Rejection(id=row.id, stage="split", reason=reason[0], detail=reason[1], origin=origin)
    group, synthetic = groups[image.id], _synthetic((row, image))
    template = row.template if isinstance(row, MaskedImage) else None
    side = side_of[group]
    if closed := rules.closed(side, synthetic, template):  # type: ignore[arg-type]
        return Rejection(id=row.id, stage="split", reason=closed[0], detail=closed[1], origin="")
    return Assignment(
        sample_id=row.id,
        image_id=image.id,
        group=group,
        side=side,  # type: ignore[arg-type]
        mask_type=row.mask_type,
        wear=row.wear,
        masked=row.masked if isinstance(row, Face) else "yes",
        valve=row.valve,
        source=image.source,
        synthetic=synthetic,
        template=template,
        crop_path=row.crop_path,
        fold=folds.get(group),
    )
