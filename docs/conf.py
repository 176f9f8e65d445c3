"""How Sphinx builds the docs site: `make docs`. Warnings are errors, links into nowhere among them."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from generators.docs.reference.__main__ import write  # noqa: E402 - found by the line above
from pipeline.core.version import VERSION  # noqa: E402

project = "Maskwright"
author = "The Maskwright authors"
release = VERSION
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["examples"]
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
html_theme = "furo"
html_title = f"Maskwright {VERSION}"
html_show_sourcelink = False
html_copy_source = False

write(ROOT / "docs" / "reference")


def link_outside(app: Sphinx, page: str, source: list[str]) -> None:
    """Make links to Markdown files that are no pages of the site, such as SECURITY.md, downloads."""
    folder = (Path(app.srcdir) / page).parent

    def rewritten(link: re.Match[str]) -> str:
        inside = (folder / link[1]).resolve().is_relative_to(app.srcdir)
        return link[0] if inside else f"](path:{link[1]})"

    source[0] = re.sub(r"\]\((\.\./[^)#:]+\.md)\)", rewritten, source[0])


def setup(app: Sphinx) -> None:
    """Register the above."""
    app.connect("source-read", link_outside)
