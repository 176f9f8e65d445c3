"""A chart for the documents, as SVG that stands by itself: no script, no font of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 560, 340, 56, 120, 16, 48
_COLOURS = ("#c2410c", "#1d4ed8", "#6b7280")
_STEP = 0.05
_NAME_PX = 16


@dataclass(frozen=True, slots=True)
class Series:
    """One line: for each place its mean, least and most, as shares."""

    name: str
    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where shares and places lie, in pixels."""

    places: int
    low: float
    high: float

    def x(self, place: int) -> float:
        """Of a place, from the left."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / max(self.places - 1, 1)

    def y(self, share: float) -> float:
        """Of a share, from above."""
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self.high - share) / (self.high - self.low)


def spread_chart(series: Sequence[Series], ticks: Sequence[str], x_label: str, y_label: str) -> str:
    """Lines of means, each with the band from its least to its most, over places named by `ticks`."""
    shares = [share for one in series for point in one.points for share in point]
    low, high = min(_below(min(shares)), 1 - _STEP), min(1.0, _below(max(shares)) + _STEP)
    axes = _Axes(len(ticks), low, high)
    parts = [*_grid(axes), *_names(axes, ticks, x_label, y_label)]
    names = apart([axes.y(one.points[-1][0]) for one in series], _NAME_PX)
    for one, colour, name_y in zip(series, _COLOURS, names, strict=False):
        parts += _line(axes, one, colour, name_y)
    style = "text{font:13px sans-serif;fill:#374151}.mid{text-anchor:middle}.end{text-anchor:end}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(y_label)} by {escape(x_label)}"><style>{style}</style>'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>' + "\n".join(parts) + "</svg>\n"
    )


def _below(share: float) -> float:
    return int(share / _STEP + 1e-9) * _STEP


def _grid(axes: _Axes) -> list[str]:
    levels = [axes.low + k * _STEP for k in range(round((axes.high - axes.low) / _STEP) + 1)]
    right = _WIDTH - _RIGHT
    return [
        f'<line x1="{_LEFT}" x2="{right}" y1="{axes.y(level):.1f}" y2="{axes.y(level):.1f}" stroke="#e5e7eb"/>'
        f'<text class="end" x="{_LEFT - 6}" y="{axes.y(level) + 4:.1f}">{level:.0%}</text>'
        for level in levels
    ]


def _names(axes: _Axes, ticks: Sequence[str], x_label: str, y_label: str) -> list[str]:
    middle, down = (_LEFT + _WIDTH - _RIGHT) / 2, (_TOP + _HEIGHT - _BOTTOM) / 2
    return [
        *(f'<text class="mid" x="{axes.x(k):.1f}" y="{_HEIGHT - 28}">{escape(t)}</text>' for k, t in enumerate(ticks)),
        f'<text class="mid" x="{middle:.1f}" y="{_HEIGHT - 8}">{escape(x_label)}</text>',
        f'<text class="mid" transform="translate(13 {down:.1f}) rotate(-90)">{escape(y_label)}</text>',
    ]


def apart(heights: Sequence[float], least: float) -> list[float]:
    """The heights, moved down so far that any two are `least` apart.

    >>> apart([20, 12, 50], 15)
    [27, 12, 50]
    """
    moved: dict[int, float] = {}
    below = float("-inf")
    for place in sorted(range(len(heights)), key=lambda place: heights[place]):
        moved[place] = below = max(heights[place], below + least)
    return [moved[place] for place in range(len(heights))]


def _line(axes: _Axes, one: Series, colour: str, name_y: float) -> list[str]:
    def path(shares: Sequence[float]) -> list[str]:
        return [f"{axes.x(k):.1f},{axes.y(share):.1f}" for k, share in enumerate(shares)]

    means, lows, highs = (path(values) for values in zip(*one.points, strict=True))
    return [
        f'<polygon points="{" ".join([*highs, *reversed(lows)])}" fill="{colour}" opacity="0.15"/>',
        f'<polyline points="{" ".join(means)}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<text x="{_WIDTH - _RIGHT + 8}" y="{name_y + 4:.1f}" style="fill:{colour}">{escape(one.name)}</text>',
    ]
