"""Take the picture of a report that the documentation shows; by default docs/curation.png.

    make repro && python -m generators.docs.screenshot
    python -m generators.docs.screenshot PAGE PICTURE --height 1880 --width 880

The page is opened in headless Chromium, which must be installed, and its upper part is kept in 256 colours.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import click
from PIL import Image

from pipeline.core.paths import CURATION_PAGE

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@click.command(help=__doc__)
@click.argument("page", default=CURATION_PAGE, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("picture", default="docs/curation.png", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--width", default=1200, show_default=True, help="Pixels.")
@click.option("--height", default=1500, show_default=True, help="Pixels.")
def main(page: Path, picture: Path, width: int, height: int) -> None:
    """Write the picture."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise click.ClickException(f"none of {', '.join(BROWSERS)} is installed")
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        command += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", f"--screenshot={shot}"]
        command += [page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - a browser on a page of ours
        with Image.open(shot) as image:
            image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)
    click.echo(f"{picture}: {width}x{height}, {picture.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
