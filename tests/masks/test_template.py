from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.errors import TemplateError
from pipeline.masks.shipped import default_templates_folder
from pipeline.masks.template import load_template, load_templates


def _write(folder: Path, **changes: object) -> Path:
    document = yaml.safe_load((default_templates_folder() / "cloth_fitted" / "template.yaml").read_text())
    document |= changes
    file = folder / "cloth_fitted" / "template.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(document))
    return file


def test_shipped_templates_cover_every_type() -> None:
    assert {t.mask_type for t in load_templates().values()} == {"cloth", "surgical", "ffp2"}


@pytest.mark.parametrize(
    ("changes", "field", "expectation"),
    [
        ({"mask_type": "scarf"}, "mask_type", "cloth"),
        ({"weight": -1}, "weight", "greater than 0"),
        ({"colour": "red"}, "colour", "unknown key"),
        ({"corner_mm": [9, 2]}, "template.yaml", r"\[low, high\]"),
        ({"reliefs": [{"kind": "feathers"}]}, "reliefs.0", "unknown relief 'feathers'"),
        ({"reliefs": [{"kind": "weave", "height_mm": 1}]}, "reliefs.0", "period_mm"),
        ({"name": "other"}, "name", "must be the folder's name"),
        ({"colours": []}, "colours", "at least 1"),
    ],
)
def test_a_broken_template_names_file_field_and_expectation(
    tmp_path: Path, changes: dict[str, Any], field: str, expectation: str
) -> None:
    file = _write(tmp_path, **changes)

    with pytest.raises(TemplateError, match=expectation) as caught:
        load_template(file)
    assert str(file) in str(caught.value)
    assert field in str(caught.value)


def test_a_folder_without_templates_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no template"):
        load_templates([tmp_path])


def test_two_templates_of_one_name_are_an_error(tmp_path: Path) -> None:
    _write(tmp_path)

    with pytest.raises(TemplateError, match="taken"):
        load_templates([default_templates_folder(), tmp_path])
