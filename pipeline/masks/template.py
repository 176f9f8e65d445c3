"""Mask templates: `template.yaml` and the prints beside it, checked on loading."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from pipeline.core.errors import TemplateError
from pipeline.core.validation import explain_validation
from pipeline.core.yaml_files import read_yaml
from pipeline.masks.limits import DegreeRange, MillimetreRange, OpenShareRange, PowerRange, ShareRange
from pipeline.masks.parts.colours import Colour
from pipeline.masks.parts.edges import BINDING, NOSE_CLIP, TOP_BAND, BindingRanges, NoseClipRanges, TopBandRanges
from pipeline.masks.parts.flat_picture import check_picture
from pipeline.masks.parts.lettering import LETTERING, LetteringRanges
from pipeline.masks.parts.part import Part, Ranges
from pipeline.masks.parts.picture import PICTURE, Picture
from pipeline.masks.parts.prints import PRINT, PrintRanges
from pipeline.masks.parts.reliefs import RELIEFS, ReliefRanges
from pipeline.masks.parts.straps import StrapRanges
from pipeline.masks.parts.valve import VALVE, ValveRanges
from pipeline.masks.parts.wash import WASH
from pipeline.masks.shipped import TEMPLATE_FILE, default_templates_folder

NAME_PATTERN = r"^[a-z0-9_]+$"
_LIKE = {"cloth": "cloth_fitted", "surgical": "surgical_flat", "ffp2": "ffp2_folded"}


class ShapeRanges(Ranges):
    """Ranges of `surface.Shape`'s fields."""

    top_centre_mm: MillimetreRange
    top_side_mm: MillimetreRange
    top_curve: PowerRange
    bottom_centre_mm: MillimetreRange
    bottom_side_mm: MillimetreRange
    bottom_curve: PowerRange
    side_top_deg: DegreeRange
    side_bottom_deg: DegreeRange
    side_bulge_deg: DegreeRange = (0, 0)
    clearance_mm: MillimetreRange = (1, 2)
    tautness: PowerRange = (0.5, 1)
    edge_gap_mm: MillimetreRange = (0, 0)
    protrusion_mm: MillimetreRange = (0, 0)
    across_power: PowerRange = (2, 2)
    across_round: PowerRange = (1, 1)
    peak_start: OpenShareRange = (0.5, 0.5)
    peak_end: OpenShareRange = (0.5, 0.5)
    profile_power: PowerRange = (1, 1)


class Template(Ranges):
    """One kind of mask, as data.

    The fields that name a `Part` are the list of the parts a mask has, in the order in which they are laid over each
    other; a line more here is a part more. A new part has a default that draws none, so that templates need not say so.
    """

    schema_version: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=NAME_PATTERN, max_length=200)]
    mask_type: Literal["cloth", "surgical", "ffp2"]
    licence: str
    author: str
    description: str
    weight: Annotated[float, Field(gt=0)] = 1
    shape: ShapeRanges
    corner_mm: MillimetreRange = (3, 8)
    colours: Annotated[tuple[Colour, ...], Field(min_length=1)]
    colour_jitter: Annotated[float, Field(ge=0, le=60)] = 8
    straps: StrapRanges
    prints: Annotated[PrintRanges, PRINT] = PrintRanges()
    picture: Annotated[Picture | None, PICTURE] = None
    reliefs: Annotated[tuple[ReliefRanges, ...], RELIEFS] = ()
    binding: Annotated[BindingRanges, BINDING] = BindingRanges()
    top_band: Annotated[TopBandRanges, TOP_BAND] = TopBandRanges()
    wash: Annotated[ShareRange, WASH] = (0, 0)
    nose_clip: Annotated[NoseClipRanges, NOSE_CLIP] = NoseClipRanges()
    lettering: Annotated[LetteringRanges, LETTERING] = LetteringRanges()
    valve: Annotated[ValveRanges, VALVE] = ValveRanges()


PARTS: dict[str, Part[Any, Any]] = {
    name: part for name, field in Template.model_fields.items() for part in field.metadata if isinstance(part, Part)
}
"""The parts of `Template` by their keys in `template.yaml`, in the order in which they are laid."""


def load_templates(folders: Sequence[Path] | None = None) -> dict[str, Template]:
    """Templates by name from folders that hold one folder a template; the shipped ones where None is given.

    Raises:
        TemplateError: a folder holds no template, a template is broken, or two have one name.
    """
    templates: dict[str, Template] = {}
    for folder in folders if folders is not None else [default_templates_folder()]:
        for file in template_files(folder):
            template = load_template(file)
            if template.name in templates:
                raise TemplateError(f"{file}: name: {template.name!r} is taken by another template")
            templates[template.name] = template
    return templates


def template_files(folder: Path) -> list[Path]:
    """The `template.yaml` of each template in a folder.

    Raises:
        TemplateError: it holds none.
    """
    found = sorted(folder.glob(f"*/{TEMPLATE_FILE}"))
    if not found:
        raise TemplateError(f"{folder}: no template in it; expected <name>/{TEMPLATE_FILE}")
    return found


def load_template(file: Path) -> Template:
    """Read and check one `template.yaml`.

    Raises:
        TemplateError: names the file, the field, the value and what was expected.
    """
    try:
        template = Template.model_validate(_completed(read_yaml(file, TemplateError)))
    except ValidationError as error:
        raise TemplateError(explain_validation(file, error)) from error
    if template.name != file.parent.name:
        raise TemplateError(f"{file}: name: {template.name!r} must be the folder's name {file.parent.name!r}")
    return template if template.picture is None else _with_picture(file, template, template.picture)


def _completed(document: Any) -> Any:
    """A template of a picture needs no shape, straps or colours: those of the commonest mask of its type fit."""
    if not isinstance(document, dict) or "picture" not in document:
        return document
    name = _LIKE.get(str(document.get("mask_type")), _LIKE["cloth"])  # of a misspelt type that alone is to be told
    like = default_templates_folder() / name / TEMPLATE_FILE
    common = read_yaml(like, TemplateError)
    white = [{"name": "as pictured", "srgb": [255, 255, 255]}]
    return {"shape": common["shape"], "straps": common["straps"], "colours": white, "colour_jitter": 0} | document


def _with_picture(file: Path, template: Template, picture: Picture) -> Template:
    """The template with the path of its picture, which is checked."""
    if Path(picture.file).name != picture.file:
        raise TemplateError(f"{file}: picture.file: {picture.file!r} must be a file's name, beside {TEMPLATE_FILE}")
    path = file.parent / picture.file
    try:
        check_picture(path, picture.anchors)
    except TemplateError as error:
        raise TemplateError(f"{file}: {error}") from error
    return template.model_copy(update={"picture": picture.model_copy(update={"file": str(path)})})
