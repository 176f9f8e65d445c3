"""Names of archive members as other systems write them: in which encoding, and with which slashes.

A zip says of a name that it is UTF-8, or says nothing; then it is in whatever its maker's system used. Which one is
told by likelihood: for each encoding, how probable its common characters make these bytes.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

AUTO = "auto"

Likelihood = Callable[[str, bytes], float]
"""Probability of a character, given with its bytes, in names of one encoding."""

_NAMES_ENOUGH = 1000
"""So many different names tell what more of them would: a hundred thousand would take a minute."""
_LONGEST_NAME = 4096
"""No path is longer; what claims to be one isn't looked into letter by letter."""
_RARE = 1e-6
"""What a character has that nobody expects in a name of that encoding."""
_ASCII_SHARE = {"cp437": 0.94, "cp850": 0.94, "cp1252": 0.94}
"""How much of a name is ASCII: nearly all of it in western languages, less than half elsewhere."""
_OTHER_ASCII_SHARE = 0.4


def _simplified_chinese(_: str, raw: bytes) -> float:
    """GB 2312's first level, 3,755 characters in rows 16 to 55, makes up nearly all text."""
    if len(raw) == 2 and raw[1] >= 0xA1:
        if 0xB0 <= raw[0] <= 0xD7:
            return 0.9 / 3755
        if 0xD8 <= raw[0] <= 0xF7:
            return 0.05 / 3008
        if 0xA1 <= raw[0] <= 0xA3:
            return 0.03 / 282
    return _RARE


def _traditional_chinese(_: str, raw: bytes) -> float:
    if len(raw) == 2:
        if 0xA4 <= raw[0] <= 0xC6:
            return 0.93 / 5401
        if 0xC9 <= raw[0] <= 0xF9:
            return 0.02 / 7652
        if 0xA1 <= raw[0] <= 0xA3:
            return 0.03 / 408
    return _RARE


def _japanese(character: str, raw: bytes) -> float:
    if "ぁ" <= character <= "ヾ" or character == "ー":
        return 0.5 / 170
    if len(raw) == 2 and 0x88 <= raw[0] <= 0x98:
        return 0.4 / 2965
    return 0.02 / 3390 if len(raw) == 2 and (0x98 < raw[0] <= 0x9F or 0xE0 <= raw[0] <= 0xEA) else _RARE


def _korean(_: str, raw: bytes) -> float:
    return 0.97 / 2350 if len(raw) == 2 and 0xB0 <= raw[0] <= 0xC8 and raw[1] >= 0xA1 else _RARE


def _letters(letters: str, share: float) -> Likelihood:
    """Letters that make up such a share of a name's characters, nine in ten of them small."""
    small, capital = frozenset(letters), frozenset(letters.upper())

    def likelihood(character: str, _: bytes) -> float:
        if character in small:
            return 0.9 * share / len(small)
        return 0.1 * share / len(capital) if character in capital else _RARE

    return likelihood


_LATIN = _letters("áàâäãåæçéèêëíìîïñóòôöõøœßúùûüýÿ", share=0.06)
_RUSSIAN = _letters("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", share=0.5)

_ENCODINGS: dict[str, Likelihood] = {
    "gb18030": _simplified_chinese,
    "cp932": _japanese,
    "big5": _traditional_chinese,
    "cp949": _korean,
    "cp437": _LATIN,
    "cp850": _LATIN,
    "cp1252": _LATIN,
    "cp866": _RUSSIAN,
    "cp1251": _RUSSIAN,
}
"""In the order in which they are preferred where two are equally likely."""


def likeliest_encoding(names: Iterable[bytes]) -> str:
    """The encoding in which names that are not UTF-8 are most probable.

    >>> likeliest_encoding(["未戴口罩/王芳.png".encode("gbk")])
    'gb18030'
    >>> likeliest_encoding(["Gesichter/Müller.jpg".encode("cp437")])
    'cp437'
    """
    evidence = _Evidence()
    for name in names:
        evidence.add(name)
    return evidence.likeliest()


def _log_likelihood(name: bytes, encoding: str) -> float:
    try:
        text = name.decode(encoding)
    except UnicodeDecodeError:
        return -math.inf
    likelihood, plain = _ENCODINGS[encoding], _ASCII_SHARE.get(encoding, _OTHER_ASCII_SHARE) / 95
    return sum(
        math.log(plain if character.isascii() else likelihood(character, character.encode(encoding)))
        for character in text
    )


class _Evidence:
    """How likely each encoding is by the names so far, each of them counted once."""

    def __init__(self) -> None:
        self._sums = dict.fromkeys(_ENCODINGS, 0.0)
        self._seen: set[bytes] = set()

    def add(self, name: bytes) -> None:
        """Take a name into account, unless there are enough of them or it is too long to be one."""
        if len(self._seen) < _NAMES_ENOUGH and len(name) <= _LONGEST_NAME and name not in self._seen:
            self._seen.add(name)
            for encoding in self._sums:
                self._sums[encoding] += _log_likelihood(name, encoding)

    def likeliest(self) -> str:
        """The encoding that has the most for it."""
        return max(self._sums, key=lambda encoding: self._sums[encoding])


@dataclass(slots=True)
class NameDecoder:
    """Turns the bytes of member names into text; `encoding` says what isn't UTF-8, or leaves it to likelihood."""

    encoding: str = AUTO
    _evidence: _Evidence = field(default_factory=_Evidence)

    def learn(self, names: Iterable[bytes]) -> None:
        """Take these names into account: more of them tell more."""
        for name in names:
            if not is_utf8(name):
                self._evidence.add(name)

    def decode(self, name: bytes) -> str:
        """The name as text; bytes that fit no encoding stay as surrogates."""
        try:
            return name.decode("utf-8")
        except UnicodeDecodeError:
            return name.decode(self._chosen(name), "surrogateescape")

    def _chosen(self, name: bytes) -> str:
        if self.encoding != AUTO:
            return self.encoding
        if len(name) > _LONGEST_NAME:
            return "utf-8"
        self._evidence.add(name)
        chosen = self._evidence.likeliest()
        return chosen if _fits(name, chosen) else likeliest_encoding([name])


def _fits(name: bytes, encoding: str) -> bool:
    try:
        name.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def is_utf8(name: bytes) -> bool:
    """Whether the bytes of a name are UTF-8."""
    return _fits(name, "utf-8")


def with_slashes(name: str) -> str:
    """The name as a path with slashes: some programs for Windows write backslashes, against the format's rules."""
    return name.replace("\\", "/")
