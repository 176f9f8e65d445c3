"""Charts as SVG text: sharp on every screen, without a script or a font of their own; colours come from CSS classes."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from pipeline.scores.calibration import ReliabilityBin

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 360, 250, 44, 22, 34, 32
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM - _TOP


def reliability_chart(bins: Sequence[ReliabilityBin], title: str) -> str:
    """Accuracy against confidence: a bar a bin, wide dots for full bins, and the diagonal of a calibrated model."""
    most = max((b.count for b in bins), default=1)
    bars = [
        f'<rect class="bar" x="{_x(b.low):.1f}" y="{_y(b.accuracy):.1f}" width="{_x(b.high) - _x(b.low) - 1:.1f}" '
        f'height="{_y(0) - _y(b.accuracy):.1f}"><title>{b.count} crops: {b.confidence:.0%} sure on average, '
        f"{b.accuracy:.0%} right</title></rect>"
        for b in bins
    ]
    dots = [
        f'<circle class="dot" cx="{_x(b.confidence):.1f}" cy="{_y(b.accuracy):.1f}" '
        f'r="{2 + 5 * (b.count / most) ** 0.5:.1f}"/>'
        for b in bins
    ]
    diagonal = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _frame([*bars, diagonal, *dots], title, ("confidence", "share right"), _percent_ticks(), _percent_ticks())


def line_chart(series: Mapping[str, Sequence[float]], title: str, y_label: str) -> str:
    """One line a series over the epochs, from 0 to the highest value."""
    top = max((value for values in series.values() for value in values), default=1.0) or 1.0
    count = max((len(values) for values in series.values()), default=1)
    last = max(1, count - 1)
    lines = []
    for number, (name, values) in enumerate(series.items()):
        points = " ".join(f"{_x(k / last):.1f},{_y(value / top):.1f}" for k, value in enumerate(values))
        lines.append(f'<polyline class="line s{number}" points="{points}"/>')
        lines.append(f'<text class="key s{number}" x="{_WIDTH - _RIGHT - 90 * number}" y="16">{escape(name)}</text>')
    epochs = [(k / last, str(k)) for k in range(0, count, max(1, count // 5))]
    levels = [(k / 4, f"{top * k / 4:.2f}") for k in range(5)]
    return _frame(lines, title, ("epoch", y_label), epochs, levels)


def _x(share: float) -> float:
    return _LEFT + share * _PLOT_WIDTH


def _y(share: float) -> float:
    return _TOP + (1 - share) * _PLOT_HEIGHT


def _percent_ticks() -> list[tuple[float, str]]:
    return [(k / 4, f"{25 * k} %") for k in range(5)]


def _frame(
    marks: Sequence[str],
    title: str,
    labels: tuple[str, str],
    x_ticks: Sequence[tuple[float, str]],
    y_ticks: Sequence[tuple[float, str]],
) -> str:
    grid = [f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>' for at, _ in y_ticks]
    texts = [
        f'<text class="tick end" x="{_LEFT - 5}" y="{_y(at) + 4:.1f}">{escape(text)}</text>' for at, text in y_ticks
    ]
    texts += [
        f'<text class="tick mid" x="{_x(at):.1f}" y="{_HEIGHT - _BOTTOM + 15}">{escape(text)}</text>'
        for at, text in x_ticks
    ]
    texts.append(f'<text class="tick mid" x="{_x(0.5):.1f}" y="{_HEIGHT - 4}">{escape(labels[0])}</text>')
    texts.append(f'<text class="title" x="{_LEFT}" y="16">{escape(title)}</text>')
    name = escape(f"{title}: {labels[1]} against {labels[0]}", {'"': "&quot;"})
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">'
        + "".join([*grid, *marks, *texts])
        + "</svg>"
    )
