"""`augment-masks templates`: what mask templates there are, what they look like, whether a folder of them is sound."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stages.running.commands import with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Group

if TYPE_CHECKING:
    from pipeline.masks import Template

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FOLDERS = click.argument("folders", nargs=-1, type=_FOLDER)


@click.group("templates", cls=Utf8Group, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Mask templates: the shipped ones, or those of FOLDERS (folders that hold one folder a template)."""


@command.command("list")
@_FOLDERS
def list_templates(folders: tuple[Path, ...]) -> None:
    """Print each template's name, type of mask, weight among its type, and what it is."""
    with_messages(lambda: _list(folders))


@command.command("show")
@click.argument("name")
@click.option("--templates", "folders", multiple=True, type=_FOLDER, help="Look here, not among the shipped ones.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Another seed, other draws.")
@click.option(
    "-o", "--out", default=None, type=click.Path(dir_okay=False, path_type=Path), help="The picture. [NAME.png]"
)
def show_template(name: str, folders: tuple[Path, ...], seed: int, out: Path | None) -> None:
    """Draw the template NAME four times (the last time worn under the nose), each on a plain head turned four ways."""
    with_messages(lambda: _show(name, folders, seed, out or Path(f"{name}.png")))


@command.command("check")
@_FOLDERS
def check_templates(folders: tuple[Path, ...]) -> None:
    """Read every template and put it on a head; exit code 1 and a message for each fault if one is broken."""
    with_messages(lambda: _check(folders))


def _list(folders: tuple[Path, ...]) -> None:
    from pipeline.masks import load_templates

    for name, template in sorted(load_templates(folders or None).items()):
        say(f"{name:20} {template.mask_type:10} {template.weight:4g}  {template.description}")


def _show(name: str, folders: tuple[Path, ...], seed: int, out: Path) -> None:
    from pipeline.core.errors import TemplateError
    from pipeline.masks import load_templates
    from pipeline.masks.template_sheet import head_poses, template_sheet
    from pipeline.storage.images import write_image

    templates = load_templates(folders or None)
    if name not in templates:
        raise TemplateError(f"no template is called {name!r}; there are {', '.join(sorted(templates))}")
    write_image(out, template_sheet(templates[name], head_poses(), seed=seed))
    say(f"{out}: {_credit(templates[name])}")


def _check(folders: tuple[Path, ...]) -> None:
    from pipeline.core.errors import TemplateError
    from pipeline.masks.shipped import default_templates_folder
    from pipeline.masks.template import load_template, template_files
    from pipeline.masks.template_sheet import head_poses, template_sheet

    files = [file for folder in folders or (default_templates_folder(),) for file in template_files(folder)]
    faults = []
    for file in files:
        try:
            template_sheet(load_template(file), head_poses()[:2], rows=1)
        except TemplateError as error:
            faults.append(str(error))
    if faults:
        raise TemplateError("\n".join(faults))
    say(f"{len(files)} templates, all sound")


def _credit(template: "Template") -> str:
    return f"{template.name}, {template.description}, by {template.author}, {template.licence}"


if __name__ == "__main__":
    command()
