import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline.curation.links import make_link
from pipeline.records import Assignment
from pipeline.splitting import (
    SIDES,
    LeakError,
    Sample,
    SplitRules,
    assign_sides,
    balance,
    check_no_leak,
    farthest_share,
    group_of_images,
)
from tests.curation.examples import image_row

SHARES = (0.7, 0.15, 0.15)


def assigned(samples, **rules):
    """The assignments alone, each image a group of its own."""
    return assign_sides(samples, own_groups(samples), SplitRules(shares=SHARES, **rules))[0]


def sides(samples, **rules):
    return {a.sample_id: a.side for a in assigned(samples, **rules)}


def sample(name, group="", **changes):
    row = {
        "id": name,
        "image_id": group or name,
        "identity": f"identity of {group or name}",
        "source": "unit",
        "synthetic": False,
        "template": None,
        "mask_type": "none",
        "wear": "none",
        "valve": "unknown",
        "crop_path": f"{name}.jpg",
    }
    return Sample(**(row | changes))


def many(count, groups=None):
    """Samples of four types from two sources, several to a group."""
    rng = random.Random(5)
    for i in range(count):
        kind = rng.choice(["none", "none", "cloth", "surgical", "ffp2"])
        group = f"g{rng.randrange(groups or count)}"
        yield sample(f"s{i}", group, mask_type=kind, source=rng.choice(["a", "b"]))


def own_groups(samples):
    return {s.image_id: s.image_id for s in samples}


def test_images_tied_by_any_shared_identity_are_one_group():
    a, b = image_row("a", person_id="p"), image_row("b", person_id="p", photo_id="f")
    c, d, alone = image_row("c", photo_id="f", sha256="s"), image_row("d", sha256="s"), image_row("alone")
    groups = group_of_images([a, b, c, d, alone], [])
    assert len({groups[i.id] for i in (a, b, c, d)}) == 1
    assert groups[alone.id] == alone.id


def test_a_dropped_image_still_ties_two_kept_ones():
    a, b, dropped = image_row("a"), image_row("b"), image_row("dropped")
    links = [make_link(a.id, dropped.id, "near", 2.0), make_link(dropped.id, b.id, "mask_pair", 2.0)]
    groups = group_of_images([a, b], links)
    assert groups[a.id] == groups[b.id]
    assert len(set(group_of_images([a, b], links, frozenset({"mask_pair"})).values())) == 2


def test_no_group_stands_on_two_sides():
    samples = list(many(400, groups=120))
    side_of = {}
    for a in assigned(samples):
        assert side_of.setdefault(a.group, a.side) == a.side
    assert set(side_of.values()) == set(SIDES)


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_holds_its_shares_within_one_group(seed):
    samples = list(many(600))
    largest = max(Counter(s.image_id for s in samples).values())
    rows = assigned(samples, seed=seed)
    totals = Counter((a.mask_type, a.source) for a in rows)
    held = Counter((a.mask_type, a.source, a.side) for a in rows)
    for stratum, total in totals.items():
        for side, share in zip(SIDES, SHARES, strict=True):
            assert abs(held[(*stratum, side)] - share * total) <= largest


def test_order_changes_nothing_and_the_seed_does():
    samples = list(many(200))
    shuffled = random.Random(1).sample(samples, len(samples))
    assert assigned(shuffled) == assigned(samples)
    assert assigned(samples, seed=1) != assigned(samples)


def test_new_images_hardly_move_old_ones():
    samples = list(many(1100))
    before, after = sides(samples[:1000]), sides(samples)
    assert sum(before[name] != after[name] for name in before) <= 0.04 * len(before)


def test_a_stable_assignment_moves_no_group_when_others_come_or_go():
    samples = list(many(10_000, groups=4000))
    before = sides(samples[:9000], stable=True)
    after = sides(samples, stable=True)
    assert {name: after[name] for name in before} == before
    shares = np.array([Counter(after.values())[side] for side in SIDES]) / len(samples)
    np.testing.assert_allclose(shares, SHARES, atol=0.02)


def test_a_stable_group_moves_only_where_it_merges_with_one_of_another_side():
    samples = [sample(f"s{i}") for i in range(400)]
    before = sides(samples, stable=True)
    joined = {f"s{i}": f"pair {i // 2}" for i in range(400)}
    after = {a.sample_id: a.side for a in assign_sides(samples, joined, SplitRules(shares=SHARES, stable=True))[0]}
    for i in range(0, 400, 2):
        assert after[f"s{i}"] == after[f"s{i + 1}"]
        assert after[f"s{i}"] in {before[f"s{i}"], before[f"s{i + 1}"]}


