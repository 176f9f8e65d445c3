"""The page and the folder of data beside it: both are the old ones or the new ones, never half of each."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from shutil import rmtree
from typing import Any
from urllib.parse import quote

from pipeline.core.errors import OutputError
from pipeline.core.locations import Place
from pipeline.core.params import EngineParams
from pipeline.pages.rendering import render_page
from pipeline.review.browse.columns import Columns
from pipeline.review.browse.details import ROWS_A_FILE, Family, detail_of
from pipeline.review.browse.records import Collection
from pipeline.review.browse.tiles import ACROSS, TILE_PX, TILES_A_SHEET, make_sheets
from pipeline.storage.run_lock import run_lock
from pipeline.storage.whole_files import sync_file_system, unwritable, write_text

OURS = '<meta name="generator" content="maskwright browse">'
"""Stands in every page that is written here: a file without it is someone else's."""
LINK_STYLE = "link.css"
"""Shows the links to the page that other pages hide: they lead somewhere as soon as this file is there."""

SHOW_LINKS = ".browse-link { display: block; }\n"

_SCRIPT = ("data", "filters", "grid", "picture", "address")
"""The files of the page's script, in the order in which they are run."""
_DATA = re.compile(r"[0-9a-f]{16}|\.[0-9a-f]{16}\.part")


@dataclass(frozen=True, slots=True)
class Written:
    """What a page came to; `unread` pictures are grey tiles."""

    page: Path
    pictures: int
    unread: int
    size_bytes: int


def write_browser(collection: Collection, page: Path, engine: EngineParams) -> Written:
    """Write `page` and, beside it, the folder of its name with tiles and rows.

    The data's folder is named after its content and the page names that folder, so the page that is there works until
    the moment in which the new one takes its place.

    Raises:
        OutputError: something else has the page's name, or the disk refuses.
    """
    folder = data_folder(page)
    try:
        _check_ours(page)
        folder.mkdir(parents=True, exist_ok=True)
        with run_lock(folder / ".lock", str(page)), _unfinished(folder) as part:
            writer = _DataWriter(part, page.parent)
            pictures, unread = writer.write(collection, engine)
            name = writer.digest()
            sync_file_system(part)
            _move(part, folder / name)
            write_text(page, _page(collection.title, quote(f"{folder.name}/{name}")))
            write_text(folder / LINK_STYLE, SHOW_LINKS)
            _remove_former(folder, name)
    except OSError as error:
        raise unwritable(error.filename or page, error) from error
    return Written(page, pictures, unread, writer.size_bytes)


def data_folder(page: Path) -> Path:
    """Where the data of a page lies."""
    return page.with_suffix("")


def _page(title: str, data_address: str) -> str:
    """The page; its own script and the scripts of the data beside it are all that a browser runs in it."""
    parts = (files(__package__).joinpath("script", f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPT)
    script = "\n".join(parts).replace("DATA_FOLDER", data_address)
    script_hash = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return render_page(
        "pipeline.review.browse",
        "browse.html.j2",
        title=title,
        generator=OURS,
        script=script,
        script_hash=f"sha256-{script_hash}",
    )


def _check_ours(page: Path) -> None:
    if page.suffix != ".html":
        raise OutputError(f"{page}: expected a name that ends in .html")
    if page.exists() and OURS not in page.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise OutputError(f"{page}: is there already, and `maskwright browse` didn't write it; name another")


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        (part / "rows").mkdir(parents=True)
        (part / "tiles").mkdir()
        yield part
    finally:
        rmtree(part, ignore_errors=True)


def _move(part: Path, place: Path) -> None:
    if place.exists():  # of the same content, or damaged since
        rmtree(place)
    part.rename(place)


def _remove_former(folder: Path, but: str) -> None:
    """Remove the data of earlier pages, and what killed runs left; nothing else that lies there."""
    for path in folder.iterdir():
        if path.name != but and _DATA.fullmatch(path.name) and path.is_dir():
            rmtree(path)


class _DataWriter:
    """Writes the files of a page's data into a folder, a file's worth of rows at a time."""

    def __init__(self, folder: Path, page_folder: Path) -> None:
        self._folder, self._page_folder = folder, page_folder
        self._digests: list[str] = []
        self.size_bytes = 0

    def write(self, collection: Collection, engine: EngineParams) -> tuple[int, int]:
        """Write all of it; how many pictures there are, and how many of them couldn't be shown."""
        columns = Columns()
        keys = list(collection.keys())
        self._call("ids.js", "ids", [key.id for key in keys])
        unread = 0
        places = self._places(collection, Family.of(keys), columns)
        for number, sheet in enumerate(make_sheets(places, engine)):
            self._file(f"tiles/{number:05}.webp", sheet.data)
            unread += sum(map(bool, sheet.problems))
            for problem in sheet.problems:
                columns.add_unread(problem)
        self._call("index.js", "index", _index(len(keys), columns))
        return len(keys), unread

    def digest(self) -> str:
        """Names the content of all that was written, whichever of rows and tiles were first."""
        return hashlib.sha256("\n".join(sorted(self._digests)).encode()).hexdigest()[:16]

    def _places(self, collection: Collection, family: Family, columns: Columns) -> Iterator[Place | None]:
        """What each tile is made of; the rows are written as the workers ask for more, and none is held."""
        rows: list[dict[str, Any]] = []
        for number, record in enumerate(collection.records()):
            columns.add(record)
            rows.append(detail_of(record, number, family, self._page_folder))
            if len(rows) == ROWS_A_FILE:
                self._rows(number // ROWS_A_FILE, rows)
                rows = []
            yield record.tile
        if rows:
            self._rows(number // ROWS_A_FILE, rows)

    def _rows(self, number: int, rows: list[dict[str, Any]]) -> None:
        self._call(f"rows/{number:05}.js", "rows", number, rows)

    def _call(self, name: str, function: str, *arguments: Any) -> None:
        """A script that hands values to the page's: a page from the disk may not read files in any other way."""
        text = ",".join(json.dumps(value, separators=(",", ":")) for value in arguments)
        self._file(name, f"maskwright.{function}({text});\n".encode())

    def _file(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)
        self._digests.append(f"{name} {hashlib.sha256(data).hexdigest()}")
        self.size_bytes += len(data)


def _index(count: int, columns: Columns) -> dict[str, Any]:
    return {
        "count": count,
        "tile": {"px": TILE_PX, "across": ACROSS, "perSheet": TILES_A_SHEET},
        "rowsPerFile": ROWS_A_FILE,
        "facets": [asdict(facet) for facet in columns.facets()],
        "scores": [asdict(score) for score in columns.scores()],
    }
