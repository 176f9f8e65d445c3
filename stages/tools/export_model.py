"""`maskwright export-model`: the trained model as an ONNX file, checked against PyTorch."""

from pathlib import Path

import click

from pipeline.core.paths import MODEL, ONNX_MODEL
from stages.running.commands import with_messages
from stages.running.screen import say
from stages.running.utf8 import Utf8Command


@click.command("export-model", cls=Utf8Command)
@click.option("--model", default=MODEL, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--out", default=ONNX_MODEL, show_default=True, type=click.Path(dir_okay=False, path_type=Path))
def command(model: Path, out: Path) -> None:
    """Write the model as ONNX, its preprocessing and classes in the file's metadata."""
    with_messages(lambda: _run(model, out))


def _run(model_path: Path, out: Path) -> None:
    from pipeline.storage.presence import require_present

    require_present(model_path)
    import torch

    from pipeline.storage.whole_files import write_bytes
    from pipeline.training.checkpoint import load_model
    from pipeline.training.exporting import export_onnx
    from pipeline.training.stored import require_facts

    model, facts = load_model(model_path, torch.device("cpu"))
    require_facts(model_path, facts, "faces", "temperatures")
    data = export_onnx(model, facts)
    write_bytes(out, data)
    say(f"export-model: {out}, {len(data) / 1e6:.1f} MB, equal to the model within 1e-4")


if __name__ == "__main__":
    command()
