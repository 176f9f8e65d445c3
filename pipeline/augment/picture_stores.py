"""Where the stage `augment` puts its pictures: a file each, or many in a shard with what their rows say."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline.augment.face_masker import EncodedPicture
from pipeline.core.locations import Location
from pipeline.core.records import MaskedImage
from pipeline.storage.shards import Shard, StoredFile, put_picture


@dataclass(frozen=True, slots=True)
class Kept:
    """Locators of a picture and of its alpha mask."""

    path: str
    alpha_path: str | None


class PictureStore(Protocol):
    """Takes pictures, and crops of their faces."""

    def keep_picture(self, key: str, rows: Sequence[MaskedImage], files: EncodedPicture) -> Kept:
        """Store what all of these rows are about, under a key of its own."""
        ...

    def keep_crop(self, row: MaskedImage, crop: bytes | None) -> str | None:
        """Store the crop of one row, if there is one, and return its locator."""
        ...


@dataclass(frozen=True, slots=True)
class FileStore:
    """A file a picture: below `root` in the folder `out`; `stored` is what was written."""

    root: Location
    out: Path
    stored: list[StoredFile] = field(default_factory=list)

    def keep_picture(self, key: str, rows: Sequence[MaskedImage], files: EncodedPicture) -> Kept:  # noqa: ARG002
        """Write `images/<key>.jpg`, and `alpha/<key>.png` where there is one; manifests say what rows say."""
        path = self._put("images", f"{key}.jpg", key, files.image)
        return Kept(path, None if files.alpha is None else self._put("alpha", f"{key}.png", key, files.alpha))

    def keep_crop(self, row: MaskedImage, crop: bytes | None) -> str | None:
        """Write `crops/<id>.jpg`."""
        return None if crop is None else self._put("crops", f"{row.id}.jpg", row.id, crop)

    def _put(self, folder: str, name: str, key: str, data: bytes) -> str:
        locator = (self.out / folder / name).as_posix()
        self.stored.append(put_picture(self.root, locator, key, data))
        return locator


@dataclass(frozen=True, slots=True)
class ShardStore:
    """Two shards that are being written: of pictures and of crops, each sample with its rows as JSON."""

    images: Shard
    crops: Shard

    def keep_picture(self, key: str, rows: Sequence[MaskedImage], files: EncodedPicture) -> Kept:
        """Add the picture, what its row says or its rows say, and its alpha mask."""
        facts = [_facts(row) for row in rows]
        text = _json(facts[0] if [row.id for row in rows] == [key] else facts)
        alpha = {} if files.alpha is None else {"alpha.png": files.alpha}
        stored = self.images.add(key, {"jpg": files.image, "json": text} | alpha)
        return Kept(stored["jpg"], stored.get("alpha.png"))

    def keep_crop(self, row: MaskedImage, crop: bytes | None) -> str | None:
        """Add the crop and what its row says."""
        return None if crop is None else self.crops.add(row.id, {"jpg": crop, "json": _json(_facts(row))})["jpg"]


def _facts(row: MaskedImage) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if not name.endswith("path")}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
