"""Lists of image addresses: text, CSV, JSON lines, or a result page that the user saved."""

import base64
import binascii
import csv
import html
import io
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urldefrag, urljoin, urlsplit

from pipeline.core.errors import SourceError
from pipeline.sources.labels import normalised
from pipeline.sources.papers import decode_lines, is_text
from pipeline.storage.images import EXTENSIONS

SUFFIXES = (".txt", ".csv", ".jsonl", ".json", ".html", ".htm")
MAX_LIST_BYTES = 256 * 2**20

_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(\S+)\s*-->")
_EMBEDDED = re.compile(r'\[\\?"(https?:[^"\s]{8,2000}?)\\?",\s*(\d{2,5}),\s*(\d{2,5})\]')
"""How Google's result page carries the full-size images: address, height, width in a script."""

_LIKE_A_LABEL = frozenset({"Label", "LABEL", "labels", "class", "Class", "class_name", "classname", "category", "mask"})
"""Columns that would be lost without a word where there is no `label`."""
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair: JSON and scripts can name one, and no file can hold it."""

_THUMBNAIL_HOSTS = ("gstatic.com", "google.com", "googleusercontent.com", "ggpht.com")
_MIN_SIDE_PX = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedImage:
    """One line of a list.

    Attributes:
        url: An address to fetch; None where the image came with the list.
        name: What it is called within the list, unless it has an address.
        data: The bytes that a saved page carries in itself.
        file: The file that a browser saved beside the page.
        problem: Why the line can't be used; empty where it can.
        reason: Of the row that it then becomes.
    """

    url: str | None = None
    name: str = ""
    data: bytes | None = None
    file: Path | None = None
    label: str | None = None
    licence: str | None = None
    author: str | None = None
    problem: str = ""
    reason: str = "damaged_annotation"


def read_list(path: Path) -> list[ListedImage]:
    """The images that a list or saved page names, each once, in its order.

    Raises:
        SourceError: it can't be read, is of no known kind, or lacks the column `url`.
    """
    try:
        if path.stat().st_size > MAX_LIST_BYTES:
            raise SourceError(f"{path}: over {MAX_LIST_BYTES} bytes, no list of addresses")
        text = decode_lines(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error
    return unique(_parse(path, text))


def unique(images: Iterable[ListedImage]) -> list[ListedImage]:
    """Each address once, as it was named first; where it is named again with another label, neither is believed."""
    first: dict[str, ListedImage] = {}
    for image in map(_storable, images):
        known = first.setdefault(image.url or image.name, image)
        if known.label is None and image.label is not None:
            first[image.url or image.name] = replace(known, label=image.label)
        elif image.label is not None and normalised(image.label) != normalised(known.label or ""):
            both = f"named as {known.label!r} and as {image.label!r}"
            first[image.url or image.name] = replace(known, problem=known.problem or both, reason="label_conflict")
    return list(first.values())


def _storable(image: ListedImage) -> ListedImage:
    """The same line with what is no character replaced."""
    return replace(
        image,
        url=_whole(image.url),
        name=_whole(image.name) or "",
        label=_whole(image.label),
        licence=_whole(image.licence),
        author=_whole(image.author),
    )


def _whole(text: str | None) -> str | None:
    return _HALF_CHARACTER.sub("\ufffd", text) if text else text


def _parse(path: Path, text: str) -> Iterable[ListedImage]:
    kind = path.suffix.lower()
    if kind in {".html", ".htm"}:
        return page_images(text, path)
    if kind == ".txt":
        return _addresses(path, text)
    if kind in {".csv", ".jsonl", ".json"}:
        return _table(path, kind, text)
    raise SourceError(f"{path}: expected a list of one of these kinds: {', '.join(SUFFIXES)}")


def _addresses(path: Path, text: str) -> Iterator[ListedImage]:
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if line and not line.startswith("#"):
            yield ListedImage(url=line) if is_text(line) else _damaged(path, number, "is not in UTF-8")


def _damaged(path: Path, number: int, why: object) -> ListedImage:
    return ListedImage(name=f"{path.name}#{number}", problem=str(why))


def _table(path: Path, kind: str, text: str) -> Iterator[ListedImage]:
    """The rows of a table, each or why it can't be used.

    Raises:
        SourceError: it is no such table, or not one row has the column `url`.
    """
    try:
        rows = _rows(kind, text)
    except (ValueError, TypeError, RecursionError, csv.Error) as error:
        raise SourceError(f"{path}: cannot be read as {kind}: {error}") from error
    if rows and not any(isinstance(row, dict) and "url" in row for row in rows):
        raise SourceError(f"{path}: a row lacks the column 'url'; not one of {len(rows)} has it")
    columns = {str(column) for row in rows if isinstance(row, dict) for column in row}
    odd = sorted(columns & _LIKE_A_LABEL) if "label" not in columns else []
    if odd:
        raise SourceError(f"{path}: {odd[0]!r} is not read; the column with the labels is called 'label'")
    for number, row in enumerate(rows, start=1):
        try:
            yield _listed(row)
        except ValueError as error:
            yield _damaged(path, number, error)


def _listed(row: Any) -> ListedImage:
    """The image of a row.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(row, dict) or not row.get("url"):
        raise ValueError(f"no row with an address: {row!r:.200}")
    return ListedImage(
        url=str(row["url"]).strip(),
        label=_told(row, "label"),
        licence=_told(row, "licence") or _told(row, "license"),
        author=_told(row, "author"),
    )


