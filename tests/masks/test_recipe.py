"""A recipe is read from text of whatever origin: what is no mask is refused before anything is computed."""

import json
import pickle
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import ReplayError
from pipeline.masks import LookRanges, MaskParams, MaskRecipe, MaskSynthesizer, load_templates
from pipeline.masks.look import Look
from pipeline.masks.parts.reliefs import KINDS
from tests.masks.old_rows import old_rows

Change = Callable[[dict[str, Any]], object]


Path = tuple[str | int, ...]


def _whole() -> dict[str, Any]:
    """A row with every part there is, as plain JSON."""
    whole: dict[str, Any] = json.loads(_whole_text())
    return whole


@lru_cache(maxsize=1)
def _whole_text() -> str:
    rows = [json.loads(row.draw) for row in old_rows()]
    whole = max(rows, key=lambda row: len(json.dumps(row)))
    for row in rows:
        there, more = whole["values"], row["values"]
        there |= {key: value for key, value in more.items() if value and not there.get(key)}
    assert all(whole["values"].values())
    return json.dumps(whole)


def _places(value: object, path: Path = ()) -> list[Path]:
    """The way to everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))]


def _set(document: dict[str, Any], path: Path, value: object) -> None:
    for key in path[:-1]:
        document = document[key]  # type: ignore[index]
    document[path[-1]] = value  # type: ignore[index]


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


PLACES = [path for path in _places(_whole()) if path]
NUMBERS = [path for path in PLACES if type(_at(_whole(), path)) in {int, float}]
OBJECTS = [path for path in _places(_whole()) if isinstance(_at(_whole(), path), dict)]


def _shown(path: Path) -> str:
    return ".".join(map(str, path)) or "row"


def test_a_row_of_every_part_is_read_and_written_alike() -> None:
    text = json.dumps(_whole(), sort_keys=True, separators=(",", ":"))

    assert MaskRecipe.from_json(text).to_json() == text


@pytest.mark.parametrize("name", sorted(load_templates()))
def test_what_is_drawn_is_what_is_read(name: str) -> None:
    template = load_templates()[name]
    synthesizer, rng = MaskSynthesizer({name: template}), np.random.default_rng(4)
    for _ in range(20):
        recipe = synthesizer.draw(template.mask_type, rng)
        assert MaskRecipe.from_json(recipe.to_json()) == recipe


def test_a_recipe_travels_between_processes() -> None:
    recipe = MaskRecipe.from_json(json.dumps(_whole()))

    assert pickle.loads(pickle.dumps(recipe)) == recipe


def _accepted(places: list[Path], value: str) -> set[str]:
    """The places of a whole row where this JSON is taken, among these."""
    return {_shown(path) for path in places if _is_read(path, value)}


def _is_read(path: Path, value: str) -> bool:
    document = _whole()
    _set(document, path, "@")
    try:
        MaskRecipe.from_json(json.dumps(document).replace('"@"', value))
    except ReplayError:
        return False
    return True


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e300", "-1e300", "1e999", '"1"', "true"])
def test_a_number_that_no_mask_can_have_is_refused(number: str) -> None:
    assert _accepted(NUMBERS, number) == set()


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ('{"a": 1}', set()),
        ("[]", {"values.reliefs"}),
        ("[[1]]", set()),
        ('""', {"values.lettering.text"}),
        ('"../../secrets"', {"values.lettering.text"}),
    ],
)
def test_a_value_of_another_type_is_refused(value: str, allowed: set[str]) -> None:
    assert _accepted(PLACES, value) == allowed


def test_a_key_that_is_not_known_is_refused() -> None:
    for path in OBJECTS:
        document = _whole()
        _at(document, path)["tassels"] = 1
        with pytest.raises(ReplayError, match="tassels"):
            MaskRecipe.from_json(json.dumps(document))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"draw"', "{}", "1", '{"template": "cloth_fitted"}', "[" * 10000]
)
def test_what_is_no_row_is_refused(text: str) -> None:
    with pytest.raises(ReplayError, match=r"^draw: "):
        MaskRecipe.from_json(text)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda row: row["values"]["shape"].update(tautness=1e6), "values.shape.tautness"),
        (lambda row: row["values"]["print"].update(size_mm=1e-9), "values.print.size_mm"),
        (lambda row: row["values"]["print"].update(name="../prints/tile_dots"), "values.print.name"),
        (lambda row: row["values"]["lettering"].update(text="N95 " * 10**6), "values.lettering.text"),
        (lambda row: row["values"]["valve"].update(radius_mm=0.0), "values.valve.radius_mm"),
        (lambda row: row["values"]["look"].update(shadow_mm=1e9), "values.look.shadow_mm"),
        (lambda row: row["values"]["reliefs"][0].update(kind="feathers"), "values.reliefs.0"),
        (lambda row: row["values"]["print"]["palette"].append([1.0, 2.0, 3.0]), "values.print.palette"),
        (lambda row: row.update(template="../cloth_fitted"), "template"),
        (lambda row: row.update(seed=2**31), "seed"),
        (lambda row: row["values"].pop("shape"), "values.shape"),
    ],
)
def test_the_message_names_the_key_and_stays_short(change: Change, key: str) -> None:
    document = _whole()
    change(document)

    with pytest.raises(ReplayError) as caught:
        MaskRecipe.from_json(json.dumps(document))
    assert str(caught.value).startswith(f"draw: {key}")
    assert len(str(caught.value)) < 400


def test_look_has_a_number_for_each_range() -> None:
    assert tuple(Look.__dataclass_fields__) == tuple(LookRanges.model_fields)


@pytest.mark.parametrize("low", [True, False])
def test_what_the_parameters_allow_at_most_can_be_read_back(low: bool) -> None:
    """The ends of every limit, worn in every way, drawn and read."""
    end = 0 if low else 1
    wide: dict[str, Any] = {name: _widest(LookRanges, name)[end] for name in LookRanges.model_fields}
    names = ("shift_deg", "tilt_mm", "wave_mm", "wave_deg")
    worn: dict[str, Any] = {name: _widest(MaskParams, name)[end] for name in names}
    params = MaskParams(look=LookRanges(**wide), **worn)
    synthesizer = MaskSynthesizer(load_templates(), params)
    for wear in ("correct", "nose_exposed", "chin_exposed", "nose_mouth_exposed"):
        recipe = synthesizer.draw("cloth", np.random.default_rng(1), wear=wear)
        assert MaskRecipe.from_json(recipe.to_json()) == recipe


def _widest(model: type, name: str) -> tuple[float, float]:
    """The widest range that a field takes, of the limits there are."""
    for limit in (3600, 300, 100, 10, 1):
        for low in (-limit, 0):
            try:
                model(**{name: (low, limit)})
            except ValueError:
                continue
            return low, limit
    raise AssertionError(name)


def test_every_relief_is_in_the_old_rows() -> None:
    kinds = {relief["kind"] for row in old_rows() for relief in json.loads(row.draw)["values"]["reliefs"]}

    assert kinds == KINDS.keys()
