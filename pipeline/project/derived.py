"""This project's own files as a project without its code has them. Texts in, texts out: comments and order stay."""

import re
from collections.abc import Callable, Sequence

_HEADER = "# The road. `dvc repro` runs what has changed; each stage is a command of the installed package.\n"
_OWN_CODE = ("pipeline", "stages", "masks_templates")
_SAMPLE = "samples"
_OPENING = re.compile(r"\A(?:#[^\n]*\n)+")
_COMMAND = re.compile(r"(?<=cmd: )python -m stages\.(\w+)")
_DEPS = re.compile(r"^( *)deps: \[([^\]]*)\]", re.MULTILINE)
_WIDTH = 100
_CODE_IGNORED = re.compile(r"^(?:#[^\n]*\n)?pipeline/[^\n]*\n", re.MULTILINE)
_SOURCES = re.compile(r"^  sources: \[sample\]", re.MULTILINE)
_SETTINGS = re.compile(r"^  settings: \{\} +#([^\n]*)", re.MULTILINE)
_NO_GIT = "    no_scm = true\n"


def project_dvc(text: str, *, sample: bool) -> str:
    """dvc.yaml whose stages call `maskwright` and hang on data and parameters alone; `sample` keeps that folder too."""
    left_out = _OWN_CODE if sample else (*_OWN_CODE, _SAMPLE)

    def without_code(found: re.Match[str]) -> str:
        names = [name.strip() for name in found[2].split(",") if name.strip()]
        kept = [name for name in names if name.partition("/")[0] not in left_out]
        return _flow_list(found[1], kept)

    return _HEADER + _DEPS.sub(without_code, _COMMAND.sub(_as_command, _OPENING.sub("", text)))


def _as_command(found: re.Match[str]) -> str:
    return f"maskwright {found[1].replace('_', '-')}"


def _flow_list(indent: str, names: Sequence[str]) -> str:
    line = f"{indent}deps: [{', '.join(names)}]"
    if len(line) <= _WIDTH:
        return line
    inner = "".join(f"{indent}  {name},\n" for name in names)
    return f"{indent}deps: [\n{inner}{indent}]"


def project_params(text: str, name: str, block: Sequence[str]) -> str:
    """params.yaml that takes one source in, `name`; `block` is its settings, a line a key."""
    settings = "\n".join([f"    {name}:", *(f"      {line}" for line in block)])
    taking = _once(_SOURCES, lambda _: f"  sources: [{name}]", text)
    return _once(_SETTINGS, lambda found: f"  settings:                     #{found[1]}\n{settings}", taking)


def _once(pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str], text: str) -> str:
    changed, count = pattern.subn(replacement, text)
    if count != 1:
        raise ValueError(f"{pattern.pattern!r} stands {count} times in the file")
    return changed


def project_ignores(text: str) -> str:
    """.dvcignore without what it says of the code."""
    return _CODE_IGNORED.sub("", text)


def project_dvc_config(text: str, *, git: bool) -> str:
    """DVC's settings; without `git` DVC looks for none."""
    return text if git else text.replace("[core]\n", f"[core]\n{_NO_GIT}", 1)