def _told(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if isinstance(value, (dict, list)):
        raise ValueError(f"{key}: a text is expected")
    return str(value) if value is not None and str(value).strip() else None


def _rows(kind: str, text: str) -> list[Any]:
    """The rows; as their text those that can't be read."""
    if kind == ".csv":
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [row if all(map(is_text, row.values())) else str(row) for row in rows]
    if kind == ".json":
        return list(json.loads(text))
    return [_parsed(line) for line in text.splitlines() if line.strip()]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line) if is_text(line) else line
    except (ValueError, RecursionError):
        return line


def page_images(text: str, path: Path) -> Iterator[ListedImage]:
    """The images of a saved page: the full-size addresses where the page knows them, else what it shows.

    Nothing is fetched here. Addresses come from links to image files, `imgres` links, images and their larger
    variants, and the script data of Google's result page; bytes from `data:` addresses and from the folder that the
    browser saved beside the page.
    """
    saved_from = _SAVED_FROM.search(text[:4096])
    page = _Page(html.unescape(saved_from[1]) if saved_from else "")
    page.feed(text)
    for match in _EMBEDDED.finditer(text):
        address = _unescaped(match[1])
        if not _host_of(address).endswith(_THUMBNAIL_HOSTS):
            yield ListedImage(url=address.partition("#")[0])
    for found in page.found:
        image = _image_of(found, page.base, path)
        if image is not None:
            yield image


def _host_of(address: str) -> str:
    """Empty where the address can't be read: the fetcher refuses it, so that it becomes a row."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")


class _Page(HTMLParser):
    """Gathers what a page shows and links to."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.found: list[str] = []

    def parse_html_declaration(self, i: int) -> int:
        """What begins like a declaration and is none is a comment, as browsers have it; Python's parser may give up."""
        try:
            return super().parse_html_declaration(i)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag's address, if it is one of an image."""
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            with suppress(ValueError):  # it stays what it was, as in a browser
                self.base = urljoin(self.base, values["href"])
        elif tag == "a":
            with suppress(ValueError):  # a link that can't be read leads to no image
                self._link(values.get("href", ""))
        elif tag in {"img", "source"} and not _is_icon(values):
            self._image(values)

    def _link(self, target: str) -> None:
        original = parse_qs(urlsplit(target).query).get("imgurl") if "imgres" in target else None
        if original:
            self.found.append(original[0])
        elif PurePosixPath(urlsplit(target).path).suffix.lower() in EXTENSIONS:
            self.found.append(target)

    def _image(self, values: dict[str, str]) -> None:
        variants = values.get("srcset") or values.get("data-srcset") or ""
        largest = max(map(_variant, variants.split(", ")), default=(0.0, ""))[1] if variants else ""
        self.found.append(largest or values.get("data-src") or values.get("src") or "")


def _variant(text: str) -> tuple[float, str]:
    """Width or density, and address, of one entry of a `srcset`."""
    address, _, size = text.strip().partition(" ")
    number = size.strip().rstrip("wx")
    return (float(number) if number.replace(".", "", 1).isdecimal() else 1.0, address)


def _is_icon(values: dict[str, str]) -> bool:
    sides = [values.get("width", ""), values.get("height", "")]
    return any(side.isdecimal() and float(side) < _MIN_SIDE_PX for side in sides)


def _image_of(found: str, base: str, path: Path) -> ListedImage | None:
    """The image behind what stands in a page; None where it is none that can be had."""
    found = found.strip()
    if found.startswith("data:"):
        return _inline(found)
    try:
        address = urldefrag(urljoin(base, found)).url
        scheme = urlsplit(address).scheme
    except ValueError:
        return ListedImage(url=found)  # the fetcher refuses it, so that it becomes a row
    local = _saved_beside(path, found)
    if local is not None:
        return ListedImage(name=local.relative_to(path.parent).as_posix(), file=local)
    return ListedImage(url=address) if scheme in {"http", "https"} else None


def _inline(found: str) -> ListedImage | None:
    head, comma, body = found.partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        return None
    try:
        data = base64.b64decode(unquote(body), validate=False)
    except binascii.Error:
        return None
    return ListedImage(name=f"inline-{binascii.crc32(data):08x}-{len(data)}", data=data)


def _saved_beside(path: Path, found: str) -> Path | None:
    """The file that a relative address means, if a browser saved it below the page's own folder."""
    if not found or "://" in found or found.startswith(("/", "\\")):
        return None
    try:
        folder = path.parent.resolve()
        file = (path.parent / unquote(urlsplit(found).path)).resolve()
        return path.parent / file.relative_to(folder) if file.is_relative_to(folder) and file.is_file() else None
    except (ValueError, OSError):  # no path: a NUL in it, or a name longer than names can be
        return None
