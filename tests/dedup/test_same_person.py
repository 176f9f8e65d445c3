from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from pipeline.core.arrays import Rgb
from pipeline.core.params import DedupParams, LinkPolicies, Params, SamePersonParams
from pipeline.core.records import DuplicateLink, Image
from pipeline.dedup import same_person
from pipeline.dedup.calibration.people import calibrate_people
from pipeline.dedup.curate import curate
from pipeline.dedup.same_person import OversizedPerson, close_pairs, embed_images, same_person_links
from pipeline.storage.images import write_image
from stages.cli import main
from tests.dedup.examples import fingerprint_row, image_row, picture

PARAMS = SamePersonParams(enabled=True, max_distance=0.4, max_images=5)


def along_a_line(*places: float) -> NDArray[np.float32]:
    """Embeddings at these places of one axis."""
    vectors = np.zeros((len(places), 128), np.float32)
    vectors[:, 0] = places
    return vectors


def linked(
    images: list[Image], vectors: NDArray[np.float32], params: SamePersonParams = PARAMS
) -> tuple[list[DuplicateLink], list[OversizedPerson]]:
    return same_person_links(images, {i.sha256: v for i, v in zip(images, vectors, strict=True)}, params)


@pytest.mark.parametrize("block", [7, 512])
def test_close_pairs_are_those_that_comparing_all_with_all_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_person, "_BLOCK", block)
    vectors = np.random.default_rng(0).normal(0, 0.05, (60, 128)).astype(np.float32)
    distances = np.linalg.norm(vectors[:, None].astype(np.float64) - vectors[None], axis=2)
    limit = float(np.median(distances))
    expected = {(i, j) for i in range(60) for j in range(i + 1, 60) if distances[i, j] <= limit}
    found = {(i, j): distance for i, j, distance in close_pairs(vectors, limit)}
    assert found.keys() == expected
    assert all(distance == pytest.approx(distances[pair]) for pair, distance in found.items())


def test_near_faces_are_linked_and_far_ones_are_not() -> None:
    images = sorted((image_row(name) for name in "abc"), key=lambda image: image.id)
    links, oversized = linked(images, along_a_line(0, 0.3, 0.8))
    assert [(link.first, link.second, link.kind) for link in links] == [(images[0].id, images[1].id, "same_person")]
    assert links[0].distance == pytest.approx(0.3)
    assert oversized == []


def test_a_chain_longer_than_a_person_is_reported_and_not_linked() -> None:
    chain = [image_row(f"chain{i}") for i in range(6)]
    pair = [image_row("pair0"), image_row("pair1")]
    places = [*(0.3 * i for i in range(6)), 9, 9.2]
    links, oversized = linked([*chain, *pair], along_a_line(*places))
    assert {link.first for link in links} | {link.second for link in links} == {image.id for image in pair}
    assert {row.image_id for row in oversized} == {image.id for image in chain}
    assert {(row.person, row.size) for row in oversized} == {(min(image.id for image in chain), 6)}


def test_the_policy_decides_what_a_link_means() -> None:
    images = [image_row("a"), image_row("b")]
    fingerprints = {image.sha256: fingerprint_row(image.sha256) for image in images}
    embeddings = {image.sha256: along_a_line(0)[0] for image in images}
    ignored = DedupParams(same_person=PARAMS, links=LinkPolicies(same_person="ignore"))
    for dedup, kinds in ((DedupParams(same_person=PARAMS), ["same_person"]), (ignored, [])):
        result = curate(images, fingerprints, Params(dedup=dedup), embeddings)
        assert [link.kind for link in result.links] == kinds
        assert len(result.kept) == 2


def test_embeddings_are_remembered_with_photos_that_have_no_face(
    tmp_path: Path, portrait: Rgb, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_image(tmp_path / "face.png", portrait)
    write_image(tmp_path / "none.png", picture(1))
    images = [image_row(name, path=str(tmp_path / f"{name}.png")) for name in ("face", "none")]
    first = embed_images(images, cache_folder=tmp_path / "cache")
    assert list(first) == [images[0].sha256]
    monkeypatch.setattr(same_person, "read_image", lambda *_, **__: pytest.fail("decoded again"))
    second = embed_images(images, cache_folder=tmp_path / "cache")
    np.testing.assert_array_equal(first[images[0].sha256], second[images[0].sha256])


def test_the_curve_counts_pairs_of_one_person_and_of_two() -> None:
    names = ["ann", "ann", "ann", "bob"]
    points = calibrate_people(names, along_a_line(0, 0.01, 0.32, 0.6))
    at = {p.max_distance: p for p in points}
    # the first two are copies of one photo, which don't count
    assert (at[0.325].recall.hits, at[0.325].recall.trials) == (2, 2)
    assert (at[0.3].recall.hits, at[0.3].precision.trials) == (0, 1)
    assert (at[0.3].false_matches.hits, at[0.3].false_matches.trials) == (1, 3)


def test_the_command_prints_the_curve_of_people_known_by_name(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("", encoding="utf-8")
    arguments = ["calibrate-dedup", "--params", str(tmp_path / "params.yaml"), "--people", "samples/faces"]
    result = CliRunner().invoke(main, [*arguments, "--person-name", r"^(person-00\d)-[abc]$"])
    assert result.exit_code == 0, result.output
    assert "people (10 in 21 photos)" in result.output
    rates = [float(line.split()[1].rstrip("%")) for line in result.output.splitlines()[2:]]
    assert rates == sorted(rates)
    assert rates[-1] == 100
    nobody = CliRunner().invoke(main, [*arguments, "--person-name", "(nobody)"])
    assert nobody.exit_code == 1
    assert "matches (nobody)" in nobody.output


@pytest.mark.parametrize(
    ("pattern", "code", "told"),
    [
        ("(", 2, "'(' is no regular expression: missing ), unterminated"),
        ("person", 2, "'person' has no group that is the person"),
        ("person|(nobody)", 1, "no photo with a face whose name matches person|(nobody)"),
    ],
)
def test_a_pattern_that_names_nobody_is_told(tmp_path: Path, pattern: str, code: int, told: str) -> None:
    (tmp_path / "params.yaml").touch()
    words = ["calibrate-dedup", "--params", str(tmp_path / "params.yaml"), "--people", "samples/faces"]
    result = CliRunner().invoke(main, [*words, "--person-name", pattern])
    assert (result.exit_code, told in result.output) == (code, True)
