"""The fingerprints of many pictures: numbers in columns, thumbnails in a file, some 150 bytes a picture in memory."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from pipeline.columns.ids import Ids, Indices, id_array
from pipeline.dedup.fingerprints.fingerprint import THUMBNAIL_PX, Fingerprint
from pipeline.dedup.fingerprints.hashes import Hashes

_HASHES = ("phash", "dhash", "mirror", "half", "quarter", "upper", "face_phash", "face_upper")
_THUMBNAILS = ("thumbnail", "face_thumbnail", "surroundings")
_SCORES = ("brightness", "contrast", "sharpness", "compression")
_OPTIONAL = ("face_phash", "face_upper", "face_thumbnail", "surroundings")
_BESIDE_OTHERS = len(_OPTIONAL)
"""The bit behind those that say which optional fields are there; the three above it count the passers-by."""
_PASSERS_BY = _BESIDE_OTHERS + 1
_CELLS = THUMBNAIL_PX**2
_BYTES = len(_THUMBNAILS) * _CELLS
_ROWS_A_BLOCK = 4096


class Fingerprints(Mapping[str, Fingerprint]):
    """Fingerprints by the sha256 of their content; of several with one key the last counts.

    Thumbnails are three quarters of a fingerprint and are looked at for the pairs that hashes propose: they lie in a
    file without a name, which goes with this process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Hold none; the file is made in `folder`, or where temporary files are."""
        self._keys: list[Ids] = []
        self._numbers: list[NDArray[np.void]] = []
        self._pending: list[Fingerprint] = []
        self._sorted: tuple[Ids, Indices] | None = None
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - it is looked at as long as this lives
        finalize(self, self._file.close)

    @classmethod
    def of(cls, rows: Iterable[Fingerprint]) -> "Fingerprints":
        """These fingerprints."""
        made = cls()
        for row in rows:
            made.add(row)
        return made

    @classmethod
    def as_table(cls, fingerprints: Mapping[str, Fingerprint]) -> "Fingerprints":
        """The same by content, as a table; one that is a table already is given back."""
        return fingerprints if isinstance(fingerprints, cls) else cls.of(fingerprints.values())

    def add(self, row: Fingerprint) -> None:
        """Take one more."""
        self._pending.append(row)
        if len(self._pending) == _ROWS_A_BLOCK:
            self._store()

    def _store(self) -> None:
        rows, self._pending, self._sorted = self._pending, [], None
        self._keys.append(id_array(row.sha256 for row in rows))
        self._numbers.append(np.array([_numbers_of(row) for row in rows], dtype=_NUMBERS))
        empty = bytes(_CELLS)
        self._file.write(b"".join(getattr(row, name) or empty for row in rows for name in _THUMBNAILS))
        self._file.flush()

    def __len__(self) -> int:
        return len(self._index()[0])

    def __iter__(self) -> Iterator[str]:
        """The keys, ascending."""
        return (bytes(key).decode() for key in self._index()[0])

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._find(key) is not None

    def __getitem__(self, key: str) -> Fingerprint:
        row = self._find(key)
        if row is None:
            raise KeyError(key)
        numbers = self._all_numbers()[row]
        cells = self.thumbnails(np.array([row]))[0].reshape(len(_THUMBNAILS), _CELLS)
        texts = {name: f"{int(value):016x}" for name, value in zip(_HASHES, numbers["hashes"], strict=True)}
        pictures = {name: part.tobytes() for name, part in zip(_THUMBNAILS, cells, strict=True)}
        absent = {name: None for bit, name in enumerate(_OPTIONAL) if not int(numbers["present"]) >> bit & 1}
        scores = dict(zip(_SCORES, numbers["scores"].tolist(), strict=True))
        present = int(numbers["present"])
        others = {"beside_others": bool(present >> _BESIDE_OTHERS & 1), "passers_by": present >> _PASSERS_BY}
        return Fingerprint(**{"sha256": key, **texts, **pictures, **absent, **scores, **others})

    def rows(self, keys: Iterable[str]) -> Indices:
        """The places of the contents, for the methods below; -1 of one that isn't here."""
        found, places = self._index()
        wanted = id_array(keys)
        if not len(found):
            return np.full(len(wanted), -1)
        near = np.minimum(np.searchsorted(found, wanted.astype(found.dtype)), len(found) - 1)
        return np.where(found[near] == wanted, places[near], -1)

    def hashes(self, name: str, rows: Indices) -> Hashes:
        """One kind of hash of the pictures at these places, 0 where there is none."""
        return np.ascontiguousarray(self._all_numbers()["hashes"][rows, _HASHES.index(name)])

    def scores(self, name: str, rows: Indices) -> NDArray[np.float64]:
        """One score of the pictures at these places."""
        return np.ascontiguousarray(self._all_numbers()["scores"][rows, _SCORES.index(name)])

    def has(self, name: str, rows: Indices) -> NDArray[np.bool_]:
        """Whether the pictures at these places have a field that not all have."""
        return np.asarray(self._all_numbers()["present"][rows] >> _OPTIONAL.index(name) & 1, dtype=bool)

    def beside_others(self, rows: Indices) -> NDArray[np.bool_]:
        """Whether the pictures at these places show other faces or pictures beside the face that is kept."""
        return np.asarray(self._all_numbers()["present"][rows] >> _BESIDE_OTHERS & 1, dtype=bool)

    def passers_by(self, rows: Indices) -> NDArray[np.uint8]:
        """How many smaller faces the pictures at these places show."""
        return np.asarray(self._all_numbers()["present"][rows] >> _PASSERS_BY, dtype=np.uint8)

    def thumbnails(self, rows: Indices) -> NDArray[np.uint8]:
        """Thumbnail, aligned face and surroundings of the pictures at these places, `uint8 (N, 3, 16, 16)`."""
        self._index()
        file = self._file.fileno()
        cells = bytearray().join(os.pread(file, _BYTES, int(row) * _BYTES) for row in rows)
        return np.frombuffer(cells, dtype=np.uint8).reshape(-1, len(_THUMBNAILS), THUMBNAIL_PX, THUMBNAIL_PX)

    def _find(self, key: str) -> int | None:
        row = int(self.rows([key])[0])
        return None if row < 0 else row

    def _index(self) -> tuple[Ids, Indices]:
        """The keys in ascending order, and the place of each."""
        if self._pending:
            self._store()
        if self._sorted is None:
            keys = np.concatenate([np.empty(0, dtype=np.bytes_), *self._keys])
            self._keys = [keys]
            reversed_keys, last = np.unique(keys[::-1], return_index=True)
            self._sorted = (reversed_keys, len(keys) - 1 - last)
        return self._sorted

    def _all_numbers(self) -> NDArray[np.void]:
        self._index()
        if len(self._numbers) != 1:
            self._numbers = [np.concatenate([np.empty(0, dtype=_NUMBERS), *self._numbers])]
        return self._numbers[0]


_NUMBERS = np.dtype([("hashes", np.uint64, len(_HASHES)), ("scores", np.float64, len(_SCORES)), ("present", np.uint8)])


def _numbers_of(row: Fingerprint) -> tuple[list[int], list[float], int]:
    hashes = [int(getattr(row, name) or "0", 16) for name in _HASHES]
    present = sum((getattr(row, name) is not None) << bit for bit, name in enumerate(_OPTIONAL))
    present |= row.beside_others << _BESIDE_OTHERS | row.passers_by << _PASSERS_BY
    return hashes, [getattr(row, name) for name in _SCORES], present
