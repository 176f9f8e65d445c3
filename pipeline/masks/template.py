"""Mask templates: `template.yaml` and the prints beside it, checked on loading."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.core.errors import TemplateError
from pipeline.core.ranges import Range
from pipeline.core.validation import explain_validation
from pipeline.masks.parts.picture import check_picture
from pipeline.masks.parts.reliefs import RELIEF_PARAMETERS

TEMPLATE_FILE = "template.yaml"
PRINTS_FOLDER = "prints"
_LIKE = {"cloth": "cloth_fitted", "surgical": "surgical_flat", "ffp2": "ffp2_folded"}


Probability = Annotated[float, Field(ge=0, le=1)]
Channel = Annotated[int, Field(ge=0, le=255)]
Srgb = tuple[Channel, Channel, Channel]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShapeRanges(_Part):
    """Ranges of `surface.Shape`'s fields."""

    top_centre_mm: Range
    top_side_mm: Range
    top_curve: Range
    bottom_centre_mm: Range
    bottom_side_mm: Range
    bottom_curve: Range
    side_top_deg: Range
    side_bottom_deg: Range
    side_bulge_deg: Range = (0, 0)
    clearance_mm: Range = (1, 2)
    tautness: Range = (0.5, 1)
    edge_gap_mm: Range = (0, 0)
    protrusion_mm: Range = (0, 0)
    across_power: Range = (2, 2)
    across_round: Range = (1, 1)
    peak_start: Range = (0.5, 0.5)
    peak_end: Range = (0.5, 0.5)
    profile_power: Range = (1, 1)


class Colour(_Part):
    """A named colour with how often it is drawn."""

    name: str
    srgb: Srgb
    weight: Annotated[float, Field(gt=0)] = 1


class Prints(_Part):
    """Which prints may lie on the cloth; `all` takes every print of that kind."""

    tile_probability: Probability = 0
    motif_probability: Probability = 0
    tiles: tuple[str, ...] | Literal["all"] = "all"
    motifs: tuple[str, ...] | Literal["all"] = "all"
    tile_mm: Range = (30, 90)
    motif_mm: Range = (60, 120)
    free_ground: Probability = 0.35


class Relief(BaseModel):
    """One relief: its `kind`, how often it is there, and a range for each of that kind's parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)
    kind: str
    probability: Probability = 1
    __pydantic_extra__: dict[str, Range] = Field(init=False)

    @model_validator(mode="after")
    def _parameters_fit(self) -> "Relief":
        if self.kind not in RELIEF_PARAMETERS:
            raise ValueError(f"unknown relief {self.kind!r}; known: {', '.join(sorted(RELIEF_PARAMETERS))}")
        given, wanted = set(self.ranges), RELIEF_PARAMETERS[self.kind]
        if given != wanted:
            raise ValueError(f"{self.kind} needs exactly {sorted(wanted)}; {sorted(given ^ wanted)} differ")
        return self

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Range of each parameter."""
        return self.__pydantic_extra__ or {}


class Binding(_Part):
    """A band of another tone along the edge."""

    probability: Probability = 0
    width_mm: Range = (3, 6)
    darken: Range = (0.75, 0.95)
    contrast_probability: Probability = 0


class TopBand(_Part):
    """A band along the top edge, over the nose wire, that lets more light through."""

    probability: Probability = 0
    width_mm: Range = (6, 12)
    lighten: Range = (0.1, 0.6)


class NoseClip(_Part):
    """A strip of metal or plastic on the outside that holds the mask to the nose; `at_mm` is below the top edge."""

    probability: Probability = 0
    at_mm: Range = (6, 12)
    half_width_mm: Range = (22, 42)
    width_mm: Range = (3, 6)
    colours: tuple[Colour, ...] = ()


class Lettering(_Part):
    """Small printed lines, as on respirators."""

    probability: Probability = 0
    texts: tuple[str, ...] = ()
    height_mm: Range = (3, 5)
    u: Range = (-0.6, 0.6)
    v: Range = (0.3, 0.7)
    tone: Range = (0.2, 0.6)


