"""Each setting has one default, whichever door it is asked at."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import click
import pytest
import yaml

from pipeline.augment.request import AskedPicture, FolderRequest, MaskRequest, request_of
from pipeline.core.params import FacesChoice, FacesParams, Params, load_params
from pipeline.core.records import LandmarkModel, MaskType, Wear
from pipeline.faces.detectors import DetectorName
from pipeline.masks import MaskParams
from stages import augment_masks
from stages.tools.replay import command as replay

ROOT = Path(__file__).parents[2]
OF_A_DOOR = {"wear", "crops", "types_take_turns"}
"""What each door asks for in its own way: ways of wearing by weight or by name, crops always or on demand."""


def test_both_doors_ask_for_the_same_where_nothing_is_said() -> None:
    stage, folder = request_of(Params(), MaskParams()), FolderRequest().of_each_face()
    for field in fields(MaskRequest):
        if field.name not in OF_A_DOOR:
            assert getattr(stage, field.name) == getattr(folder, field.name), field.name


def test_the_finder_of_a_folder_is_that_of_the_faces_stage() -> None:
    request, params = FolderRequest(), FacesParams()
    assert (request.detector, request.min_face_px) == (params.detector, params.min_face_px)


def test_params_yaml_says_what_is_the_default() -> None:
    told = load_params(ROOT / "params.yaml")
    assert (told.seed, told.augment, told.faces) == (Params().seed, Params().augment, Params().faces)
    assert set(yaml.safe_load((ROOT / "params.yaml").read_text())["augment"]) == set(told.augment.model_dump())


def test_a_command_line_that_says_nothing_asks_for_the_defaults() -> None:
    """Its help answers before anything is imported, so it says them itself."""
    context = augment_masks.command.make_context("augment-masks", [str(ROOT), "out"])
    assert augment_masks._request(context.params) == FolderRequest()


def test_the_command_line_knows_every_type_way_and_detector() -> None:
    assert FolderRequest().masks == augment_masks.MASKS
    assert set(augment_masks.MASKS) == set(get_args(MaskType)) - {"none", "unknown"}
    assert set(augment_masks.WEARS) == set(get_args(Wear)) - {"none", "incorrect", "unknown"}
    assert set(augment_masks.DETECTORS) == set(get_args(DetectorName))
    assert get_args(LandmarkModel) == augment_masks.LANDMARKS
    assert get_args(FacesChoice) == augment_masks.FACES


def test_a_replayed_picture_is_as_fine_as_the_first() -> None:
    (quality,) = (option for option in replay.params if isinstance(option, click.Option) and option.name == "quality")
    assert quality.default == FolderRequest().jpeg_quality


@pytest.mark.parametrize(
    ("types_take_turns", "told"),
    [(True, "cloth 0, ffp2 0, cloth 1, ffp2 1"), (False, "cloth 0, cloth 1, ffp2 0, ffp2 1")],
)
def test_pictures_come_in_the_order_of_their_door(types_take_turns: bool, told: str) -> None:
    params = Params.model_validate({"augment": {"masks": ["cloth", "ffp2"], "per_face": 2}})
    if types_take_turns:
        request = FolderRequest(masks=params.augment.masks, per_face=2).of_each_face()
    else:
        request = request_of(params, MaskParams())
    assert request.pictures()[0] == AskedPicture("cloth", 0)
    assert ", ".join(f"{asked.mask_type} {asked.number}" for asked in request.pictures()) == told
