from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from pipeline.core.errors import TemplateError
from pipeline.masks import MaskRecipe, MaskSynthesizer, Template, load_templates
from pipeline.masks.head.mannequin import mannequin
from pipeline.masks.head.surface import Shape
from pipeline.masks.parts.flat_picture import flat_picture, texture_of
from pipeline.masks.parts.picture import place_picture
from pipeline.masks.parts.straps import StrapRanges
from pipeline.masks.template import load_template

ANCHORS = {
    "nose_bridge": [100, 20],
    "left_top_corner": [20, 30],
    "right_top_corner": [180, 30],
    "left_bottom_corner": [20, 110],
    "right_bottom_corner": [180, 110],
    "chin": [100, 120],
}
NOSE_TIP, MOUTH, CHIN, BROW = 30, 62, 8, 19


def _picture() -> np.ndarray:
    """Red on the viewer's left, blue on the right, BGRA as files hold it; clear round it with garbage colour."""
    image = np.zeros((140, 200, 4), dtype=np.uint8)
    image[..., 1] = 255
    image[20:120, 20:100] = (0, 0, 220, 255)
    image[20:120, 100:180] = (220, 0, 0, 255)
    return image


def _write(folder: Path, image: np.ndarray | None = None, **changes: object) -> Path:
    document = {
        "schema": 1,
        "name": "mine",
        "mask_type": "surgical",
        "licence": "CC0-1.0",
        "author": "A. Nonymous",
        "description": "Half red, half blue",
        "picture": {"file": "mask.png", "anchors": ANCHORS},
    } | changes
    (folder / "mine").mkdir()
    cv2.imwrite(str(folder / "mine" / "mask.png"), _picture() if image is None else image)
    (folder / "mine" / "template.yaml").write_text(yaml.safe_dump(document))
    return folder / "mine" / "template.yaml"


@pytest.fixture
def mine(tmp_path: Path) -> Template:
    return load_template(_write(tmp_path))


@pytest.mark.parametrize("mask_type", ["surgcal", "none", 3, ["surgical"]])
def test_a_wrong_type_alone_is_told_and_not_what_follows_from_it(tmp_path: Path, mask_type: object) -> None:
    with pytest.raises(TemplateError) as error:
        load_template(_write(tmp_path, mask_type=mask_type))
    assert len(str(error.value).splitlines()) == 1
    assert "template.yaml: mask_type: " in str(error.value)


@pytest.mark.parametrize("without", [(), ("nose_bridge",), ("nose_bridge", "chin")])
def test_four_to_six_anchors_make_a_mask_that_fits(
    tmp_path: Path, without: tuple[()] | tuple[str, str] | tuple[str]
) -> None:
    anchors = {name: point for name, point in ANCHORS.items() if name not in without}
    template = load_template(_write(tmp_path, picture={"file": "mask.png", "anchors": anchors}))
    rgb, landmarks = mannequin(10, 3)

    masked = MaskSynthesizer({"mine": template})(rgb, landmarks, "surgical", np.random.default_rng(0))

    alpha = [masked.alpha[tuple(np.rint(landmarks[k][::-1]).astype(int))][0] for k in (NOSE_TIP, MOUTH, CHIN, BROW)]
    assert min(alpha[:3]) > 0.5
    assert alpha[3] == 0


def test_left_of_the_picture_is_left_on_the_face(mine: Template) -> None:
    rgb, landmarks = mannequin()
    strapless = mine.model_copy(update={"straps": StrapRanges(kind="none")})
    masked = MaskSynthesizer({"mine": strapless})(rgb, landmarks, "surgical", np.random.default_rng(1))

    x, y = np.rint(landmarks[MOUTH]).astype(int)
    left, right = masked.rgb[y, x - 30].astype(int), masked.rgb[y, x + 30].astype(int)
    assert left[0] > left[2] + 40
    assert right[2] > right[0] + 40
    assert masked.rgb[masked.alpha[..., 0] > 0.9][:, 1].max() < 130, "the colour under clear pixels bleeds nowhere"


