"""The reference pages name all that there is, and nothing else."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

import maskwright
from generators.docs.reference import columns, commands, dials
from generators.docs.reference.__main__ import PROGRAMS, api_page
from pipeline.core.params import Params
from stages.augment_masks import main as augment_masks

ROOT = Path(__file__).parents[2]
DIALS = dials.dials_of((ROOT / "params.yaml").read_text(encoding="utf-8"))


def keys(model: type[BaseModel], within: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{within}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{within}{name}.")


def test_every_dial_is_in_the_table() -> None:
    assert sorted(dial.path for dial in DIALS) == sorted(keys(Params))
    page = dials.page(ROOT / "params.yaml")
    assert [dial.path for dial in DIALS if f"`{dial.path}`" not in page and f"## {dial.path}" not in page] == []


SAID_BY_ANOTHER_LINE = {
    *("split.train", "split.val", "split.test"),
    *("train.augmentation.contrast", "train.augmentation.saturation"),
}


def test_every_dial_says_what_it_does() -> None:
    silent = {dial.path for dial in DIALS if not dial.comment and not dial.path.startswith("dedup.links.")}
    assert silent == SAID_BY_ANOTHER_LINE


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("seed", "integer, at least 0"),
        ("engine.address", "text or `null`"),
        ("dedup.links.near", "`drop`, `group`, `ignore`"),
        ("augment.alpha", "`true`, `false`"),
        ("train.augmentation.scale_range", "list of 2: number"),
        ("augment.templates", "list: path"),
        ("evaluate.external", "mapping"),
        ("train.augmentation", ""),
    ],
)
def test_what_a_dial_may_be_follows_from_its_type(path: str, expected: str) -> None:
    assert dials.allowed(path).partition(", at most")[0] == expected


def test_every_column_has_a_meaning_and_no_meaning_is_left_over() -> None:
    used = {field.name for one in columns.TABLES for field in fields(one.record)}
    assert used == set(columns.MEANINGS)
    page = columns.page()
    assert [name for name in used if f"| `{name}` |" not in page] == []


def test_every_option_of_a_command_is_listed() -> None:
    page = commands.page({name: one for name, one in PROGRAMS.items() if name.startswith("augment-masks")})
    shown = [one for one in augment_masks.params if isinstance(one, click.Option) and not one.hidden]
    assert [one.name for one in shown if f"`{one.opts[0]}`" not in page] == []
    assert "## augment-masks templates check" in page


def test_everything_exported_is_described() -> None:
    page = api_page()
    public = [name for name in maskwright.__all__ if not name.startswith("_")]
    assert [name for name in public if f":: maskwright.{name}\n" not in page] == []
