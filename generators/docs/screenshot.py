r"""Take the picture of a report that the documentation shows; by default docs/curation.png.

    make repro && python -m generators.docs.screenshot
    python -m generators.docs.screenshot PAGE PICTURE --height 1880 --width 880

    maskwright browse && python -m generators.docs.screenshot reports/browse.html docs/pictures/browse.jpg \
        --part '#mask_type=cloth,surgical,ffp2' --width 1100 --height 700

The page is opened in headless Chromium, which must be installed, and its upper part is kept: a PNG in 256 colours.
"""

import tempfile
import time
from pathlib import Path

import click
from PIL import Image

from generators.chromium import BROWSERS, Page, installed_browser
from pipeline.core.paths import CURATION_PAGE

_SETTLED_S = 1.5
"""Tiles and photos are loaded by then."""


@click.command(help=__doc__)
@click.argument("page", default=CURATION_PAGE, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("picture", default="docs/curation.png", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--part", default="", help="What follows the page's name in the address, from # on.")
@click.option("--width", default=1200, show_default=True, help="Pixels.")
@click.option("--height", default=1500, show_default=True, help="Pixels.")
def main(page: Path, picture: Path, part: str, width: int, height: int) -> None:
    """Write the picture."""
    command = installed_browser()
    if command is None:
        raise click.ClickException(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder, Page(command) as browser:
        browser.resize(width, height)
        browser.open(page.resolve().as_uri() + part)
        time.sleep(_SETTLED_S)
        shot = Path(folder) / "shot.png"
        browser.screenshot(shot)
        with Image.open(shot) as image:
            _save(image.convert("RGB"), picture)
    click.echo(f"{picture}: {width}x{height}, {picture.stat().st_size // 1024} KB")


def _save(image: Image.Image, picture: Path) -> None:
    if picture.suffix == ".png":
        image.quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)
    else:
        image.save(picture, quality=80, optimize=True)


if __name__ == "__main__":
    main()
