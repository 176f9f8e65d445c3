"""The mask synthesizer that a process shares among its photos."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.errors import TemplateError
from pipeline.masks import MaskParams, MaskSynthesizer, Template, load_templates
from pipeline.records import MaskType


@lru_cache(maxsize=1)
def shared_synthesizer(templates: tuple[Path, ...], params_json: str) -> MaskSynthesizer:
    """This process's synthesizer with the templates of these folders, the shipped ones where none is named."""
    return MaskSynthesizer(_loaded(templates), MaskParams.model_validate_json(params_json))


@lru_cache(maxsize=1)
def _loaded(folders: tuple[Path, ...]) -> dict[str, Template]:
    """Reading the templates takes half a second: once a process."""
    return load_templates(folders or None)


def templates_for(folders: Sequence[Path], masks: Sequence[MaskType]) -> dict[str, Template]:
    """The templates of these folders (the shipped ones where none is named), checked to make each of these masks.

    Raises:
        TemplateError: a template is broken, or no template makes masks of one of the types.
    """
    templates = _loaded(tuple(folders))
    offered = sorted({template.mask_type for template in templates.values()})
    missing = [mask for mask in masks if mask not in offered]
    if missing:
        where = ", ".join(str(folder) for folder in folders) or "the shipped templates"
        raise TemplateError(f"{where}: no template makes {', '.join(missing)} masks; there are {', '.join(offered)}")
    return templates
