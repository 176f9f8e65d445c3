"""The page of `maskwright browse` over many pictures: what writing it costs, and how fast it opens and scrolls.

    python -m benchmarks.browse_page --pictures 20000 --pictures 200000

The records are generated: faces and drawn masks with outlines of 120 points, 68 landmarks, and pictures of the sample,
of which there are as many files as asked for with `--files`. CPU time is that of this process and its workers. The time
to the first tile begins with the navigation; frames are counted while the page scrolls 60 screens in 3 s.
"""

import json
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from generators.chromium import Page, installed_browser
from pipeline.core.params import EngineParams
from pipeline.core.randomness import sample_rng
from pipeline.review.browse.records import Facets, Key, Outline, Record, Scores, pose_of, quality_of, size_of_face
from pipeline.review.browse.writing import data_folder, write_browser
from pipeline.storage.images import read_image, write_image

_A_FACE = 4
"""One face and three masks on it."""
_TYPES = ("none", "cloth", "surgical", "ffp2")


@dataclass(frozen=True, slots=True)
class Generated:
    """So many records over the files of a folder."""

    pictures: int
    files: tuple[Path, ...]
    title: str = "generated"

    def keys(self) -> Iterator[Key]:
        """Every fourth is a face, the three after it are masks on it."""
        for number in range(self.pictures):
            yield Key(_id(number), None if number % _A_FACE == 0 else _id(number - number % _A_FACE))

    def records(self) -> Iterator[Record]:
        """The records, each drawn from its number."""
        for number, key in enumerate(self.keys()):
            yield self._record(number, key)

    def _record(self, number: int, key: Key) -> Record:
        rng = sample_rng(0, key.id)
        yaw, size, sharpness = rng.normal(0, 20), rng.uniform(30, 300), rng.lognormal(5, 1)
        mask_type = _TYPES[number % _A_FACE]
        file = self.files[number % len(self.files)]
        angles = np.linspace(0, 6.28, 120)
        polygon = (112 + 60 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).ravel().tolist()
        return Record(
            key=key,
            name=f"generated: {number}.jpg",
            facets=Facets(
                kind="face" if mask_type == "none" else "masked",
                side=("train", "train", "val", "test")[int(rng.integers(4))],
                source=f"source {int(rng.integers(6))}",
                mask_type=mask_type,
                wear="none" if mask_type == "none" else "correct",
                valve="no",
                template="" if mask_type == "none" else f"{mask_type} {int(rng.integers(5))}",
                pose=pose_of(yaw),
                size=size_of_face(size),
                quality=quality_of(sharpness),
                licence=("CC0-1.0", "CC-BY-4.0", "unknown")[int(rng.integers(3))],
            ),
            scores=Scores(detector_score=rng.uniform(0.6, 1), face_px=size, sharpness=sharpness, yaw_deg=yaw),
            tile=file,
            picture=file,
            outline=Outline(
                width_px=224,
                height_px=224,
                cut=(0.0, 0.0, 224.0),
                box=(30, 30, 190, 190),
                polygon=tuple(polygon),
                landmarks=tuple(polygon[:136]),
            ),
            row={
                "generated": {"id": key.id, "number": number, "draw": json.dumps(rng.normal(size=90).round(4).tolist())}
            },
        )


def _id(number: int) -> str:
    return f"{number:032x}-0"


def _crops(folder: Path, count: int) -> tuple[Path, ...]:
    photos = [read_image(path).rgb for path in sorted(Path("samples/faces").glob("person-*.jpg"))[:40]]
    files = tuple(folder / f"{number:04}.jpg" for number in range(count))
    for number, file in enumerate(files):
        rgb = photos[number % len(photos)][:224, :224]
        write_image(file, np.clip(rgb.astype(int) + number % 17 - 8, 0, 255).astype(np.uint8))
    return files


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


_SCROLL = """new Promise(done => {
  const frames = []; let start, last;
  const step = now => {
    start ??= now;
    if (last !== undefined) frames.push(now - last);
    last = now;
    scrollTo(0, 60 * innerHeight * (now - start) / 3000);
    if (now - start < 3000) requestAnimationFrame(step);
    else done({frames: frames.length, slow: frames.filter(f => f > 50).length, longest: Math.max(...frames)});
  };
  requestAnimationFrame(step);
})"""
_FILTER = """(() => {
  const start = performance.now();
  document.querySelector('#facets input').click();
  return Math.round(performance.now() - start);
})()"""
_SORT = """(() => {
  const start = performance.now(), sort = document.getElementById('sort');
  sort.selectedIndex = 2; sort.onchange();
  return Math.round(performance.now() - start);
})()"""


def _opened(page_file: Path) -> str:
    browser = installed_browser()
    if browser is None:
        return "no Chromium is installed"
    with Page(browser) as page:
        page.resize(1280, 900)
        page.open(page_file.as_uri())
        first = page.wait_for("performance.getEntriesByName('first tile')[0]?.startTime")
        scrolled = page.evaluate(_SCROLL)
        filtered, sorted_ = page.evaluate(_FILTER), page.evaluate(_SORT)
        heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        assert not page.problems, page.problems  # noqa: S101 - a page that complains isn't measured
    return (
        f"first tile {first:.0f} ms, {scrolled['frames']} frames in 3 s of scrolling, {scrolled['slow']} above 50 ms, "
        f"longest {scrolled['longest']:.0f} ms; filter {filtered} ms, sort {sorted_} ms, {heap:.0f} MB of script data"
    )


@click.command(help=__doc__)
@click.option("--pictures", multiple=True, default=(20_000,), show_default=True, type=click.IntRange(1))
@click.option("--files", default=400, show_default=True, type=click.IntRange(1))
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Leave the pages in this folder.")
@click.option("--jobs", default=0, show_default=True, type=click.IntRange(0))
def main(pictures: tuple[int, ...], files: int, keep: Path | None, jobs: int) -> None:
    """Write and open a page for each number of pictures."""
    with TemporaryDirectory() as passing:
        folder = keep or Path(passing)
        crops = _crops(folder / "crops", files)
        for count in pictures:
            _measure(Generated(count, crops), folder / f"{count}.html", EngineParams(jobs=jobs))


def _measure(generated: Generated, page: Path, engine: EngineParams) -> None:
    count, before = generated.pictures, _cpu_s()
    written = write_browser(generated, page, engine)
    cost = _cpu_s() - before
    parts = {name: _bytes_of(data_folder(page), pattern) for name, pattern in _PARTS.items()}
    sizes = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in parts.items())
    print(f"{count} pictures: {cost:.0f} CPU s to write ({1000 * cost / count:.1f} ms each); {sizes}")
    print(f"  {_opened(written.page)}")


_PARTS = {"tiles": "*/tiles/*", "rows": "*/rows/*", "index": "*/index.js", "ids": "*/ids.js"}


def _bytes_of(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern))


if __name__ == "__main__":
    main()
