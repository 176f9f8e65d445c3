"""Which image an annotation speaks of: by its path, by the annotation's own name beside it, by the name that it gives.

A bare name is looked for where the annotation's images lie, never in some other folder that has one of that name.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Generic, TypeVar

from pipeline.sources.image_index import Claim, ImageIndex, as_path, words_of

Content = TypeVar("Content")

# fmt: off
_OTHER_SETS = frozenset({
    "auto", "backup", "bak", "copy", "detect", "detections", "draft", "old", "output", "outputs", "pred", "predict",
    "predicted", "prediction", "predictions", "preds", "previous", "pseudo", "results", "runs", "tmp",
})
# fmt: on
"""What folders of annotations are called that aren't the set's own, or no longer."""


@dataclass(frozen=True)
class Matches(Generic[Content]):
    """What became of the claims.

    Attributes:
        found: By the image's origin, its claim.
        contested: Images of which it can't be told what is said: several claims that differ, one for several images, or
            one that lies elsewhere than those of the images beside.
        missing: Claims without an image.
    """

    found: dict[str, Claim[Content]] = field(default_factory=dict)
    contested: dict[str, list[Claim[Content]]] = field(default_factory=dict)
    missing: list[Claim[Content]] = field(default_factory=list)


def match_claims(images: Iterable[str], claims: Iterable[Claim[Content]]) -> Matches[Content]:
    """Each image's claim; equal claims of one image are one.

    A claim whose image was found only after folders that it names were left out, or in a folder elsewhere, yields to a
    claim that found the image where it says; of an image of which such claims alone speak, see `_of_other_sets`.
    """
    index = ImageIndex(images)
    certain: defaultdict[str, list[Claim[Content]]] = defaultdict(list)
    loose: list[tuple[Claim[Content], list[str]]] = []
    shared: list[tuple[Claim[Content], list[str]]] = []
    matches: Matches[Content] = Matches()
    for claim in claims:
        origins = index.beside(claim)
        if len(origins) == 1:
            certain[origins[0]].append(claim)
        elif origins:
            shared.append((claim, origins))
        else:
            loose.append((claim, index.elsewhere(claim)))
    for claim, origins in loose:
        free = [origin for origin in origins if origin not in certain]
        shared += [(claim, free)] if free else []
        matches.missing.extend([] if free else [claim])
    _settle(matches, certain, shared, _of_other_sets(certain, loose))
    return matches


def _of_other_sets(
    certain: Mapping[str, Sequence[Claim[Content]]], loose: Sequence[tuple[Claim[Content], list[str]]]
) -> set[str]:
    """The images whose only claims may be of an older set, or a guess of some model.

    Those beside them have their claims from another folder, and of the folder that theirs come from it is known that it
    is a second set: it speaks of one of those too, or is called so.
    """
    papers: defaultdict[PurePosixPath, set[PurePosixPath]] = defaultdict(set)
    for origin, found in certain.items():
        papers[as_path(origin).parent].update(as_path(claim.paper).parent for claim in found)
    placed = [(as_path(claim.paper).parent, origins) for claim, origins in loose]
    second = {own for own, origins in placed if any(origin in certain for origin in origins)}
    return {
        origin
        for own, origins in placed
        for origin in origins
        if origin not in certain
        and own not in papers.get(as_path(origin).parent, {own})
        and (own in second or (words_of(own) - words_of(as_path(origin))) & _OTHER_SETS)
    }


def _settle(
    matches: Matches[Content],
    certain: dict[str, list[Claim[Content]]],
    shared: Sequence[tuple[Claim[Content], list[str]]],
    strange: Collection[str],
) -> None:
    claims = defaultdict(list, {origin: list(found) for origin, found in certain.items()})
    several = set(strange)
    for claim, origins in shared:
        free = [origin for origin in origins if origin not in certain]
        several |= set(free) if len(free) > 1 else set()
        matches.missing.extend([] if free else [claim])
        for origin in free:
            claims[origin].append(claim)
    for origin, found in claims.items():
        if origin in several or any(claim.said != found[0].said for claim in found):
            matches.contested[origin] = found
        else:
            matches.found[origin] = found[0]
