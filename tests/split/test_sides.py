import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.columns.ids import IdTable, id_array
from pipeline.core.records import SIDES, Assignment, DuplicateLink, Image, LinkKind, MaskType, Rejection, Side
from pipeline.split.groups import group_images
from pipeline.split.leak_gate import LeakError, LeakGate
from pipeline.split.sides import SplitRules, balance, farthest_share
from tests.dedup.examples import image_row, make_link
from tests.split.rows import face_of, made_manifest, masked_of, split_rows

SHARES = (0.7, 0.15, 0.15)


@dataclass(frozen=True)
class Sample:
    """A face crop of a photo of its own, or a masked one where it has a template."""

    id: str
    group: str
    mask_type: MaskType = "none"
    source: str = "unit"
    synthetic: bool = False
    template: str | None = None


def sample(name: str, group: str = "", **changes: Any) -> Sample:
    return Sample(name, group or name, **changes)


def split(
    samples: list[Sample], pinned: Mapping[str, Side] | None = None, groups: dict[str, str] | None = None, **rules: Any
) -> list[Assignment | Rejection]:
    """All rows; the photos of a group are tied by links, and each is placed by its group's name of its own."""
    images = [
        image_row(s.id, id=s.id, sha256=hashlib.sha256(s.group.encode()).hexdigest(), source=s.source) for s in samples
    ]
    faces, masked = [], []
    for s, image in zip(samples, images, strict=True):
        face = replace(face_of(image), id=s.id, mask_type=s.mask_type, wear="none")
        if s.template is None and not s.synthetic:
            faces.append(face)
        else:
            masked.append(replace(masked_of(face, image, s.mask_type), id=s.id, template=s.template or "t"))
    ordered = sorted(samples, key=lambda s: (groups or {}).get(s.id, s.group))
    ties = [(a.id, b.id) for a, b in pairwise(ordered) if groups and groups[a.id] == groups[b.id]]
    links = [make_link(first, second, "same_person", 0.0) for first, second in ties]
    return split_rows(images, links, faces, masked, SplitRules(shares=SHARES, **rules), pinned=pinned or {})


def assigned(samples: list[Sample], **options: Any) -> list[Assignment]:
    return [row for row in split(samples, **options) if isinstance(row, Assignment)]


def rejected(samples: list[Sample], **options: Any) -> list[Rejection]:
    return [row for row in split(samples, **options) if isinstance(row, Rejection)]


def sides(samples: list[Sample], **options: Any) -> dict[str, str]:
    return {a.sample_id: a.side for a in assigned(samples, **options)}


def many(count: int, groups: int | None = None) -> Iterator[Sample]:
    """Samples of four types from two sources, several to a group."""
    rng = random.Random(5)
    for i in range(count):
        kind = rng.choice(["none", "none", "cloth", "surgical", "ffp2"])
        group = f"g{rng.randrange(groups or count)}"
        yield sample(f"s{i}", group, mask_type=kind, source=rng.choice(["a", "b"]))


@pytest.fixture
def grouped(tmp_path: Path) -> Callable[..., Any]:
    """The group of each image by the images and the links between them."""

    def group(
        images: list[Image], links: list[DuplicateLink], ignored: frozenset[LinkKind] = frozenset()
    ) -> dict[str, str]:
        found = group_images(
            made_manifest(tmp_path, images, Image), made_manifest(tmp_path, links, DuplicateLink), ignored
        )
        return {image.id: found.of(image.id) for image in images}

    return group


def test_images_tied_by_any_shared_identity_are_one_group(grouped: Callable[..., Any]) -> None:
    a, b = image_row("a", person_id="p"), image_row("b", person_id="p", photo_id="f")
    c, d, alone = image_row("c", photo_id="f", sha256="s"), image_row("d", sha256="s"), image_row("alone")
    groups = grouped([a, b, c, d, alone], [])
    assert {groups[i.id] for i in (a, b, c, d)} == {min(i.id for i in (a, b, c, d))}
    assert groups[alone.id] == alone.id


