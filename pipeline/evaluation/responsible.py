"""What people should know of a dataset before they use it, as fields of Croissant's RAI vocabulary.

After mlcommons.org/croissant/RAI/1.0. Each sentence is counted from the manifests or measured; what nothing records
(the consent of the people shown, above all) is said to be unknown.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.core.records import Assignment
from pipeline.evaluation.attributes import SKIN_TONE_LIMITS
from pipeline.evaluation.cards import SourceRow
from pipeline.evaluation.flow import FlowRow
from pipeline.evaluation.measured import MeasuredSet
from pipeline.evaluation.slices import lagging

Rai = dict[str, str | list[str]]


def responsible_fields(
    rows: Sequence[Assignment], sources: Sequence[SourceRow], flow: Sequence[FlowRow], sets: Sequence[MeasuredSet]
) -> Rai:
    """The `rai:` properties of the dataset, by name."""
    return {
        "rai:dataCollection": _collection(rows, sources),
        "rai:dataCollectionType": ["Secondary Data Analysis"],
        "rai:dataPreprocessingProtocol": [_stage(row) for row in flow],
        "rai:dataAnnotationProtocol": _annotation(rows),
        "rai:dataBiases": [*_composition(rows), *_measured_biases(sets)],
        "rai:dataLimitations": _limitations(),
        "rai:dataUseCases": ["Training and measuring classifiers of face masks and of how they are worn."],
        "rai:personalSensitiveInformation": _personal(),
    }


def synthetic_share(rows: Sequence[Assignment]) -> str:
    """How many of the crops are synthetic, and by whom, as a sentence.

    >>> synthetic_share([])
    'Synthetic: 0 of 0 face crops (0.0 %), 0 with a mask drawn here and 0 from pictures that sources call synthetic.'
    """
    synthetic, drawn = sum(row.synthetic for row in rows), sum(row.template is not None for row in rows)
    return (
        f"Synthetic: {_of(synthetic, len(rows))}, {drawn} with a mask drawn here and {synthetic - drawn} from pictures "
        "that sources call synthetic."
    )


def _of(count: int, total: int) -> str:
    return f"{count} of {total} face crops ({100 * count / max(total, 1):.1f} %)"


def _collection(rows: Sequence[Assignment], sources: Sequence[SourceRow]) -> str:
    named = "; ".join(f"{s.name}: {s.images} images, licence {', '.join(s.licences)}" for s in sources)
    return f"Faces were found in photos of sources ({named or 'none'}) and cropped. {synthetic_share(rows)}"


def _stage(row: FlowRow) -> str:
    reasons = ", ".join(f"{reason} {count}" for reason, count in row.reasons)
    return f"{row.stage}: {row.kept} {row.unit} kept, {row.rejected} rejected" + (f" ({reasons})." if reasons else ".")


def _annotation(rows: Sequence[Assignment]) -> list[str]:
    pictures = [row for row in rows if row.template is None]
    unknown = sum(row.mask_type == "unknown" for row in pictures)
    return [
        "Labels of masks drawn here follow from how they were drawn; nobody judged them.",
        "Labels of other pictures come from their sources mapped to the names used here; nobody annotated them anew.",
        f"{_of(unknown, len(pictures))} without a mask drawn here have an unknown mask type.",
    ]


def _composition(rows: Sequence[Assignment]) -> list[str]:
    """How evenly the crops spread over what may matter."""
    return [
        _spread("Mask types", (row.mask_type for row in rows)),
        _spread("Ways of wearing", (row.wear for row in rows)),
        _spread("Sources", (row.source for row in rows)),
    ]


def _spread(title: str, values: Iterable[str]) -> str:
    counts = sorted(Counter(values).items())
    total = max(sum(count for _, count in counts), 1)
    shares = ", ".join(f"{value} {count} ({100 * count / total:.1f} %)" for value, count in counts)
    return f"{title} of the face crops: {shares or 'none'}."


def _measured_biases(sets: Sequence[MeasuredSet]) -> list[str]:
    """The slices on which a model trained on the dataset lags behind, or that none does."""
    return [
        sentence
        for measured in sets
        for name, result in measured.results.items()
        for sentence in _lagging_slices(measured, name)
        or [f"{measured.title}, {name}: none of {len(result.slices)} measured slices lags; small ones may hide it."]
    ]


def _lagging_slices(measured: MeasuredSet, name: str) -> list[str]:
    result = measured.results[name]
    overall = result.scores.accuracy
    return [
        f"{measured.title}, {name}: {found.attribute} {found.value} is right on {100 * found.accuracy:.1f} % of "
        f"{found.count} crops (95 % interval {100 * found.low:.1f} to {100 * found.high:.1f} %), "
        f"all crops on {100 * overall:.1f} %."
        for found in lagging(result.slices, overall)
    ]


def _limitations() -> list[str]:
    return [
        "Faces that the detector misses are not in the dataset.",
        "Results on drawn masks don't tell how a model does on masks that people wore.",
        SKIN_TONE_LIMITS,
        "Age, gender and origin of the people shown are not recorded, so fairness towards them can't be measured here.",
        "Not made for recognising people, nor for decisions about them.",
    ]


def _personal() -> list[str]:
    return [
        "Pictures of faces, which may be biometric data of the people shown.",
        "Consent of the people shown: unknown; no manifest records it, and a licence of a photo doesn't state it.",
    ]
