"""The one reader of YAML: what is sound is read as before, and what isn't costs a sentence."""

import ast
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from benchmarks.fuzz.parsers.yaml_files import HOSTILE, SOUND
from pipeline.core.errors import ConfigError, SourceError
from pipeline.core.yaml_files import MAX_BYTES, MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "stages", "maskwright")


@pytest.mark.parametrize("name", SOUND)
def test_sound_documents_are_read_as_they_were(name: str) -> None:
    assert parse_yaml(SOUND[name], name) == yaml.safe_load(SOUND[name])


def test_anchors_merges_and_a_byte_order_mark_are_read() -> None:
    text = "\ufeffbase: &base {x: 1, y: 2}\nin: {deep: &b {<<: *base, x: 3}}\nout: {<<: [*b, *base], y: 5}\n"
    assert parse_yaml(text.encode(), "a") == {
        "base": {"x": 1, "y": 2},
        "in": {"deep": {"x": 3, "y": 2}},
        "out": {"x": 3, "y": 5},
    }


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a: 1\nb: [1, 2", r"f\.yaml:3:1: cannot be read: while parsing a flow sequence.*expected ',' or ']'"),
        (HOSTILE["laughs"], r"f\.yaml:6:8: cannot be read: over 50000 values"),
        (HOSTILE["brackets"], r"f\.yaml:1:43: cannot be read: over 40 levels"),
        (HOSTILE["long number"], r"f\.yaml:1:7: cannot be read: a number of 5000 characters"),
        (HOSTILE["no such date"], r"f\.yaml:1:7: cannot be read: '2026-02-31' is no timestamp"),
        (HOSTILE["holds itself"], r"f\.yaml:1:8: cannot be read: a value that holds itself"),
        (HOSTILE["NUL"], r"f\.yaml:1:7: cannot be read: the character U\+0000"),
        (HOSTILE["escaped NUL"], r"f\.yaml:1:20: cannot be read: the character U\+0000 in a text"),
        (HOSTILE["no UTF-8"], r"f\.yaml:2: cannot be read: it is not UTF-8"),
        (HOSTILE["key twice"], r"f\.yaml:3:1: cannot be read: the key 'seed' stands twice"),
        (HOSTILE["bytes"], r"f\.yaml:1:37: cannot be read: the tag .*binary"),
        (HOSTILE["two documents"], r"f\.yaml:2:1: cannot be read: expected a single document"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(data)
    with pytest.raises(SourceError, match=told) as caught:
        read_yaml(tmp_path / "f.yaml", SourceError)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_limits_are_met_exactly(tmp_path: Path) -> None:
    parse_yaml(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, "deep")
    with pytest.raises(ConfigError, match="levels"):
        parse_yaml(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "deep")
    assert len(parse_yaml(b"[" + b"1," * (MAX_NODES - 1) + b"]", "many")) == MAX_NODES - 1
    with pytest.raises(ConfigError, match="values"):
        parse_yaml(b"[" + b"1," * MAX_NODES + b"]", "many")
    (tmp_path / "large").write_bytes(b"#" * MAX_BYTES)
    assert read_yaml(tmp_path / "large") is None
    (tmp_path / "large").write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="over 1048576 bytes"):
        read_yaml(tmp_path / "large")


BOUNDED = """
import sys
from pathlib import Path
from benchmarks.fuzz import fuzz, limit_memory
from benchmarks.fuzz.parsers.yaml_files import FUZZER
limit_memory(200)
tally = fuzz(FUZZER, 0)
sys.exit("\\n".join(tally.told) or 0)
"""


def test_hostile_files_cost_little_memory_and_time() -> None:
    """All of them together, in a process that may use 200 MB more than its imports, and 60 s."""
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("name", HOSTILE)
def test_command_ends_with_a_sentence_and_the_code_of_bad_configuration(name: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from stages.tools.sources import command

    (tmp_path / "params.yaml").write_bytes(HOSTILE[name])
    done = CliRunner().invoke(command, ["check", "--params", str(tmp_path / "params.yaml")])
    assert done.exit_code == 1
    assert done.output.startswith("Error: "), done.output[:300]
    assert done.output.count("\n") <= 22
    assert "Traceback" not in done.output


def _yaml_readers(file: Path) -> set[str]:
    """Calls that read YAML past the one reader."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return (attributes | names) & {"safe_load", "safe_load_all", "full_load", "unsafe_load", "load_all", "CSafeLoader"}


def test_no_other_module_reads_yaml() -> None:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert len(files) > 150
    readers = [file.relative_to(ROOT).as_posix() for file in files if _yaml_readers(file)]
    assert readers == []
    importers = {file.name for file in files if "import yaml" in file.read_text(encoding="utf-8")}
    writers = {"block.py", "faces_source.py", "markdown.py", "params_text.py", "pins.py", "takedowns.py", "yolo.py"}
    assert importers == {"yaml_files.py", *writers}, "the others only write it"


@pytest.mark.parametrize("word", ["yes", "no", "Yes", "NO", "on", "off"])
def test_words_for_yes_and_no_stay_words_as_dvc_reads_them(word: str) -> None:
    assert parse_yaml(f"{word}: {word}".encode(), "x.yaml") == {word: word}


def test_true_and_false_are_no_words() -> None:
    assert parse_yaml(b"a: true\nb: False", "x.yaml") == {"a": True, "b": False}
