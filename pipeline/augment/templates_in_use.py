"""The mask synthesizer that a process shares among its photos."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.core.errors import TemplateError
from pipeline.core.records import MaskType
from pipeline.masks import MaskParams, MaskSynthesizer, Template, load_templates


def shared_synthesizer(templates: tuple[Path, ...], ranges: MaskParams) -> MaskSynthesizer:
    """This process's synthesizer with the templates of these folders, the shipped ones where none is named."""
    if _InUse.templates != templates or not _equal(_InUse.ranges, ranges):
        _InUse.synthesizer = MaskSynthesizer(_loaded(templates), ranges)
        _InUse.templates, _InUse.ranges = templates, ranges
    return _InUse.synthesizer


class _InUse:
    """The last one, and what it was made for: ranges hold a mapping, and so can be no key of a cache."""

    synthesizer: MaskSynthesizer
    templates: tuple[Path, ...] | None = None
    ranges: MaskParams | None = None


def _equal(one: MaskParams | None, other: MaskParams) -> bool:
    """Whether both draw the same masks: the order of the wear states counts too."""
    return one is not None and one == other and list(one.wear) == list(other.wear)


@lru_cache(maxsize=1)
def _loaded(folders: tuple[Path, ...]) -> dict[str, Template]:
    """Reading the templates takes half a second: once a process."""
    return load_templates(folders or None)


def templates_for(
    folders: Sequence[Path], masks: Sequence[MaskType], held_out: Sequence[str] = ()
) -> dict[str, Template]:
    """The templates of these folders (the shipped ones where none is named), checked to make each of these masks.

    Raises:
        TemplateError: a template is broken, no template makes masks of one of the types, or a held-out one does not
            exist or leaves no other of its type.
    """
    templates = _loaded(tuple(folders))
    offered = sorted({template.mask_type for template in templates.values()})
    missing = [mask for mask in masks if mask not in offered]
    if missing:
        where = ", ".join(str(folder) for folder in folders) or "the shipped templates"
        raise TemplateError(f"{where}: no template makes {', '.join(missing)} masks; there are {', '.join(offered)}")
    _check_held_out(templates, masks, held_out)
    return templates


def _check_held_out(templates: Mapping[str, Template], masks: Sequence[MaskType], held_out: Sequence[str]) -> None:
    unknown = sorted(set(held_out) - set(templates))
    if unknown:
        raise TemplateError(f"augment.holdout_templates: {unknown[0]!r} is not one of {', '.join(sorted(templates))}")
    left = {template.mask_type for name, template in templates.items() if name not in held_out}
    bare = [mask for mask in masks if mask not in left]
    if bare:
        raise TemplateError(f"augment.holdout_templates: nothing is left to train {', '.join(bare)} masks on")
