"""Files given as a trained model that are none, or one that was altered; none may run code or ask for the machine."""

import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from benchmarks.fuzz.attacks import Attack
from pipeline.core.params import FacesParams
from pipeline.training.labels import heads_of
from pipeline.training.models import ModelSpec, build_model
from pipeline.training.stored import FORMAT

SPEC = ModelSpec("masknet", heads_of("type_and_wear"), 32, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2), 0.1)
_FIRST = "backbone.stem.0.weight"


def sound() -> dict[str, Any]:
    """What a trained model's file holds, with random weights."""
    torch.manual_seed(0)
    facts = {
        "faces": FacesParams().model_dump(),
        "temperatures": {"mask_type": 1.0, "wear": 1.5},
        "history": [], "params": {}, "parameters": 1, "counts": {},
    }  # fmt: skip
    return {"format": FORMAT, "spec": SPEC.to_dict(), "weights": build_model(SPEC).state_dict(), "facts": facts}


def stored(state: object) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


class _Code:
    """Runs something when it is unpickled by a reader that believes it."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return exec, ("raise SystemExit('code of a stranger has run')",)


def _with_weight(change: Callable[[Tensor], Any], name: str = _FIRST) -> bytes:
    state = sound()
    weights = dict(state["weights"])
    weights[name] = change(weights[name])
    return stored(state | {"weights": weights})


def _with(part: str, **changed: Any) -> bytes:
    state = sound()
    return stored(state | {part: {**state[part], **changed}})


def _without(part: str, name: str) -> bytes:
    state = sound()
    return stored(state | {part: {key: value for key, value in state[part].items() if key != name}})


def _packed(size: int) -> bytes:
    """A sound file of which one part is packed, and unpacks to so many bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored(sound()))) as old, zipfile.ZipFile(buffer, "w") as new:
        for part in old.infolist():
            is_large = part.filename.endswith("/data/0")
            kind = zipfile.ZIP_DEFLATED if is_large else zipfile.ZIP_STORED
            new.writestr(part.filename, bytes(size) if is_large else old.read(part), kind)
    return buffer.getvalue()


def _of_type(kind: torch.dtype) -> Callable[[], bytes]:
    return lambda: _with_weight(lambda value: value.to(kind))


def _specs() -> Mapping[str, dict[str, Any]]:
    return {
        "spec of a million pixels": {"image_px": 1_000_000},
        "spec of negative pixels": {"image_px": -32},
        "spec of pixels in words": {"image_px": "many"},
        "spec of another model": {"model": "resnet18"},
        "spec of the largest model": {"model": "vit_h_14", "image_px": 224},
        "spec of no model": {"model": "../../etc/passwd"},
        "spec with a key more": {"odd": 1},
        "spec without heads": {"heads": []},
        "spec with a head of no name": {"heads": [["odd", ["a", "b"]]]},
        "spec with heads of another shape": {"heads": [["wear", ["a", "b"]]]},
        "spec with heads in words": {"heads": "wear"},
        "spec with 20,000 classes": {"heads": [["wear", [str(n) for n in range(20_000)]]]},
        "spec with NaN": {"mean": (float("nan"), 0.5, 0.5)},
        "spec that divides by zero": {"std": (0.0, 0.2, 0.2)},
        "spec that drops all": {"dropout": 2.0},
    }


def _facts() -> Mapping[str, dict[str, Any]]:
    faces = FacesParams().model_dump()
    return {
        "facts with NaN": {"temperatures": {"wear": float("nan")}},
        "facts that divide by zero": {"temperatures": {"wear": 0.0}},
        "facts in words": {"temperatures": "warm"},
        "facts of huge crops": {"faces": faces | {"crop_px": 10**9}},
        "facts of an unknown detector": {"faces": faces | {"detector": "mine"}},
        "facts of no faces": {"faces": None},
    }


def _plain() -> Mapping[str, Callable[[], bytes]]:
    return {
        "text": lambda: b"a model, honestly\n" * 100,
        "nothing": lambda: b"",
        "pickle with code": lambda: pickle.dumps(_Code()),
        "model with code": lambda: stored(sound() | {"odd": _Code()}),
        "list": lambda: stored([1, 2]),
        "tensor": lambda: stored(torch.zeros(3)),
        "other keys": lambda: stored({1: 2}),
        "spec that is a list": lambda: stored(sound() | {"spec": [1]}),
        "weights that are a list": lambda: stored(sound() | {"weights": [1]}),
        "facts that are words": lambda: stored(sound() | {"facts": "warm"}),
        "ONNX file with data outside": lambda: (
            b"\x08\x08:\x2a\x0a\x28\x6a\x14\x0a\x08location\x12\x08../../x\x70\x01" * 9
        ),
        "zip bomb": lambda: _packed(64 << 20),
        "zip of other things": lambda: stored(sound())[:5000],
    }


def _weights() -> Mapping[str, Callable[[], bytes]]:
    return {
        "NaN weight": lambda: _with_weight(lambda value: value * float("nan")),
        "infinite weight": lambda: _with_weight(lambda value: value / 0),
        "weight of another shape": lambda: _with_weight(lambda value: value[:1]),
        "weight of a huge shape": lambda: _with_weight(lambda _: torch.zeros(1).expand(10**7, 10**7)),
        "weight in words": lambda: _with_weight(lambda _: "heavy"),
        "complex weight": _of_type(torch.complex64),
        "whole weight": _of_type(torch.int64),
        "sparse weight": lambda: _with_weight(lambda value: value.to_sparse()),
        "weight missing": lambda: _without("weights", _FIRST),
        "faces missing": lambda: _without("facts", "faces"),
    }


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    made = {**_plain(), **_weights()}
    made |= {name: _altered("spec", changed) for name, changed in _specs().items()}
    made |= {name: _altered("facts", changed) for name, changed in _facts().items()}
    return tuple(Attack(name, ".pt", make) for name, make in made.items())


def _altered(part: str, changed: dict[str, Any]) -> Callable[[], bytes]:
    return lambda: _with(part, **changed)
