"""Train on drawn masks alone, measure on real photographs: the whole road, with any model.

    python benchmarks/sim_to_real_cnn.py --faces FOLDER --real dev=FOLDER [--preset FILE] [--set KEY=VALUE ...]

FOLDER of faces holds unmasked photos; FOLDER of real photos holds class sub-folders (none, cloth, surgical, ffp2).
The stages run in a folder of their own; what is made before training is kept there and reused while its parameters
stay the same. Prints one JSON line for each set.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import yaml

from generators.stage_runs import ROOT, make_dataset, run_stage, set_values, write_params
from pipeline.core.paths import CACHE, REPORTS


def main() -> None:
    """Run the stages and print what came out."""
    arguments = parse()
    work = arguments.work.resolve()
    params = parameters(arguments)
    write_params(work, params)
    make_dataset(work, params)
    started = time.perf_counter()
    run_stage("train", work)
    trained_s = time.perf_counter() - started
    run_stage("evaluate", work)
    facts = {"train": params["train"], "per_face": params["augment"]["per_face"], "trained_s": round(trained_s)}
    metrics = json.loads((work / REPORTS / "metrics.json").read_text(encoding="utf-8"))
    for name, heads in metrics.items():
        for head, scores in heads.items():
            print(json.dumps({"set": name, "head": head, **scores, **facts}))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=Path, required=True, help="folder of unmasked photos")
    parser.add_argument("--real", action="append", required=True, metavar="NAME=FOLDER")
    parser.add_argument("--work", type=Path, default=ROOT / CACHE / "benchmarks/sim_to_real_cnn")
    parser.add_argument(
        "--preset", type=Path, help="YAML with a `train` section, such as pipeline/training/presets/*.yaml"
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as train.epochs=20")
    return parser.parse_args()


def parameters(arguments: argparse.Namespace) -> dict[str, Any]:
    """params.yaml of the run: the project's, the preset's, then the command line's."""
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    source = {
        "adapter": "folder",
        "path": str(arguments.faces.resolve()),
        "licence": "unknown",
        "labels": {".": {"mask_type": "none"}},
    }
    params["ingest"] |= {"sources": ["faces"], "settings": {"faces": source}}
    params["split"] |= {"train": 0.85, "val": 0.1, "test": 0.05}  # what counts is measured on real photos
    real = dict(item.split("=", 1) for item in arguments.real)
    params["evaluate"]["external"] = {name: str(Path(folder).resolve()) for name, folder in real.items()}
    if arguments.preset:
        params["train"] |= yaml.safe_load(arguments.preset.read_text(encoding="utf-8"))["train"]
    return set_values(params, arguments.set)


if __name__ == "__main__":
    main()
