import itertools
import random
from typing import Any

import pytest

from pipeline.core.params import DedupParams
from pipeline.core.records import DuplicateLink, Image, LabelledBox, LinkKind
from pipeline.dedup.keeping import Verdicts, keep_best
from tests.dedup.examples import fingerprint_row, image_row, make_link

PARAMS = DedupParams()


def judged(images: list[Image], links: list[DuplicateLink], params: DedupParams = PARAMS, **rows: Any) -> Verdicts:
    """Verdicts where every content has an unremarkable fingerprint, but for those given by origin."""
    fingerprints = {image.sha256: fingerprint_row(image.sha256, **rows.get(image.origin, {})) for image in images}
    return keep_best(images, links, fingerprints, params)


def chain(images: list[Image], kind: LinkKind = "near", distance: float = 3.0) -> list[DuplicateLink]:
    return [make_link(a.id, b.id, kind, distance) for a, b in itertools.pairwise(images)]


def reasons(verdicts: Verdicts) -> dict[str, str]:
    return {r.origin: r.reason for r in verdicts.rejected}


@pytest.mark.parametrize(
    "better",
    [{"mask_type": "none"}, {"width_px": 101}],
    ids=["label known", "larger"],
)
def test_the_better_copy_stays(better: dict[str, Any]) -> None:
    plain, best = image_row("plain"), image_row("best", **better)
    verdicts = judged([plain, best], chain([plain, best]))
    assert list(verdicts.kept) == [best]
    assert reasons(verdicts) == {"plain": "near_duplicate"}
    assert best.id in verdicts.rejected[0].detail


def test_a_known_licence_outweighs_size() -> None:
    small, large = image_row("small"), image_row("large", licence="unknown", width_px=900)
    assert list(judged([small, large], chain([small, large])).kept) == [small]


def test_the_ends_of_a_chain_are_not_taken_for_duplicates() -> None:
    left, middle, right = (image_row(n, width_px=w) for n, w in (("l", 300), ("m", 200), ("r", 100)))
    verdicts = judged([left, middle, right], chain([left, middle, right]))
    assert {i.origin for i in verdicts.kept} == {"l", "r"}


def test_copies_tied_to_one_of_them_are_all_duplicates() -> None:
    copies = [image_row(str(i), sha256="s") for i in range(3)]
    hub, *rest = sorted(copies, key=lambda c: c.id)
    best = image_row("best", sha256="s", width_px=999)
    links = [make_link(hub.id, other.id, "exact", 0.0) for other in (*rest, best)]
    verdicts = judged([*copies, best], links)
    assert list(verdicts.kept) == [best]
    assert set(reasons(verdicts).values()) == {"exact_duplicate"}


def test_conflicting_labels_reject_the_whole_cluster() -> None:
    images = [image_row("a", mask_type="cloth"), image_row("b", mask_type="ffp2"), image_row("c")]
    verdicts = judged(images, chain(images))
    assert list(verdicts.kept) == []
    assert set(reasons(verdicts).values()) == {"label_conflict"}


def test_conflicting_labels_may_keep_the_best() -> None:
    images = [image_row("a", mask_type="cloth"), image_row("b", mask_type="ffp2", width_px=200)]
    verdicts = judged(images, chain(images), DedupParams(label_conflict="keep_best"))
    assert [i.origin for i in verdicts.kept] == ["b"]


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        ({"masked": "yes"}, {"mask_type": "none", "masked": "no"}, True),
        ({"masked": "yes"}, {"mask_type": "cloth", "masked": "yes"}, False),
        ({"masked": "yes"}, {}, False),
    ],
)
def test_masked_alone_contradicts_bare_and_nothing_else(
    first: dict[str, Any], second: dict[str, Any], conflict: bool
) -> None:
    images = [image_row("a", **first), image_row("b", **second)]
    assert ("label_conflict" in reasons(judged(images, chain(images))).values()) == conflict


