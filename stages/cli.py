"""`maskwright`: the stages as subcommands, for people without DVC, and the tools around them."""

from importlib import import_module

import click

from pipeline.core.version import VERSION
from stages.running.extras import missing_extra
from stages.running.utf8 import Utf8Group

STAGES = {
    "ingest": "Take a source in: files, labels, licences.",
    "dedup": "Link duplicates and keep one of each.",
    "faces": "Find faces, landmarks and head pose; cut the faces out.",
    "augment": "Put masks on the unmasked faces.",
    "split": "Spread groups over train, val and test.",
    "curation-report": "Write reports/curation.html: counts, clusters, conflicts, leaks, shortcuts.",
    "train": "Train the classifier.",
    "evaluate": "Measure the classifier on held-out faces.",
}
"""The stages in the order of the road, with their help: asking the modules for it would import them all."""

TOOLS = {
    "init": "Start a project in an empty folder, with the sample or with your photos.",
    "audit-leaks": "Find test photos that have a copy or a masked twin in train, in any two folders.",
    "browse": "Write a page to look through every picture: filter, sort, open.",
    "calibrate-dedup": "Measure how well duplicates are found, on pairs that are known.",
    "replay": "Draw one masked picture again from its row: the same pixels.",
    "find-lr": "Try learning rates: the loss while the rate grows.",
    "cross-validate": "Train once for each fold of the split: mean and spread.",
    "predict": "Tell the mask of each face in photos, with a trained model.",
    "preset": "Print training parameters for a kind of machine, as options of dvc exp run.",
    "export": "Write boxes, outlines and labels in a format of other tools: YOLO, COCO, VOC, …",
    "export-model": "Write the trained model as ONNX.",
    "review-labels": "List faces whose label is worth a second look.",
    "sources": "List sources, show one, check what they need, add your own.",
    "status": "Say which sources have changed since they were taken in.",
    "takedown": "Take an image out, with all that was made from it.",
}
"""Commands beside the road, with their help."""


class LazyGroup(Utf8Group):
    """Imports a stage's or tool's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The stages in the order of the road, then the tools."""
        return [*STAGES, *TOOLS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a stage or tool, or None where there is none of that name."""
        if cmd_name not in {*STAGES, *TOOLS}:
            return None
        try:
            package = "stages" if cmd_name in STAGES else "stages.tools"
            command = import_module(f"{package}.{cmd_name.replace('-', '_')}").command
        except ModuleNotFoundError as error:
            raise missing_extra(error) from error
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the stages and tools without importing them."""
        with formatter.section("Stages, in the order of the road"):
            formatter.write_dl(list(STAGES.items()))
        with formatter.section("Tools"):
            formatter.write_dl(list(TOOLS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, package_name="maskwright")
def main() -> None:
    """Build face-mask datasets: every stage reads params.yaml and the manifests of the stages before it."""


if __name__ == "__main__":
    main()
