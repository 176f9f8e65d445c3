"""Make the ready model with one command.

    python -m generators.ready_model --congress FOLDER --portraits FOLDER --weights FILE [--work FOLDER] [--out FOLDER]
        [--set KEY=VALUE ...]

`us-congress` and `faker-portraits` in the catalogue say where the photos are had; FILE is torchvision's
`mobilenet_v2-b0353104.pth`. The stages run in a folder of their own, with params.yaml and what settings.yaml beside
this file changes, and last what --set does. Killed and started again they go on. The same photos, weights and code give
the same model on one machine.
"""

import argparse
from pathlib import Path
from typing import Any

import yaml

from generators.ready_model.packing import pack
from generators.stage_runs import ROOT, make_dataset, merged, run_stage, set_values, write_params
from pipeline.core.paths import CACHE

SETTINGS = Path(__file__).with_name("settings.yaml")
OUT = ROOT / "pipeline/prediction/ready"


def main() -> None:
    """Make the data, train, pack."""
    arguments = _arguments()
    work = arguments.work.resolve()
    params = parameters(arguments.congress, arguments.portraits, arguments.weights)
    params = set_values(params, arguments.set)
    write_params(work, params)
    make_dataset(work, params)
    run_stage("train", work)
    for line in pack(work, arguments.out):
        print(line)


def parameters(congress: Path, portraits: Path, weights: Path) -> dict[str, Any]:
    """The parameters of the run."""
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    changes: dict[str, Any] = yaml.safe_load(SETTINGS.read_text(encoding="utf-8"))
    places = {"us-congress": {"path": str(congress.resolve())}, "faker-portraits": {"path": str(portraits.resolve())}}
    named = {"ingest": {"settings": places}, "train": {"weights": str(weights.resolve())}}
    return merged(merged(params, changes), named)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--congress", type=Path, required=True, help="folder of the members' portraits")
    parser.add_argument("--portraits", type=Path, required=True, help="folder of the generated portraits")
    parser.add_argument("--weights", type=Path, required=True, help="torchvision's ImageNet weights of mobilenet_v2")
    parser.add_argument("--work", type=Path, default=ROOT / CACHE / "ready_model")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as train.epochs=8")
    return parser.parse_args()


if __name__ == "__main__":
    main()