@pytest.mark.parametrize(
    ("shift", "said", "conflict"),
    [
        (2, {"mask_type": "none", "wear": "none", "masked": "no"}, True),
        (2, {"mask_type": "cloth", "masked": "yes"}, False),
        (90, {"mask_type": "none", "wear": "none", "masked": "no"}, False),
    ],
)
def test_copies_whose_boxes_of_one_face_disagree_are_a_conflict(
    shift: int, said: dict[str, Any], conflict: bool
) -> None:
    worn = LabelledBox(left=10, top=10, right=50, bottom=50, original_label="mask", wear="correct", masked="yes")
    other = LabelledBox(left=10 + shift, top=10, right=50 + shift, bottom=50, original_label="x", **said)
    images = [image_row("a", sha256="s", boxes=(worn,)), image_row("b", sha256="s", boxes=(other,))]
    found = judged(images, chain(images, kind="exact", distance=0.0))
    assert list(reasons(found).values()) == (["label_conflict"] * 2 if conflict else ["exact_duplicate"])


def test_a_masked_twin_is_kept() -> None:
    images = [image_row("bare", mask_type="none"), image_row("twin", mask_type="cloth")]
    assert len(judged(images, chain(images, kind="mask_pair")).kept) == 2


def test_every_image_leaves_once_whatever_the_order() -> None:
    rng = random.Random(1)
    images = [image_row(str(i), width_px=rng.randint(50, 60)) for i in range(40)]
    links = [make_link(a.id, b.id, "near", 2.0) for a, b in (rng.sample(images, 2) for _ in range(30))]
    verdicts = judged(images, links)
    assert sorted([i.id for i in verdicts.kept] + [r.id for r in verdicts.rejected]) == sorted(i.id for i in images)
    again = judged(rng.sample(images, 40), rng.sample(links, 30))
    assert list(again.kept) == list(verdicts.kept)
    assert (again.rejected, again.clusters) == (verdicts.rejected, verdicts.clusters)


def test_the_sharper_then_the_less_compressed_copy_stays() -> None:
    a, b = image_row("a"), image_row("b")
    for worse, better in ((a, b), (b, a)):
        softer = judged([a, b], chain([a, b]), PARAMS, **{worse.origin: {"sharpness": 0.01}})
        coarser = judged([a, b], chain([a, b]), PARAMS, **{worse.origin: {"compression": 0.5}})
        assert list(softer.kept) == list(coarser.kept) == [better]


def test_an_oversized_cluster_is_reported_and_its_conflicts_stay_local() -> None:
    images = [image_row(str(i), mask_type="none", width_px=200 - i) for i in range(60)]
    odd = image_row("odd", mask_type="cloth")
    verdicts = judged([*images, odd], chain([*images, odd]))
    conflicts = [r.origin for r in verdicts.rejected if r.reason == "label_conflict"]
    assert sorted(conflicts) == ["59", "odd"]
    assert all(row.oversized and row.size == 61 for row in verdicts.clusters)
    assert 20 <= len(verdicts.kept) <= 40


def test_clusters_tell_who_was_kept_for_whom_and_how_wide_they_are() -> None:
    best, copy, alone = image_row("best", width_px=300), image_row("copy"), image_row("alone")
    verdicts = judged([best, copy, alone], chain([best, copy]), copy={"phash": f"{0b111:016x}"})
    assert {(row.image_id, row.keeper) for row in verdicts.clusters} == {(best.id, best.id), (copy.id, best.id)}
    assert {row.diameter_bits for row in verdicts.clusters} == {3}


def test_exact_means_the_same_bytes_whatever_the_distance_of_the_hashes() -> None:
    best, copy = image_row("best", width_px=300), image_row("copy")
    twin = image_row("twin", sha256=copy.sha256)
    links = [make_link(best.id, copy.id, "near", 0.0), make_link(copy.id, twin.id, "exact", 0.0)]
    verdicts = judged([best, copy, twin], links)
    assert list(verdicts.kept) == [best]
    assert reasons(verdicts) == {"copy": "near_duplicate", "twin": "near_duplicate"}


def test_equal_hashes_do_not_tie_photos_of_different_contents_into_one() -> None:
    """The hashes of b equal those of both; that a and c are copies, nothing says."""
    a, b, c = image_row("a", width_px=300), image_row("b", width_px=100), image_row("c", width_px=200)
    links = [make_link(a.id, b.id, "near", 0.0), make_link(b.id, c.id, "near", 0.0)]
    assert {image.origin for image in judged([a, b, c], links).kept} == {"a", "c"}
