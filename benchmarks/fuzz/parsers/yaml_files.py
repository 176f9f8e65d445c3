"""Every YAML file that is read: parameters with the settings of sources, templates, takedowns, pins."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from pipeline.core.params import load_params, parse_section
from pipeline.masks import MaskParams
from pipeline.masks.template import load_template
from pipeline.sources.catalogue import source_names, source_settings
from pipeline.sources.fetching.pins import locked
from pipeline.sources.settings import image_limits
from pipeline.sources.takedowns import read_takedowns

_ROOT = Path(__file__).parents[3]
_SOURCES = """ingest:
  sources: [mine, faces]
  settings:
    mine: {adapter: urls, path: list.txt, label: cloth, delay_s: 0.5, labels: {cloth: {mask_type: cloth}}}
    faces: {adapter: folder, path: [a, b], person: parent, labels: {".": {}}}
"""
_TAKEDOWNS = f"- url: https://example.org/a.jpg\n  reason: asked\n  date: '2026-01-02'\n- sha256: {'a' * 64}\n"
_PINS = f"owner/slug:\n  version: 3\n  sha256: {'a' * 64}\n"
SOUND = {
    "params": (_ROOT / "params.yaml").read_bytes(),
    "sources": _SOURCES.encode(),
    "template": (_ROOT / "masks_templates/ffp2_cup/template.yaml").read_bytes(),
    "picture": (_ROOT / "docs/examples/masks/flowered_cloth/template.yaml").read_bytes(),
    "takedowns": _TAKEDOWNS.encode(),
    "pins": _PINS.encode(),
}


def unfolding(start: str = "[x, x, x]", each: str = "[{}]") -> bytes:
    """A document of some hundred bytes that stands for 9^8 values."""
    lines = [f"a: &a {start}"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} " + each.format(", ".join([f"*{before}"] * 9)))
    return "\n".join(lines).encode()


HOSTILE: dict[str, bytes] = {
    "laughs": unfolding(),
    "merged laughs": unfolding("{k: v}", "{{<<: [{}]}}"),
    "brackets": b"a: " + b"[" * 20_000,
    "closed brackets": b"a: " + b"[" * 20_000 + b"]" * 20_000,
    "braces": b"{" * 20_000,
    "dashes": b"- " * 20_000,
    "question marks": b"? " * 20_000,
    "long number": b"seed: " + b"9" * 5000,
    "long hexadecimal number": b"seed: 0x" + b"f" * 5000,
    "long sexagesimal number": b"seed: 1" + b":1" * 5000,
    "long fraction": b"seed: " + b"9" * 5000 + b".5",
    "no such date": b"seed: 2026-02-31",
    "no such time": b"seed: 2026-01-01 25:61:61",
    "holds itself": b"a: &a [*a]",
    "mapping that holds itself": b"a: &a {b: *a}",
    "NUL": b"seed: \0",
    "escaped NUL": b'ingest: {sources: ["a\\0b"]}',
    "half a surrogate": b'a: "\\ud800"',
    "no UTF-8": b"seed: 1\n# \xff",
    "UTF-16": "seed: 1".encode("utf-16"),
    "key twice": b"seed: 1\nsplit: {}\nseed: 2",
    "bytes": b"ingest: {settings: {mine: {adapter: !!binary /w==}}}",
    "object": b"a: !!python/object/apply:os.system [ls]",
    "no number": b"a: !!int abc",
    "empty number": b"a: !!int ''",
    "no bool": b"a: !!bool maybe",
    "huge": b"a: " + b"x" * 2**21,
    "many values": b"a: [" + b"1," * 400_000 + b"]",
    "many unknown keys": b"".join(b"k%d: 1\n" % number for number in range(20_000)),
    "long unknown key": b'? "' + b"k" * 500_000 + b'"\n: 1',
    "long text in which credentials are looked for": b"seed: " + b"a" * 500_000,
    "numbers that collide as keys": b"".join(b"%d: 1\n" % (number * (2**61 - 1)) for number in range(20_000)),
    "list as key": b"{[1, 2]: 3}",
    "infinite": b"ingest: {max_file_mb: .inf}",
    "too large for the machine": b"ingest: {max_file_mb: 1.0e+300}",
    "list as adapter": b"ingest: {sources: [a], settings: {a: {adapter: [x]}}}",
    "list as mask type": b"{picture: {}, mask_type: [x]}",
    "two documents": b"a: 1\n---\nb: 2",
    "unknown anchor": b"a: *b",
}
"""Each of these was once minutes, a traceback, or memory without end."""

_PIECES = (
    b"[",
    b"]",
    b"{",
    b"}",
    b"- ",
    b"? ",
    b": ",
    b"\n",
    b"\t",
    b"  ",
    b"'",
    b'"',
    b"|",
    b">",
    b"#",
    b",",
    b"%",
    b"@",
    *(
        b"&a ",
        b"*a",
        b"<<: *a",
        b"!!int ",
        b"!!str ",
        b"!!set ",
        b"!x ",
        b"---\n",
        b"...\n",
        b"\0",
        b"\xff",
        b"\xc2\x85",
    ),
    b"null",
    b"yes",
    b"-1",
    b"0",
    b"1e999",
    b".inf",
    b".nan",
    b"9" * 30,
    b"9" * 120,
    b"2026-02-30",
    b"0x",
    b"1:99",
    b"[]",
    b"{}",
    b"''",
    b"a" * 300,
    b"=",
    b"~",
    b'"\\0"',
    b'"\\ud800"',
    b"..",
    b"/etc/passwd",
    b"[[[[[1]]]]]",
)


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sound file with up to four places overwritten, cut or doubled."""
    kind = draw(st.sampled_from(sorted(SOUND)))
    data = SOUND[kind]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 4, 20, 400])))
        piece = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=6), st.just(data[start:end] * 2)))
        data = data[:start] + piece + data[end:]
    return kind, data


