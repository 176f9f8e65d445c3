import itertools
import random

import pytest

from pipeline.config import DedupParams
from pipeline.curation.keeping import keep_best
from pipeline.curation.links import make_link
from tests.curation.examples import image_row

PARAMS = DedupParams()


def chain(images, kind="near", distance=3.0):
    return [make_link(a.id, b.id, kind, distance) for a, b in itertools.pairwise(images)]


def reasons(verdicts):
    return {r.origin: r.reason for r in verdicts.rejected}


@pytest.mark.parametrize(
    "better",
    [{"mask_type": "none"}, {"width_px": 101}],
    ids=["label known", "larger"],
)
def test_the_better_copy_stays(better):
    plain, best = image_row("plain"), image_row("best", **better)
    verdicts = keep_best([plain, best], chain([plain, best]), PARAMS)
    assert verdicts.kept == [best]
    assert reasons(verdicts) == {"plain": "near_duplicate"}
    assert best.id in verdicts.rejected[0].detail


def test_a_known_licence_outweighs_size():
    small, large = image_row("small"), image_row("large", licence="unknown", width_px=900)
    assert keep_best([small, large], chain([small, large]), PARAMS).kept == [small]


def test_the_ends_of_a_chain_are_not_taken_for_duplicates():
    left, middle, right = (image_row(n, width_px=w) for n, w in (("l", 300), ("m", 200), ("r", 100)))
    verdicts = keep_best([left, middle, right], chain([left, middle, right]), PARAMS)
    assert {i.origin for i in verdicts.kept} == {"l", "r"}


def test_copies_tied_to_one_of_them_are_all_duplicates():
    copies = [image_row(str(i), sha256="s") for i in range(3)]
    hub, *rest = sorted(copies, key=lambda c: c.id)
    best = image_row("best", sha256="s", width_px=999)
    links = [make_link(hub.id, other.id, "exact", 0.0) for other in (*rest, best)]
    verdicts = keep_best([*copies, best], links, PARAMS)
    assert verdicts.kept == [best]
    assert set(reasons(verdicts).values()) == {"exact_duplicate"}


def test_conflicting_labels_reject_the_whole_cluster():
    images = [image_row("a", mask_type="cloth"), image_row("b", mask_type="ffp2"), image_row("c")]
    verdicts = keep_best(images, chain(images), PARAMS)
    assert verdicts.kept == []
    assert set(reasons(verdicts).values()) == {"label_conflict"}


def test_conflicting_labels_may_keep_the_best():
    images = [image_row("a", mask_type="cloth"), image_row("b", mask_type="ffp2", width_px=200)]
    verdicts = keep_best(images, chain(images), DedupParams(label_conflict="keep_best"))
    assert [i.origin for i in verdicts.kept] == ["b"]


def test_a_masked_twin_is_kept():
    images = [image_row("bare", mask_type="none"), image_row("twin", mask_type="cloth")]
    assert len(keep_best(images, chain(images, kind="mask_pair"), PARAMS).kept) == 2


def test_every_image_leaves_once_whatever_the_order():
    rng = random.Random(1)
    images = [image_row(str(i), width_px=rng.randint(50, 60)) for i in range(40)]
    links = [make_link(a.id, b.id, "near", 2.0) for a, b in (rng.sample(images, 2) for _ in range(30))]
    verdicts = keep_best(images, links, PARAMS)
    assert sorted([i.id for i in verdicts.kept] + [r.id for r in verdicts.rejected]) == sorted(i.id for i in images)
    assert keep_best(rng.sample(images, 40), rng.sample(links, 30), PARAMS) == verdicts
