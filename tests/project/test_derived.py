"""What `init` writes is what this repository runs: nothing is said twice, so nothing can drift apart."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.params import load_params, parse_params
from pipeline.project import shipped
from pipeline.project.derived import project_dvc, project_dvc_config, project_ignores, project_params
from stages.cli import STAGES

ROOT = Path(__file__).parents[2]
CODE = ("pipeline", "stages", "masks_templates")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def stages_of(text: str) -> dict[str, dict[str, Any]]:
    return {name: stage.get("do", stage) for name, stage in yaml.safe_load(text)["stages"].items()}


@pytest.mark.parametrize(("sample", "left_out"), [(True, CODE), (False, (*CODE, "samples"))])
def test_the_stages_are_the_repository_s_without_its_code(sample: bool, left_out: tuple[str, ...]) -> None:
    before, text = yaml.safe_load(text_of("dvc.yaml")), project_dvc(text_of("dvc.yaml"), sample=sample)
    after = yaml.safe_load(text)
    for name, stage in stages_of(text_of("dvc.yaml")).items():
        made = stages_of(text)[name]
        kept = [dep for dep in stage["deps"] if dep.partition("/")[0] not in left_out]
        words = stage["cmd"].removeprefix("python -m stages.").split()
        command = " ".join(["maskwright", words[0].replace("_", "-"), *words[1:]])
        assert made == stage | {"deps": kept, "cmd": command}
        assert words[0].replace("_", "-") in STAGES
    assert set(stages_of(text)) == set(stages_of(text_of("dvc.yaml")))
    assert after["plots"] == before["plots"]
    assert "python" not in text
    assert "generators" not in text


def test_every_stage_but_the_first_hangs_on_what_another_makes() -> None:
    for name, stage in stages_of(project_dvc(text_of("dvc.yaml"), sample=False)).items():
        assert stage["deps"], name


def test_the_comments_stay() -> None:
    made = project_params(text_of("params.yaml"), "mine", ["adapter: folder", "path: p"])
    taken = {line for line in made.splitlines() if "#" in line}
    lines = {line for line in text_of("params.yaml").splitlines() if "#" in line}
    changed = {line.partition("#")[2] for line in lines - taken}
    assert changed == {line.partition("#")[2] for line in taken - lines}
    assert len(lines - taken) == 2
    assert "{persist: true}  # a run that fails" in project_dvc(text_of("dvc.yaml"), sample=True)


def test_only_the_source_differs_in_the_parameters() -> None:
    made = parse_params(
        yaml.safe_load(project_params(text_of("params.yaml"), "mine", ["adapter: folder", r"path: 'a\1 b'"])), "made"
    )
    own = load_params(ROOT / "params.yaml")
    assert made.ingest.sources == ("mine",)
    assert made.ingest.settings == {"mine": {"adapter": "folder", "path": r"a\1 b"}}
    kept = {"sources": own.ingest.sources, "settings": own.ingest.settings}
    assert made.model_copy(update={"ingest": made.ingest.model_copy(update=kept)}) == own


@pytest.mark.parametrize("text", ["ingest:\n  settings: {}  # x\n", "ingest:\n  sources: [sample]\n"])
def test_parameters_that_read_otherwise_are_not_guessed_at(text: str) -> None:
    with pytest.raises(ValueError, match="stands 0 times"):
        project_params(text, "mine", [])


def test_what_is_ignored_names_no_code() -> None:
    made = project_ignores(text_of(".dvcignore"))
    assert "pipeline" not in made
    assert {"__pycache__", ".cache"} <= set(made.splitlines())
    assert set(made.splitlines()) < set(text_of(".dvcignore").splitlines())


def test_dvc_looks_for_git_where_there_is_one() -> None:
    own = text_of(".dvc/config")
    assert project_dvc_config(own, git=True) == own
    assert project_dvc_config(own, git=False).splitlines()[:2] == ["[core]", "    no_scm = true"]


def test_the_wheel_carries_what_a_project_is_made_of() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    own = {source: place for source, place in carried.items() if source != "masks_templates"}
    assert own == {name: f"pipeline/project/{shipped.IN_WHEEL}/{name}" for name in shipped.SHIPPED}
    assert all((ROOT / name).exists() for name in shipped.SHIPPED)