@st.composite
def _value_replaced(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sound file in which what stands behind a key is another value."""
    kind = draw(st.sampled_from(sorted(SOUND)))
    lines = SOUND[kind].splitlines(keepends=True)
    place = draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[place].partition(b":")
    lines[place] = key + colon + b" " + draw(st.sampled_from(_PIECES)) + b"\n"
    return kind, b"".join(lines)


def _run(given: tuple[str, bytes]) -> str:
    kind, data = given
    with TemporaryDirectory() as name:
        _READERS[kind](Path(name), data)
    return "taken"


def _read_params(folder: Path, data: bytes) -> None:
    (folder / "params.yaml").write_bytes(data)
    params = load_params(folder / "params.yaml")
    params.model_dump_json()
    image_limits(params.ingest)
    parse_section(MaskParams, params.augment.mask, "params.yaml", "augment.mask")
    for name in {*source_names(params.ingest), *params.ingest.sources}:
        source_settings(name, params.ingest).model_dump_json()


def _read_template(folder: Path, data: bytes) -> None:
    (folder / "mask").mkdir()
    (folder / "mask/template.yaml").write_bytes(data)
    load_template(folder / "mask/template.yaml").model_dump_json()


def _read_takedowns(folder: Path, data: bytes) -> None:
    (folder / "takedowns.yaml").write_bytes(data)
    read_takedowns(folder)


def _read_pins(folder: Path, data: bytes) -> None:
    (folder / "sources.lock.yaml").write_bytes(data)
    locked(folder, "owner/slug")


_READERS: dict[str, Callable[[Path, bytes], None]] = {
    "params": _read_params,
    "sources": _read_params,
    "template": _read_template,
    "picture": _read_template,
    "takedowns": _read_takedowns,
    "pins": _read_pins,
}

FUZZER = Fuzzer(
    "yaml",
    st.one_of(_damaged(), _value_replaced()),
    _run,
    tuple((kind, data) for kind in ("params", "template", "takedowns", "pins") for data in HOSTILE.values()),
)
