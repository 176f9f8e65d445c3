"""Write the reference pages of the docs site.

    python -m generators.docs.reference docs/reference

The site's build calls this; the pages are not committed.
"""

from pathlib import Path

import click

import maskwright
from generators.docs.reference import columns, commands, dials
from stages.augment_masks import main as augment_masks
from stages.cli import main as maskwright_command
from stages.tools.templates import command as templates

ROOT = Path(__file__).parents[3]
PROGRAMS: dict[str, click.Command] = {
    "augment-masks": augment_masks,
    "augment-masks templates": templates,
    "maskwright": maskwright_command,
}


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write them."""
    write(folder)


def write(folder: Path) -> None:
    """Write the pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {
        "api.md": api_page(),
        "columns.md": columns.page(),
        "commands.md": commands.page(PROGRAMS),
        "dials.md": dials.page(ROOT / "params.yaml"),
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def api_page() -> str:
    """Everything that `maskwright` exports, from its docstrings."""
    lines = ["# The Python interface", "", "How it is used: [From Python](../python.md)."]
    for name in sorted(name for name in maskwright.__all__ if not name.startswith("_")):
        kind = "class" if isinstance(getattr(maskwright, name), type) else "function"
        members = [":members:"] if kind == "class" else []
        lines += ["", f"## {name}", "", "```{eval-rst}", f".. auto{kind}:: maskwright.{name}"]
        lines += [*(f"   {member}" for member in members), "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