def test_anchors_land_where_the_shape_says(mine: Template) -> None:
    assert mine.picture is not None
    picture = flat_picture(Path(mine.picture.file), mine.picture.anchors)
    values = dict.fromkeys(Shape.__slots__, 1.0)
    values |= {"top_centre_mm": 10, "bottom_centre_mm": 115, "side_top_deg": 60, "side_bottom_deg": 50}
    values |= {"top_side_mm": 30, "bottom_side_mm": 85, "shift_deg": 0, "tilt_mm": 0}

    azimuth, y = place_picture(picture.anchors, Shape(**values))

    assert (azimuth[0, 8], y[0, 8]) == pytest.approx((0, 10))
    assert (azimuth[-1, 8], y[-1, 8]) == pytest.approx((0, 115))
    assert picture.anchors["left_top_corner"][0] == 0.0
    assert picture.anchors["left_top_corner"][1] == pytest.approx(0.1)
    assert np.all(np.diff(azimuth, axis=1) > 0)


def test_clear_pixels_lend_no_colour_to_the_edge(mine: Template) -> None:
    assert mine.picture is not None
    albedo, alpha = texture_of(flat_picture(Path(mine.picture.file), mine.picture.anchors), 37, 23)

    assert albedo[alpha > 0.02][:, 1].max() < 0.05


def test_a_draw_replays_and_a_changed_picture_is_noticed(mine: Template) -> None:
    rgb, landmarks = mannequin(-20)
    first = MaskSynthesizer({"mine": mine})(rgb, landmarks, "surgical", np.random.default_rng(2))
    draw = MaskRecipe.from_json(first.draw.to_json())

    assert np.array_equal(MaskSynthesizer({"mine": mine}).render(rgb, landmarks, draw).rgb, first.rgb)
    assert draw.values.picture is not None
    other = MaskRecipe.from_json(first.draw.to_json().replace(draw.values.picture, "0" * 16))
    with pytest.raises(TemplateError, match="changed since"):
        MaskSynthesizer({"mine": mine}).render(rgb, landmarks, other)
    with pytest.raises(TemplateError, match="is not there"):
        MaskSynthesizer(load_templates()).render(rgb, landmarks, draw)


def _moved(**points: object) -> dict[str, object]:
    return {"picture": {"file": "mask.png", "anchors": ANCHORS | points}}


@pytest.mark.parametrize(
    ("changes", "field", "expectation"),
    [
        ({"picture": {"file": "no.png", "anchors": ANCHORS}}, "picture.file", "cannot be read"),
        ({"picture": {"file": "../mask.png", "anchors": ANCHORS}}, "picture.file", "must be a file's name"),
        ({"picture": {"file": "template.yaml", "anchors": ANCHORS}}, "picture.file", "not an image"),
        ({"picture": {"file": "mask.png"}}, "picture.anchors", "required"),
        ({"picture": {"file": "mask.png", "anchors": {"chin": [1, 2]}}}, "left_top_corner", "four corners"),
        (_moved(nose=[1, 2]), "picture.anchors.nose", "expected nose_bridge, left_top_corner"),
        (_moved(chin=[100, 400]), "picture.anchors.chin", "outside the picture of 200x140 px"),
        (_moved(left_top_corner=[190, 30]), "left_top_corner", "expected left of right_top_corner"),
        (_moved(nose_bridge=[100, 125]), "nose_bridge", "expected above chin"),
    ],
)
def test_a_broken_picture_template_names_file_field_and_expectation(
    tmp_path: Path, changes: dict[str, Any], field: str, expectation: str
) -> None:
    file = _write(tmp_path, **changes)

    with pytest.raises(TemplateError, match=expectation) as caught:
        load_template(file)
    assert str(file) in str(caught.value)
    assert field in str(caught.value)


@pytest.mark.parametrize(
    ("picture", "expectation"),
    [
        (_picture()[:, :, :3], "no transparency"),
        (np.full((140, 200, 4), 255, dtype=np.uint8), "alpha is the same everywhere"),
        (_picture()[::4, ::4], "expected sides of 48 to 6000 px"),
    ],
)
def test_pictures_that_cannot_be_used_are_told(tmp_path: Path, picture: NDArray[np.uint8], expectation: str) -> None:
    with pytest.raises(TemplateError, match=expectation):
        load_template(_write(tmp_path, np.ascontiguousarray(picture)))
