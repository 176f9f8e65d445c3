"""How a classifier is used: what it wants to see, and what its numbers mean. Stands in the model's own file."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.core.errors import MaskwrightError
from pipeline.core.params import FacesParams
from pipeline.core.validation import explain_validation

METADATA_KEY = "maskwright"
"""Under which a model file keeps this as JSON."""

FORMAT = 2

Classes = Annotated[tuple[str, ...], Field(min_length=2)]
Temperature = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Threshold = Annotated[float, Field(ge=0, le=1)]


class Preprocessing(BaseModel):
    """What is done to a photo's pixels before the model sees a face: enough to do the same in another language.

    Every value is the only one that there is; a file that says another is from a version that this one can't follow.

    Attributes:
        square: What is cut out around a face: this times `crop.crop_scale`, in whole pixels, around the box's centre.
        border: What stands beyond the photo's edge: its outermost pixels.
        resized_to: The square is brought to these sides, one after the other, each time rounded to 8 bits.
        interpolation: By pixel area where it gets smaller (`cv2.INTER_AREA`, Pillow's `BOX`), bilinear where larger.
        antialias: Each pixel of a smaller picture is the mean of all those that it stands for.
        divide_by: What the 8-bit values are divided by.
        mean: What is then taken off each channel: nothing, as the model does so itself.
        std: What each channel is then divided by: nothing, likewise.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    colour_order: Literal["RGB"] = "RGB"
    square: Literal["longer side of the box"] = "longer side of the box"
    border: Literal["replicate"] = "replicate"
    resized_to: tuple[Literal["crop.crop_px"], Literal["image_px"]] = ("crop.crop_px", "image_px")
    interpolation: Literal["area"] = "area"
    antialias: Literal[True] = True
    layout: Literal["NCHW"] = "NCHW"
    dtype: Literal["float32"] = "float32"
    divide_by: Literal[255] = 255
    mean: tuple[Literal[0], Literal[0], Literal[0]] = (0, 0, 0)
    std: tuple[Literal[1], Literal[1], Literal[1]] = (1, 1, 1)


class ModelUsage(BaseModel):
    """All that is needed to ask a model about a face, and to read its answer.

    Attributes:
        input: For people: the shape and range of the model's input.
        image_px: Side of the square pictures that it takes.
        resize: How a crop is brought to that side.
        preprocessing: What else is done to the pixels; files that don't say it are older, and want the same.
        crop: How its training faces were found and cut out.
        classes: By head, in the order of the logits.
        temperatures: By head; what logits are divided by. 1 where a head has none.
        unsure_below: By head; below this probability of the best class the answer is `unsure`. None where it has none.
        output: For people: what the model's numbers are.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: Literal[2]
    input: str = ""
    image_px: Annotated[int, Field(ge=8, le=2048)]
    resize: Literal["area"] = "area"
    preprocessing: Preprocessing = Preprocessing()
    crop: FacesParams
    classes: Annotated[dict[str, Classes], Field(min_length=1)]
    temperatures: dict[str, Temperature] = {}
    unsure_below: dict[str, Threshold] = {}
    output: str = "logits by head; probabilities are softmax(logits / temperature)"

    @field_validator("classes")
    @classmethod
    def _each_class_once(cls, classes: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for head, names in classes.items():
            if len(set(names)) < len(names):
                raise ValueError(f"{head} has a class twice")
        return classes

    @model_validator(mode="after")
    def _heads_are_known(self) -> Self:
        unknown = {*self.temperatures, *self.unsure_below} - set(self.classes)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: no head of the model")
        return self

    def to_json(self) -> str:
        """The text that a model file keeps; `read_usage` is the inverse."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def read_usage(text: str, origin: str) -> ModelUsage:
    """The usage that a file keeps; `origin` names the file in messages.

    Raises:
        MaskwrightError: the text is damaged, of another version, or says something impossible.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MaskwrightError(f"{origin}: its metadata are damaged: not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise MaskwrightError(f"{origin}: written by another version, not in format {FORMAT}: export the model again")
    return parse_usage(document, f"{origin}: {METADATA_KEY}")


def parse_usage(document: Mapping[str, object], origin: str) -> ModelUsage:
    """Check a usage that is given as values.

    Raises:
        MaskwrightError: a line for each key that says something impossible.
    """
    try:
        return ModelUsage.model_validate(document)
    except ValidationError as error:
        raise MaskwrightError(explain_validation(origin, error)) from error