def test_a_dropped_image_still_ties_two_kept_ones(grouped: Callable[..., Any]) -> None:
    a, b, dropped = image_row("a"), image_row("b"), image_row("dropped")
    links = [make_link(a.id, dropped.id, "near", 2.0), make_link(dropped.id, b.id, "mask_pair", 2.0)]
    groups = grouped([a, b], links)
    assert groups[a.id] == groups[b.id]
    assert len(set(grouped([a, b], links, frozenset({"mask_pair"})).values())) == 2


def test_no_group_stands_on_two_sides() -> None:
    samples = list(many(400, groups=120))
    side_of: dict[str, str] = {}
    for a in assigned(samples):
        assert side_of.setdefault(a.group, a.side) == a.side
    assert set(side_of.values()) == set(SIDES)


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_holds_its_shares_within_one_group(seed: int) -> None:
    samples = list(many(600))
    largest = max(Counter(s.group for s in samples).values())
    rows = assigned(samples, seed=seed)
    totals = Counter((a.mask_type, a.source) for a in rows)
    held = Counter((a.mask_type, a.source, a.side) for a in rows)
    for stratum, total in totals.items():
        for side, share in zip(SIDES, SHARES, strict=True):
            assert abs(held[(*stratum, side)] - share * total) <= largest


def test_order_changes_nothing_and_the_seed_does() -> None:
    samples = list(many(200))
    shuffled = random.Random(1).sample(samples, len(samples))
    assert assigned(shuffled) == assigned(samples)
    assert assigned(samples, seed=1) != assigned(samples)


def test_new_images_hardly_move_old_ones() -> None:
    samples = list(many(1100))
    before, after = sides(samples[:1000]), sides(samples)
    assert sum(before[name] != after[name] for name in before) <= 0.04 * len(before)


def test_a_stable_assignment_moves_no_group_when_others_come_or_go() -> None:
    samples = list(many(10_000, groups=4000))
    before = sides(samples[:9000], stable=True)
    after = sides(samples, stable=True)
    assert {name: after[name] for name in before} == before
    shares = np.array([Counter(after.values())[side] for side in SIDES]) / len(samples)
    np.testing.assert_allclose(shares, SHARES, atol=0.02)


def test_a_stable_group_moves_only_where_it_merges_with_one_of_another_side() -> None:
    samples = [sample(f"s{i}") for i in range(400)]
    before = sides(samples, stable=True)
    joined = {f"s{i}": f"pair {i // 2}" for i in range(400)}
    after = sides(samples, groups=joined, stable=True)
    for i in range(0, 400, 2):
        assert after[f"s{i}"] == after[f"s{i + 1}"]
        assert after[f"s{i}"] in {before[f"s{i}"], before[f"s{i + 1}"]}


@pytest.mark.parametrize("seed", range(10))
def test_a_dozen_groups_leave_no_side_empty(seed: int) -> None:
    samples = [sample(f"s{i}") for i in range(12)]
    assert set(sides(samples, stable=True, seed=seed).values()) == set(SIDES)
    assert set(sides(samples[:1], stable=True, seed=seed).values()) < set(SIDES)


def test_pinned_images_never_move() -> None:
    samples = list(many(600, groups=300))
    before = sides(samples[:400])
    pinned = {s.id: before[s.id] for s in samples[:400]}
    after = sides(samples, pinned=pinned, seed=7)
    assert all(after[name] == side for name, side in before.items())
    assert set(after.values()) == set(SIDES)


def test_pinned_images_that_a_link_joined_go_where_most_stood() -> None:
    samples = [sample(name, "joined") for name in "abc"]
    assert set(sides(samples, pinned={"a": "val"}).values()) == {"val"}
    pinned = {"a": "test", "b": "test", "c": "train"}
    assert set(sides(samples, pinned=pinned).values()) == {"test"}
    assert set(sides(samples, pinned={"a": "val", "b": "test"}).values()) == {"val"}


