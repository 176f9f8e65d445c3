"""Small pieces of a static page that opens from disk: no scripts, no fonts, no requests."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import cv2
import numpy as np

from pipeline.core.arrays import Rgb
from pipeline.core.errors import SampleRejected
from pipeline.core.locations import located
from pipeline.storage.images import encode_image, read_image

_PICTURE_PX = 112
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --good: #2a7d4f; --bad: #b3372f; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; } th, td { padding: .25rem .8rem .25rem 0; text-align: left; }
tr + tr td { border-top: 1px solid var(--soft); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; }
.cards, .columns { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem; }
.columns { column-gap: 4rem; }
.card { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
.card > .note { margin: 0 0 .5rem; font-size: .85rem; }
figure { margin: 0; width: 7rem; font-size: .75rem; overflow-wrap: anywhere; }
figure img { width: 7rem; height: 7rem; object-fit: contain; background: var(--soft); border: 3px solid transparent; }
figure.kept img { border-color: var(--good); } figure.lost img { border-color: var(--bad); }
.bar { background: var(--good); height: .8rem; min-width: 1px; } td.bars { width: min(24rem, 35vw); }
.note { opacity: .75; }
"""


def page(title: str, sections: Iterable[str]) -> str:
    """A whole document."""
    body = "\n".join(sections)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def section(name: str, title: str, *parts: str) -> str:
    """A section that tests and links find by `name`."""
    return f'<section id="{escape(name)}"><h2>{escape(title)}</h2>\n' + "\n".join(parts) + "</section>"


def note(text: str) -> str:
    """A paragraph of explanation."""
    return f'<p class="note">{escape(text)}</p>'


def table(header: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> str:
    """A table; numbers are aligned to the right."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f'<td class="number">{value:.3f}</td>'


def bars(values: Mapping[str, float], largest: float) -> str:
    """Horizontal bars with their values, in the mapping's order."""
    rows = "".join(_bar(name, value, 100 * value / max(largest, 1e-9)) for name, value in values.items())
    return f"<table>{rows}</table>"


def _bar(name: str, value: float, percent: float) -> str:
    bar = f'<div class="bar" style="width:{percent:.1f}%"></div>'
    return f'<tr><td>{escape(name)}</td><td class="number">{value:g}</td><td class="bars">{bar}</td></tr>'


def picture(locator: str, caption: str, verdict: str = "") -> str:
    """A thumbnail of the file at `locator` with its caption; `verdict` (`kept`, `lost`, empty) colours the frame."""
    return (
        f'<figure class="{escape(verdict)}"><img alt="" src="{_data_uri(locator)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def picture_row(pictures: Iterable[str]) -> str:
    """Pictures side by side."""
    return '<div class="row">' + "".join(pictures) + "</div>"


def card(*parts: str) -> str:
    """Things that belong together, in a frame."""
    return '<div class="card">' + "".join(parts) + "</div>"


def cards(parts: Iterable[str]) -> str:
    """Cards side by side, as many as fit."""
    return '<div class="cards">' + "".join(parts) + "</div>"


def columns(*sections: str) -> str:
    """Short sections side by side, as many as fit."""
    return '<div class="columns">' + "".join(sections) + "</div>"


def _data_uri(locator: str) -> str:
    try:
        rgb = _thumbnail(read_image(located(Path(), locator), draft_side_px=_PICTURE_PX).rgb)
    except SampleRejected:  # the file moved since the manifest was written; the caption still names it
        rgb = np.full((8, 8, 3), 127, dtype=np.uint8)
    return "data:image/jpeg;base64," + base64.b64encode(encode_image(rgb, quality=75)).decode()


def _thumbnail(rgb: Rgb) -> Rgb:
    height, width = rgb.shape[:2]
    factor = min(1.0, _PICTURE_PX / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
