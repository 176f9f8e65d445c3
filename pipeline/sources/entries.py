"""catalogue.yaml as it stands: what asks for names alone needs no adapter, and none of the packages that they need."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.core.yaml_files import parse_yaml


@cache
def catalogue() -> Mapping[str, dict[str, Any]]:
    """The entries of catalogue.yaml by name, unchecked: `source_settings` checks the one that is used."""
    data = files("pipeline.sources").joinpath("catalogue.yaml").read_bytes()
    entries: dict[str, dict[str, Any]] = parse_yaml(data, "catalogue.yaml")
    return entries
