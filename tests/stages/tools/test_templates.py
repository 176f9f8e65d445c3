from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner, Result

from pipeline.masks.shipped import default_templates_folder
from pipeline.storage.images import read_image
from stages.augment_masks import command

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "masks"


def templates(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["templates", *map(str, arguments)])


def test_list_names_every_template_with_its_type() -> None:
    lines = templates("list").output.splitlines()
    names = {file.parent.name for file in default_templates_folder().glob("*/template.yaml")}
    assert {line.split()[0] for line in lines} == names
    assert {line.split()[1] for line in lines} == {"cloth", "surgical", "ffp2"}


def test_show_draws_the_example_of_the_how_to_page(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    result = templates("show", "flowered_cloth", "--templates", EXAMPLES, "-o", sheet)
    assert result.exit_code == 0, result.output
    assert "by The Maskwright authors, MIT" in result.output
    rgb = read_image(sheet).rgb.astype(int)
    assert rgb.shape == (1200, 1200, 3)
    red = (rgb[:, :, 0] > 120) & (rgb[:, :, 1] < 80) & (rgb[:, :, 2] < 110)
    assert all(red[row : row + 300, column : column + 300].sum() > 500 for row in (0, 600) for column in (0, 300, 900))


def test_an_unknown_name_lists_the_known_ones() -> None:
    result = templates("show", "scarf")
    assert result.exit_code == 1
    assert "no template is called 'scarf'; there are cloth_bandana" in result.stderr


def test_check_tells_every_fault_of_a_folder(tmp_path: Path) -> None:
    for name in ("a", "b", "flowered_cloth"):
        copytree(EXAMPLES / "flowered_cloth", tmp_path / name)
    (tmp_path / "b" / "mask.png").unlink()
    result = templates("check", tmp_path)
    assert result.exit_code == 1
    assert "a/template.yaml: name: 'flowered_cloth' must be the folder's name 'a'" in result.stderr
    assert "b/template.yaml: name" in result.stderr
    (tmp_path / "flowered_cloth" / "template.yaml").write_text("schema: 1")
    assert "flowered_cloth/template.yaml: mask_type: Field required" in templates("check", tmp_path).stderr


@pytest.mark.parametrize("folder", [EXAMPLES, default_templates_folder()])
def test_what_we_ship_is_sound(folder: Path) -> None:
    result = templates("check", folder)
    assert result.exit_code == 0, result.stderr
    assert "all sound" in result.output
