"""catalogue.yaml and params.yaml's `ingest.settings`, joined into one ready adapter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import ConfigError
from pipeline.core.params import IngestParams, parse_section
from pipeline.sources.adapters import ADAPTERS
from pipeline.sources.adapters.base import Adapter
from pipeline.sources.entries import catalogue
from pipeline.sources.labels import normalised
from pipeline.sources.settings import SourceSettings, Workspace


def source_names(params: IngestParams) -> list[str]:
    """Every source that can be named: the catalogue's, then those that params.yaml defines."""
    return [*catalogue(), *sorted(set(params.settings) - set(catalogue()))]


def source_settings(name: str, params: IngestParams) -> SourceSettings:
    """What is known of a source, from the catalogue and params.yaml; labels of both are joined.

    Raises:
        ConfigError: no such source or adapter, an unknown key, or an impossible value.
    """
    if name not in source_names(params):
        raise ConfigError(
            f"ingest.sources: {name!r}: no such source; known are {', '.join(source_names(params))}. "
            f"Define it under ingest.settings.{name}, with an adapter."
        )
    entry, own = catalogue().get(name, {}), params.settings.get(name, {})
    merged = {**entry, **own, "labels": _joined(entry.get("labels", {}), own.get("labels") or {})}
    kind = merged.get("adapter")
    if not isinstance(kind, str) or kind not in ADAPTERS:
        raise ConfigError(f"ingest.settings.{name}.adapter: {kind!r}: expected one of {', '.join(sorted(ADAPTERS))}")
    return parse_section(ADAPTERS[kind].settings_model, merged, "params.yaml", f"ingest.settings.{name}")


def _joined(known: Mapping[str, Any], own: Any) -> Any:
    """The catalogue's words without those that the user maps too, in whatever spelling, and the user's."""
    if not isinstance(own, Mapping):
        return own  # checked with the rest of the section, which can say where it stands
    replaced = {normalised(str(word)) for word in own}
    return {**{word: label for word, label in known.items() if normalised(word) not in replaced}, **own}


def make_adapter(name: str, params: IngestParams, root: Path, *, copy_all: bool = False) -> Adapter[Any]:
    """The adapter of a source, ready to be asked for its offers; `copy_all` is that of `Workspace`.

    Raises:
        ConfigError: as `source_settings`.
    """
    settings = source_settings(name, params)
    return ADAPTERS[settings.adapter](settings, Workspace.of(name, root, params, copy_all=copy_all))
