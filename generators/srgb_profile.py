"""Write pipeline/storage/srgb.icc, the colour profile that every JPEG we write carries.

    python -m generators.srgb_profile

Little CMS would write one too, with the date in it, and another with each version.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

TARGET = Path(__file__).parents[1] / "pipeline" / "storage" / "srgb.icc"
D50 = (0.9642, 1.0, 0.8249)
# columns of the matrix to XYZ, adapted to D50 after Bradford
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
# IEC 61966-2-1: ((x + 0.055) / 1.055) ** 2.4 from 0.04045 on, x / 12.92 below
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def main() -> None:
    """Write the file."""
    curve = b"para" + struct.pack(">4xHH", 3, 0) + _fixed(SRGB_CURVE)
    TARGET.write_bytes(matrix_profile("sRGB", SRGB, curve))


def gamma_curve(gamma: float) -> bytes:
    """A tone curve that is one power."""
    return b"curv" + struct.pack(">4xIH", 1, round(gamma * 256)) + bytes(2)


def matrix_profile(name: str, columns: Sequence[Sequence[float]], curve: bytes) -> bytes:
    """A display profile after ICC.1:2022 of three primaries, in D50 XYZ, and one tone curve."""
    red, green, blue = (b"XYZ \0\0\0\0" + _fixed(column) for column in columns)
    tags = {b"desc": _text(name), b"cprt": _text("CC0"), b"wtpt": b"XYZ \0\0\0\0" + _fixed(D50)}
    tags |= {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    return profile(b"mntr", b"RGB ", b"XYZ ", tags)


def profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of these tags; what is the same is stored once."""
    start = 128 + 4 + 12 * len(tags)
    table, stored, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for name, data in tags.items():
        if data not in places:
            places[data] = start + len(stored)
            stored += data + bytes(-len(data) % 4)
        table += name + struct.pack(">II", places[data], len(data))
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    header = struct.pack(">I4xI", start + len(stored), 0x04400000) + kind + space + connection + date + b"acsp"
    return header.ljust(68, b"\0") + _fixed(D50) + bytes(48) + table + stored


def _fixed(values: Sequence[float]) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _text(value: str) -> bytes:
    text = value.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(text), 28) + text


if __name__ == "__main__":
    main()
