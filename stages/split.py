"""The stage `split`: spread the faces, real and masked, over train, val and test."""

from typing import TYPE_CHECKING

from pipeline.core.paths import FACES_TABLE, KEPT, LINKS, MASKED_TABLE, REJECTED, SPLIT, SPLIT_TABLE
from stages.running.commands import dvc_stage, log_reasons
from stages.running.screen import say

if TYPE_CHECKING:
    from pipeline.core.params import Params
    from pipeline.split.assigning import SplitInputs


@dvc_stage
def command(params: "Params") -> None:
    """Assign every face crop to one side; fails if linked images would stand on two."""
    from pipeline.core.records import Assignment, Rejection
    from pipeline.split.assigning import Split, split_rules
    from pipeline.split.sides import farthest_share, side_counts
    from pipeline.storage.manifests import count_records, manifest_writer, require_rows

    require_rows(FACES_TABLE, count_records(FACES_TABLE), "face")
    rules = split_rules(params)
    split = Split(_inputs(params), rules)
    with (
        manifest_writer(SPLIT_TABLE, Assignment) as assigned,
        manifest_writer(SPLIT / REJECTED, Rejection) as rejected,
    ):
        for row in split.rows():
            (rejected if isinstance(row, Rejection) else assigned).add([row])
        split.check_no_leak()
    log_reasons("split", assigned.rows + rejected.rows, assigned.rows, split.rejected, unit="samples")
    say("split: " + ", ".join(f"{side} {count}" for side, count in side_counts(split.held).items()))
    say("split: farthest from its share: " + farthest_share(split.held, rules.shares))


def _inputs(params: "Params") -> "SplitInputs":
    from pipeline.core.records import Assignment, DuplicateLink, Face, Image, MaskedImage
    from pipeline.split.assigning import SplitInputs
    from pipeline.storage.manifests import Manifest

    return SplitInputs(
        images=Manifest(KEPT, Image),
        links=Manifest(LINKS, DuplicateLink),
        faces=Manifest(FACES_TABLE, Face),
        masked=Manifest(MASKED_TABLE, MaskedImage),
        pinned=Manifest(params.split.pinned, Assignment) if params.split.pinned else None,
        ignored=params.dedup.links.ignored(),
    )


if __name__ == "__main__":
    command()
