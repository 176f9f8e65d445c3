"""`augment-masks templates`: what mask templates there are, and whether a folder of them is sound."""

from pathlib import Path

import click

from stages.common import with_messages

_FOLDERS = click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group("templates", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Mask templates: the shipped ones, or those of FOLDERS."""


@command.command("list")
@_FOLDERS
def list_templates(folders: tuple[Path, ...]) -> None:
    """Print each template's name and type of mask."""
    with_messages(lambda: _list(folders))


@command.command("check")
@_FOLDERS
def check_templates(folders: tuple[Path, ...]) -> None:
    """Read every template; exit code 1 and a message for each fault if one is broken."""
    with_messages(lambda: _check(folders))


def _list(folders: tuple[Path, ...]) -> None:
    from pipeline.masks import load_templates

    for name, template in sorted(load_templates(folders or None).items()):
        click.echo(f"{name:24} {template.mask_type}")


def _check(folders: tuple[Path, ...]) -> None:
    from pipeline.masks import load_templates

    click.echo(f"{len(load_templates(folders or None))} templates, all sound")


if __name__ == "__main__":
    command()
