"""What an ONNX file holds, as far as trusting it takes: whether its weights stand in the file itself.

Reads the protocol buffers of onnx.proto3 (https://onnx.ai/onnx/intro/concepts.html) without the package `onnx`, which
the base install lacks.
"""

from collections.abc import Iterator

_LENGTH_DELIMITED = 2
_FIXED_BYTES = {1: 8, 5: 4}
_PARTS = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""Field number and kind of the parts in which a tensor may stand."""

_EXTERNAL_DATA, _DATA_LOCATION = 13, 14
_DEEPEST = 64


def has_outside_weights(data: bytes) -> bool:
    """Whether a tensor of the model stands in another file, which the runtime would open, `../` in its path or not.

    Raises:
        ValueError: the bytes are no protocol buffer.
    """
    return _holds_outside(memoryview(data), "model", 0)


def _holds_outside(data: memoryview, kind: str, depth: int) -> bool:
    if depth > _DEEPEST:
        raise ValueError("graphs within graphs without end")
    if kind == "tensor":
        return any(
            number == _EXTERNAL_DATA or (number == _DATA_LOCATION and value != 0) for number, value in _fields(data)
        )
    parts = _PARTS[kind]
    return any(
        _holds_outside(value, parts[number], depth + 1)
        for number, value in _fields(data)
        if number in parts and isinstance(value, memoryview)
    )


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: an integer, or the bytes of anything longer."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == _LENGTH_DELIMITED:
            length, place = _varint(data, place)
        elif wire in _FIXED_BYTES:
            length = _FIXED_BYTES[wire]
        else:
            raise ValueError(f"wire type {wire}")
        if place + length > len(data):
            raise ValueError("it ends within a field")
        yield number, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """A number in base 128, the lowest digits first, and the place behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise ValueError("it ends within a number")
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number without end")