def test_folds_keep_groups_whole_and_strata_even() -> None:
    rows = assigned(list(many(500, groups=200)), folds=5)
    fold_of: dict[str, int | None] = {}
    for a in rows:
        assert (a.fold is None) == (a.side == "test")
        assert fold_of.setdefault(a.group, a.fold) == a.fold
    held = Counter((a.fold, a.mask_type) for a in rows if a.fold is not None)
    totals = Counter(a.mask_type for a in rows if a.fold is not None)
    assert all(abs(count - totals[kind] / 5) <= 8 for (_, kind), count in held.items())
    assert len(held) == 20


def test_synthetic_samples_leave_a_real_test_side() -> None:
    samples = [*many(300), *(sample(f"m{i}", f"g{i}", synthetic=True, mask_type="cloth") for i in range(300))]
    rows, gone = assigned(samples, test_real_only=True), rejected(samples, test_real_only=True)
    assert not any(a.synthetic for a in rows if a.side == "test")
    assert {r.reason for r in gone} == {"synthetic_on_test"}
    assert len(rows) + len(gone) == len(samples)
    real = Counter(a.side for a in rows if not a.synthetic)
    assert abs(real["test"] / real.total() - 0.15) < 0.02


def test_held_out_sources_and_templates_are_seen_on_test_alone() -> None:
    masked = [sample(f"m{i}", f"g{i}", synthetic=True, template=f"t{i % 3}", mask_type="cloth") for i in range(300)]
    samples = [*many(300), *masked]
    rows = split(samples, holdout_templates=frozenset({"t0"}))
    assert {a.side for a in rows if isinstance(a, Assignment) and a.template == "t0"} == {"test"}
    assert {r.reason for r in rows if isinstance(r, Rejection)} == {"held_out_template"}
    apart = assigned([*many(300), sample("x", source="other")], holdout_sources=frozenset({"other"}))
    assert {a.side for a in apart if a.source == "other"} == {"test"}


def test_a_share_of_zero_leaves_a_side_empty() -> None:
    counts = np.ones((50, 1))
    free = np.full(50, -1)
    found = balance(np.linspace(0, 0.999, 50), counts, np.array([0.5, 0.0, 0.5]), free)
    assert Counter(found.tolist()) == {0: 25, 2: 25}


def test_a_lopsided_draw_is_balanced_by_the_nearest_groups() -> None:
    points = np.linspace(0, 0.6, 100)  # nothing falls on val or test
    found = balance(points, np.ones((100, 1)), np.array(SHARES), np.full(100, -1))
    assert np.all(np.abs(np.bincount(found) - 100 * np.array(SHARES)) <= 1)
    assert found[:60].max() == 0


def test_the_worst_kept_share_is_named() -> None:
    assert farthest_share({("none", "train"): 4}, SHARES) == "none has 100.0% on train, asked for 70.0%"


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., Any]:
    """Checks rows and links as a split does."""

    def check(rows: list[Assignment], links: list[DuplicateLink], ignored: frozenset[LinkKind] = frozenset()) -> None:
        watch = LeakGate(IdTable(id_array("ab")))
        for row in rows:
            watch.add(row)
        watch.check(made_manifest(tmp_path, links, DuplicateLink), ignored)

    return check


def test_the_gate_sees_a_split_group_and_a_crossing_link(gate: Callable[..., Any]) -> None:
    one, two = assigned([sample("a"), sample("b")])
    apart = [replace(one, side="train"), replace(two, side="test")]
    gate(apart, [])
    with pytest.raises(LeakError, match="near link a - b joins two sides"):
        gate(apart, [make_link("a", "b", "near", 1.0)])
    with pytest.raises(LeakError, match="group a stands on test, train"):
        gate([apart[0], replace(apart[1], group="a")], [])
    with pytest.raises(LeakError, match="in 2 places; the first:\na stands on test, train"):
        gate([*apart, replace(apart[0], side="test")], [])
    gate(apart, [make_link("a", "b", "near", 1.0)], frozenset({"near"}))
    gate(apart, [make_link("a", "elsewhere", "near", 1.0)])
