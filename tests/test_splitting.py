import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline.config import SplitParams
from pipeline.curation.links import make_link
from pipeline.records import Assignment
from pipeline.splitting import SIDES, LeakError, Sample, assign_sides, balance, check_no_leak, group_of_images
from tests.curation.examples import image_row

PARAMS = SplitParams()


def sample(name, group="", **changes):
    row = {
        "id": name,
        "image_id": group or name,
        "content": f"content of {group or name}",
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
    sides = {}
    for a in assign_sides(samples, own_groups(samples), PARAMS, seed=0):
        assert sides.setdefault(a.group, a.side) == a.side
    assert set(sides.values()) == set(SIDES)


@pytest.mark.parametrize("seed", range(5))
def test_every_stratum_holds_its_shares_within_one_group(seed):
    samples = list(many(600))
    groups = own_groups(samples)
    largest = max(Counter(s.image_id for s in samples).values())
    assigned = assign_sides(samples, groups, PARAMS, seed)
    totals = Counter((a.mask_type, a.source) for a in assigned)
    held = Counter((a.mask_type, a.source, a.side) for a in assigned)
    for stratum, total in totals.items():
        for side in SIDES:
            assert abs(held[(*stratum, side)] - getattr(PARAMS, side) * total) <= largest


def test_order_changes_nothing_and_the_seed_does():
    samples = list(many(200))
    shuffled = random.Random(1).sample(samples, len(samples))
    first = assign_sides(samples, own_groups(samples), PARAMS, seed=0)
    assert assign_sides(shuffled, own_groups(samples), PARAMS, seed=0) == first
    assert assign_sides(samples, own_groups(samples), PARAMS, seed=1) != first


def test_new_images_hardly_move_old_ones():
    samples = list(many(1000))
    old, groups = samples[:900], own_groups(samples)
    before = {a.sample_id: a.side for a in assign_sides(old, groups, PARAMS, seed=0)}
    after = {a.sample_id: a.side for a in assign_sides(samples, groups, PARAMS, seed=0)}
    assert sum(before[s.id] != after[s.id] for s in old) <= 0.06 * len(old)


def test_a_share_of_zero_leaves_a_side_empty():
    counts = np.ones((50, 1))
    sides = balance(np.linspace(0, 0.999, 50), counts, np.array([0.5, 0.0, 0.5]))
    assert Counter(sides.tolist()) == {0: 25, 2: 25}


def test_the_gate_sees_a_split_group_and_a_crossing_link():
    samples = [sample("a"), sample("b")]
    one, two = assign_sides(samples, own_groups(samples), PARAMS, seed=0)
    apart: list[Assignment] = [replace(one, side="train"), replace(two, side="test")]
    check_no_leak(apart, [])
    with pytest.raises(LeakError, match="near link a - b joins two sides"):
        check_no_leak(apart, [make_link("a", "b", "near", 1.0)])
    with pytest.raises(LeakError, match="group a stands on test, train"):
        check_no_leak([apart[0], replace(apart[1], group="a")], [])
    check_no_leak(apart, [make_link("a", "b", "near", 1.0)], frozenset({"near"}))
