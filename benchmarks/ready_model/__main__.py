"""What a model is worth on real photos that it never saw: the ready one, or any that `maskwright predict` takes.

    python -m benchmarks.ready_model DATA [--model FILE] [--one-way] [--slices] [--worst sheet.png]

DATA holds `real_dev` and `real_dev2` (square crops of faces in the folders none, cloth, surgical, ffp2),
`real_wear/incorrect` (crops of faces whose mask is worn wrongly) and `scenes` (photos with VOC boxes). A crop's true
type is one of four: `other`, something else before the mouth, is no mask, and its probability is added to that of none.
Shares come with 95 % Wilson intervals.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from benchmarks.ready_model.crops import Crops, class_files, photos_of, read_crops, type_lines, wear_lines
from benchmarks.ready_model.scenes import count_scenes, scene_lines
from benchmarks.ready_model.slices import slice_table
from benchmarks.ready_model.worst import write_sheet
from maskwright import load_model
from pipeline.prediction.predictor import FacePredictor

SETS = ("real_dev", "real_dev2")


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--model", default="ready", show_default=True, help="Or the path of a trained or exported one.")
@click.option("--one-way", is_flag=True, help="Without each face's mirror image.")
@click.option("--slices", is_flag=True, help="Recall by class and slice as a Markdown table instead.")
@click.option("--worst", type=click.Path(dir_okay=False, path_type=Path), help="Write the surest mistakes there.")
def command(data: Path, model: str, one_way: bool, slices: bool, worst: Path | None) -> None:
    """Print the table."""
    predictor = load_model(model, both_ways=not one_way)
    sets = {name: read_crops(predictor, class_files(data / name)) for name in SETS}
    if worst is not None:
        write_sheet(worst, list(sets.values()))
        return
    for line in slice_table(list(sets.values())) if slices else lines(predictor, data, sets):
        click.echo(line)


def lines(predictor: FacePredictor, data: Path, sets: dict[str, Crops]) -> Iterator[str]:
    """Type, wear and scenes."""
    for name, crops in sets.items():
        yield from type_lines(name, crops)
    if "wear" in predictor.usage.classes:
        second = sets[SETS[1]]
        wrong = read_crops(predictor, [(path, 0) for path in photos_of(data / "real_wear/incorrect")])
        yield from wear_lines(wrong, second.chosen(second.labels > 0))
    yield from scene_lines(count_scenes(predictor, data / "scenes"))


if __name__ == "__main__":
    command()
