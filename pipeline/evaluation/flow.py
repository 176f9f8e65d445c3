"""How many samples came through each stage, and why the others did not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.core.records import Rejection


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One stage: what it kept, and its rejections by reason, the most frequent first."""

    stage: str
    kept: int
    unit: str
    reasons: tuple[tuple[str, int], ...]

    @property
    def rejected(self) -> int:
        """All rejections."""
        return sum(count for _, count in self.reasons)


def flow_row(stage: str, kept: int, unit: str, rejections: Iterable[Rejection]) -> FlowRow:
    """Count one stage."""
    reasons = Counter(rejection.reason for rejection in rejections)
    return FlowRow(stage, kept, unit, tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))))
