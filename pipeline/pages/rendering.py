"""Pages that open from disk: no scripts, no fonts, no requests."""

import base64
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from pipeline.core.arrays import Rgb
from pipeline.storage.images import encode_image


def render_page(package: str, template: str, /, **values: Any) -> str:
    """The page of a package's template, which extends `base.html.j2`; values are escaped, a missing one is an error."""
    loader = ChoiceLoader([PackageLoader(name, ".") for name in (package, "pipeline.pages")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = _percent
    return environment.get_template(template).render(values)


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f} %"


def jpeg_uri(rgb: Rgb, quality: int) -> str:
    """A picture as text that a page can hold."""
    return "data:image/jpeg;base64," + base64.b64encode(encode_image(rgb, quality=quality)).decode()