@pytest.mark.parametrize("seed", range(10))
def test_a_dozen_groups_leave_no_side_empty(seed):
    samples = [sample(f"s{i}") for i in range(12)]
    assert set(sides(samples, stable=True, seed=seed).values()) == set(SIDES)
    assert set(sides(samples[:1], stable=True, seed=seed).values()) < set(SIDES)


def test_pinned_images_never_move():
    samples = list(many(600, groups=300))
    before = sides(samples[:400])
    pinned = {s.image_id: before[s.id] for s in samples[:400]}
    after = sides(samples, pinned=pinned, seed=7)
    assert all(after[name] == side for name, side in before.items())
    assert set(after.values()) == set(SIDES)


def test_pinned_images_that_a_link_joined_go_where_most_stood():
    samples = [sample(f"s{i}", "joined") for i in range(3)]
    pinned = {"joined": "val"}
    assert set(sides(samples, pinned=pinned).values()) == {"val"}
    apart = [sample("a"), sample("b"), sample("c")]
    groups = dict.fromkeys("abc", "one")
    rules = SplitRules(shares=SHARES, pinned={"a": "test", "b": "test", "c": "train"})
    assert {a.side for a in assign_sides(apart, groups, rules)[0]} == {"test"}


def test_folds_keep_groups_whole_and_strata_even():
    rows = assigned(list(many(500, groups=200)), folds=5)
    fold_of = {}
    for a in rows:
        assert (a.fold is None) == (a.side == "test")
        assert fold_of.setdefault(a.group, a.fold) == a.fold
    held = Counter((a.fold, a.mask_type) for a in rows if a.fold is not None)
    totals = Counter(a.mask_type for a in rows if a.fold is not None)
    assert all(abs(count - totals[kind] / 5) <= 8 for (_, kind), count in held.items())
    assert len(held) == 20


def test_synthetic_samples_leave_a_real_test_side():
    samples = [*many(300), *(sample(f"m{i}", f"g{i}", synthetic=True, mask_type="cloth") for i in range(300))]
    rules = SplitRules(shares=SHARES, test_real_only=True)
    rows, rejected = assign_sides(samples, own_groups(samples), rules)
    assert not any(a.synthetic for a in rows if a.side == "test")
    assert {r.reason for r in rejected} == {"synthetic_on_test"}
    assert len(rows) + len(rejected) == len(samples)
    real = Counter(a.side for a in rows if not a.synthetic)
    assert abs(real["test"] / real.total() - 0.15) < 0.02


def test_held_out_sources_and_templates_are_seen_on_test_alone():
    masked = [sample(f"m{i}", f"g{i}", synthetic=True, template=f"t{i % 3}", mask_type="cloth") for i in range(300)]
    samples = [*many(300), *masked]
    rules = SplitRules(shares=SHARES, holdout_templates=frozenset({"t0"}))
    rows, rejected = assign_sides(samples, own_groups(samples), rules)
    assert {a.side for a in rows if a.template == "t0"} == {"test"}
    assert {r.reason for r in rejected} == {"held_out_template"}
    apart = assigned([*many(300), sample("x", source="other")], holdout_sources=frozenset({"other"}))
    assert {a.side for a in apart if a.source == "other"} == {"test"}


def test_a_share_of_zero_leaves_a_side_empty():
    counts = np.ones((50, 1))
    free = np.full(50, -1)
    found = balance(np.linspace(0, 0.999, 50), counts, np.array([0.5, 0.0, 0.5]), free)
    assert Counter(found.tolist()) == {0: 25, 2: 25}


def test_a_lopsided_draw_is_balanced_by_the_nearest_groups():
    points = np.linspace(0, 0.6, 100)  # nothing falls on val or test
    found = balance(points, np.ones((100, 1)), np.array(SHARES), np.full(100, -1))
    assert np.all(np.abs(np.bincount(found) - 100 * np.array(SHARES)) <= 1)
    assert found[:60].max() == 0


def test_the_worst_kept_share_is_named():
    rows = [replace(a, side="train") for a in assigned([sample(name) for name in "abcd"])]
    assert farthest_share(rows, SHARES) == "none has 100.0% on train, asked for 70.0%"


def test_the_gate_sees_a_split_group_and_a_crossing_link():
    samples = [sample("a"), sample("b")]
    one, two = assigned(samples)
    apart: list[Assignment] = [replace(one, side="train"), replace(two, side="test")]
    check_no_leak(apart, [])
    with pytest.raises(LeakError, match="near link a - b joins two sides"):
        check_no_leak(apart, [make_link("a", "b", "near", 1.0)])
    with pytest.raises(LeakError, match="group a stands on test, train"):
        check_no_leak([apart[0], replace(apart[1], group="a")], [])
    check_no_leak(apart, [make_link("a", "b", "near", 1.0)], frozenset({"near"}))
