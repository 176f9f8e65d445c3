"""The model that comes along."""

from pathlib import Path

from pipeline.core.errors import MaskwrightError

READY = "ready"
"""What it is called where a model may be named."""

READY_MODEL = Path(__file__).parent / "ready" / "model.onnx"


def ready_model() -> Path:
    """Where the model is that this package ships.

    Raises:
        MaskwrightError: it was built without one.
    """
    if not READY_MODEL.is_file():
        raise MaskwrightError("this build of maskwright brings no ready model: train one, or name one with --model")
    return READY_MODEL
