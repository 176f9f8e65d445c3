"""File names that every reader takes: ASCII without spaces or dots, of moderate length, each used once."""

import hashlib
import re
from dataclasses import dataclass, field

from pipeline.core.errors import SampleRejected

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,89}")
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_KEPT_CHARACTERS = 80
_DIGEST_CHARACTERS = 10


@dataclass(slots=True)
class FileNames:
    """Names pictures after what they are called where they come from.

    Spaces and dots end a name in lists of VOC and keys of WebDataset, `../` leads out, and two names that differ in
    case alone are one file on some disks. What has such gets a digest of the whole name instead, so that it stays one
    of a kind whatever else is exported.
    """

    _taken: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def stem(self, picture_id: str) -> str:
        """The name without ending of a picture, by its id or its path below a folder.

        Raises:
            SampleRejected: `repeated_origin`: a picture of this id has its name already.

        >>> FileNames().stem("images/cloth/anna-0-cloth0.jpg"), FileNames().stem("images/none/a b.jpg")
        ('cloth__anna-0-cloth0', 'none__a_b-35fb7e9ed0')
        """
        if picture_id in self._seen:
            raise SampleRejected("repeated_origin", "it stands there twice")
        self._seen.add(picture_id)
        path = picture_id.removeprefix("images/")
        whole = path.rpartition(".")[0].replace("/", "__") if "." in path else path
        plain = _PLAIN.fullmatch(whole) and ("__" not in path or path.count("/") == 1)  # as `augment-masks` has it
        stem = whole if plain and whole.casefold() not in self._taken else _with_digest(whole, picture_id)
        self._taken.add(stem.casefold())
        return stem


def _with_digest(name: str, picture_id: str) -> str:
    digest = hashlib.sha256(picture_id.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{_ODD.sub('_', name).strip('_-')[:_KEPT_CHARACTERS] or 'picture'}-{digest}"