class Straps(_Part):
    """How the mask is held; `top_v` and `bottom_v` say where the straps leave its sides.

    `hidden` is the probability, for each side, that hair hides them whole; otherwise hair may hide their far part.
    """

    kind: Literal["ear_loops", "head_straps", "ties", "none"]
    top_v: Range = (0.03, 0.03)
    bottom_v: Range = (0.97, 0.97)
    width_mm: Range = (2.5, 4)
    sag_mm: Range = (0, 4)
    hidden: Probability = 0.45
    colours: tuple[Colour, ...] = ()
    like_mask: Probability = 0


class Valve(_Part):
    """An exhalation valve."""

    probability: Probability = 0
    u: Range = (-0.1, 0.1)
    v: Range = (0.5, 0.6)
    radius_mm: Range = (12, 18)
    height_mm: Range = (3, 7)
    square: Probability = 0.3
    colours: tuple[Colour, ...] = ()


class Picture(_Part):
    """A flat RGBA picture of a mask; `anchors` say where points of it (x, y in pixels) lie on the face.

    `file` is a name beside template.yaml, and its whole path once the template is loaded.
    """

    file: str
    anchors: dict[str, tuple[float, float]]


class Template(_Part):
    """One kind of mask, as data."""

    schema_version: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    mask_type: Literal["cloth", "surgical", "ffp2"]
    licence: str
    author: str
    description: str
    weight: Annotated[float, Field(gt=0)] = 1
    shape: ShapeRanges
    corner_mm: Range = (3, 8)
    colours: Annotated[tuple[Colour, ...], Field(min_length=1)]
    colour_jitter: Annotated[float, Field(ge=0, le=60)] = 8
    prints: Prints = Prints()
    reliefs: tuple[Relief, ...] = ()
    binding: Binding = Binding()
    top_band: TopBand = TopBand()
    wash: Range = (0, 0)
    nose_clip: NoseClip = NoseClip()
    lettering: Lettering = Lettering()
    straps: Straps
    valve: Valve = Valve()
    picture: Picture | None = None


def default_templates_folder() -> Path:
    """Where the templates that ship with Maskwright are: inside the installed package, or in the checkout."""
    package = cast(Path, files("pipeline"))
    installed = package / "masks_templates"
    return installed if installed.is_dir() else package.parent / "masks_templates"


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
        template = Template.model_validate(_completed(yaml.safe_load(file.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise TemplateError(f"{file}: cannot be read: {error}") from error
    except ValidationError as error:
        raise TemplateError(explain_validation(file, error)) from error
    if template.name != file.parent.name:
        raise TemplateError(f"{file}: name: {template.name!r} must be the folder's name {file.parent.name!r}")
    return template if template.picture is None else _with_picture(file, template, template.picture)


def _completed(document: Any) -> Any:
    """A template of a picture needs no shape, straps or colours: those of the commonest mask of its type fit."""
    if not isinstance(document, dict) or "picture" not in document or document.get("mask_type") not in _LIKE:
        return document
    like = default_templates_folder() / _LIKE[document["mask_type"]] / TEMPLATE_FILE
    common = yaml.safe_load(like.read_text(encoding="utf-8"))
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


@lru_cache(maxsize=128)
def read_print(name: str) -> NDArray[np.uint8]:
    """Palette indices 0 to 3 of a print, `uint8 (H, W)`.

    Raises:
        TemplateError: there is no such print.
    """
    file = default_templates_folder() / PRINTS_FOLDER / f"{name}.png"
    values = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) if file.is_file() else None
    if values is None:
        raise TemplateError(f"{file}: no such print")
    return np.asarray(values // 85, dtype=np.uint8)


@lru_cache(maxsize=2)
def print_names(prefix: Literal["tile_", "motif_"]) -> tuple[str, ...]:
    """Names of the shipped prints of one kind."""
    return tuple(sorted(f.stem for f in (default_templates_folder() / PRINTS_FOLDER).glob(f"{prefix}*.png")))
