"""Files given as a trained model: each is loaded as `predict` does, and as weights to start from."""

import tempfile
from pathlib import Path

from hypothesis import strategies as st

from benchmarks.fuzz import Fuzzer
from benchmarks.fuzz.attacks import Attack
from benchmarks.fuzz.attacks.models import SPEC, attacks, sound, stored
from benchmarks.fuzz.damage import Damaged
from pipeline.core.errors import MaskwrightError
from pipeline.training.backbones import load_initial_weights
from pipeline.training.models import build_model
from pipeline.training.predicting import load_trained

_SOUND = {"model.pt": stored(sound())}


def loaded(file: Attack | Damaged) -> str:
    """`taken` where it is a model whose every weight is finite."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        path = Path(name, "model.pt")
        path.write_bytes(file.make() if isinstance(file, Attack) else file.data)
        try:
            load_initial_weights(build_model(SPEC).backbone, "masknet", str(path))
        except MaskwrightError as error:
            if "\n" in str(error):
                raise AssertionError("more than a sentence") from error
        load_trained(path)
    return "taken"


FUZZER = Fuzzer(
    "models",
    st.builds(Damaged.of, st.just(_SOUND), st.just("model.pt"), st.integers(0, 2**32 - 1)),
    loaded,
    attacks(),
)
