"""Archives that lie about sizes, names, places and structure. Each holds a sound member `good.jpg`."""

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from benchmarks.fuzz.attacks import Attack

GOOD = b"a sound member" * 50
_END = bytes(1024)
_GIGABYTES = 3 << 30
_TINY = 20_000


def attacks() -> tuple[Attack, ...]:
    """All of them."""
    tars = (Attack(name, ".tar", make) for name, make in _TARS.items())
    packed = (Attack(name, suffix, make) for name, (suffix, make) in _PACKED_TARS.items())
    zips = (Attack(name, ".zip", make) for name, make in _ZIPS.items())
    return (*tars, *packed, *zips)


def header(name: str, size: int, kind: bytes = b"0", **changed: bytes) -> bytes:
    """A tar header; `changed` replaces fields, with the checksum made anew."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for field, value in changed.items():
        place = {"raw_name": 0, "raw_size": 124, "sparse": 482}[field]
        block[place : place + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def tar_member(name: str, data: bytes, kind: bytes = b"0") -> bytes:
    """A header with its content, padded."""
    return header(name, len(data), kind) + data + bytes(-len(data) % 512)


_SOUND = tar_member("good.jpg", GOOD)


def _between(*middle: bytes) -> bytes:
    return b"".join((_SOUND, *middle, tar_member("after.jpg", GOOD), _END))


def _record(text: bytes) -> bytes:
    return b"%d %s\n" % (len(text) + 4, text)


def _tar_with_pax(record: bytes) -> bytes:
    return _between(tar_member("h", record, b"x"), tar_member("odd.jpg", b"abc"))


def _sparse_map() -> bytes:
    following = bytearray(512)
    following[504] = 1
    return _between(header("s", 512, b"S", sparse=b"\x01"), bytes(following) * 3, bytes(1024))


def _link_of_another_alphabet(number: int) -> bytes:
    return header("", 0, b"2", raw_name=b"\xd6\xd0%d" % number)


_TARS: dict[str, Callable[[], bytes]] = {
    "pax header of 3 GB": lambda: _between(header("h", _GIGABYTES, b"x")),
    "global header of 3 GB": lambda: _between(header("h", _GIGABYTES, b"g")),
    "long name of 3 GB": lambda: _between(header("h", _GIGABYTES, b"L")),
    "member of unknown type and 3 GB": lambda: _between(header("h", _GIGABYTES, b"Z")),
    "negative size": lambda: _between(header("n", 3, raw_size=b"\xff" * 12)),
    "size in words": lambda: _between(header("n", 3, raw_size=b"abcdefghijk\0")),
    "size of 2**91": lambda: _between(header("n", 3, raw_size=b"\x80" + b"\x7f" * 11)),
    "size of 2**49": lambda: _between(header("n", 3, raw_size=b"\x80" + (2**49).to_bytes(11))),
    "name that is not UTF-8": lambda: _between(header("n", 0, raw_name=b"\xff\xfe\xfd\xfc")),
    "name of a megabyte": lambda: _between(tar_member("h", b"\xd6\xd0" * 500_000, b"L"), tar_member("n", b"abc")),
    "name longer than a path": lambda: _between(tar_member("h", (b"d" * 250 + b"/") * 20, b"L"), header("n", 0)),
    "sparse map": _sparse_map,
    "sparse map in a pax header": lambda: _tar_with_pax(_record(b"GNU.sparse.map=0,-1,99999999999999999999")),
    "pax size in words": lambda: _tar_with_pax(_record(b"size=abc")),
    "pax size below zero": lambda: _tar_with_pax(_record(b"size=-5")),
    "pax size of 30 digits": lambda: _tar_with_pax(_record(b"size=" + b"9" * 30)),
    "pax name that is not UTF-8": lambda: _tar_with_pax(_record(b"path=\xff\xfe.jpg")),
    "pax record longer than its header": lambda: _tar_with_pax(b"9" * 20 + b" path=a\n"),
    "pax header of 200,000 records": lambda: _tar_with_pax(b"5 a=\n" * 200_000),
    "names that are not UTF-8": lambda: _between(
        *(header("", 0, b"2", raw_name=b"\xd6\xd0%d" % i) for i in range(_TINY))
    ),
}


def _gzipped(pieces: Iterator[bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=1) as out:
        for piece in pieces:
            out.write(piece)
    return buffer.getvalue()


def _headers_alone() -> Iterator[bytes]:
    yield _SOUND
    yield from (header("h", 0, b"x") * 1000 for _ in range(1000))
    yield tar_member("after.jpg", GOOD) + _END


def _endless_sparse_map() -> Iterator[bytes]:
    following = bytearray(512)
    following[504] = 1
    yield _SOUND + header("s", 512, b"S", sparse=b"\x01")
    yield from (bytes(following) * 2048 for _ in range(500))


def _megabytes(before: bytes, count: int) -> Iterator[bytes]:
    yield _SOUND + before
    yield from (bytes(1 << 20) for _ in range(count))
    yield tar_member("after.jpg", GOOD) + _END


def _wide_window() -> bytes:
    sound = lzma.compress(_between(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}])
    wide = bytearray(sound)
    wide[12 + 4] = 40  # of 4 GB, in the filter's property; then the block header's checksum
    length = (wide[12] + 1) * 4
    struct.pack_into("<I", wide, 12 + length - 4, zlib.crc32(wide[12 : 12 + length - 4]))
    return bytes(wide)


_PACKED_TARS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "packed pax header of 300 MB": (".tar.gz", lambda: _gzipped(_megabytes(header("h", 300 << 20, b"x"), 300))),
    "300 MB of zeros": (".tar.gz", lambda: _gzipped(_megabytes(b"", 300))),
    "a million headers, no member": (".tar.gz", lambda: _gzipped(_headers_alone())),
    "endless sparse map": (".tar.gz", lambda: _gzipped(_endless_sparse_map())),
    "tiny members": (".tar.gz", lambda: _gzipped(header(f"{i}", 0) for i in range(_TINY))),
    "garbage behind": (".tar.gz", lambda: gzip.compress(_between()) + b"garbage" * 100),
    "gzip header that breaks off": (".tar.gz", lambda: b"\x1f\x8b\x08\xff" + bytes(6) + b"\xff\xff" + b"a" * 99),
    "empty gzip members": (".tar.gz", lambda: gzip.compress(b"") * _TINY + gzip.compress(_between())),
    "bz2 of 2 GB in one header": (
        ".tar.bz2",
        lambda: bz2.compress(_SOUND + header("h", _GIGABYTES, b"x")) + bz2.compress(bytes(64 << 20)) * 32,
    ),
    "xz that asks for a window of 4 GB": (".tar.xz", _wide_window),
    "xz header alone": (".tar.xz", lambda: b"\xfd7zXZ\x00" + bytes(20)),
}


def zip_of(*members: bytes, entries: bytes) -> bytes:
    """A zip of what stands before and with each member, and of a directory."""
    body = b"".join(members)
    count = entries.count(b"PK\x01\x02")
    return body + entries + b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, count, count, len(entries), len(body), 0)


def local(name: bytes, packed: bytes, size: int, checksum: int, method: int = 8) -> bytes:
    """A member with its header."""
    numbers = struct.pack("<5H3I2H", 63, 0, method, 0, 0, checksum, len(packed), size, len(name), 0)
    return b"PK\x03\x04" + numbers + name + packed


def entry(
    name: bytes,
    packed: int,
    size: int,
    checksum: int,
    method: int = 8,
    *,
    at: int = 0,
    extra: bytes = b"",
    flags: int = 0,
) -> bytes:
    """A member's entry in the directory."""
    numbers = (20, 20, flags, method, 0, 0, checksum, packed, size, len(name), len(extra), 0, 0, 0, 0, at)
    return b"PK\x01\x02" + struct.pack("<6H3I5H2I", *numbers) + name + extra


def _good_at(place: int) -> tuple[bytes, bytes]:
    made = zlib.crc32(GOOD)
    return local(b"good.jpg", GOOD, len(GOOD), made, 0), entry(b"good.jpg", len(GOOD), len(GOOD), made, 0, at=place)


def with_good(member: bytes, its_entry: bytes) -> bytes:
    """A zip of one odd member and a sound one."""
    sound, sound_entry = _good_at(len(member))
    return zip_of(member, sound, entries=its_entry + sound_entry)


def _bomb(method: int, packed: bytes) -> bytes:
    """A member that says it is of 60 MB: that is within every ratio, by bytes that no decoder gets to."""
    packed += random.Random(0).randbytes(400_000)
    return with_good(
        local(b"bad.jpg", packed, 60 << 20, 0, method), entry(b"bad.jpg", len(packed), 60 << 20, 0, method)
    )


def _bz2_bomb() -> bytes:
    packer = bz2.BZ2Compressor()
    return _bomb(12, b"".join(packer.compress(bytes(45 << 20)) for _ in range(4)) + packer.flush())


def _lzma_bomb() -> bytes:
    packer = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}])
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(160)) + packer.flush()
    return _bomb(14, struct.pack("<BBHBI", 9, 4, 5, 93, 1 << 16) + packed)


def _overlapping() -> bytes:
    """Members of one kernel, each quoting the headers behind it as stored blocks (Fifield, 2019)."""
    raw = random.Random(1).randbytes(1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    kernel = packer.compress(raw) + packer.flush()
    content, packed, pieces, entries = raw, len(kernel), [kernel], b""
    quoted = b""
    for number in range(20):
        name = b"%04d.jpg" % number
        body = struct.pack("<BHH", 0, len(quoted), 0xFFFF ^ len(quoted)) + quoted if quoted else b""
        content, packed = quoted + content, packed + len(body)
        head = local(name, b"", len(content), zlib.crc32(content))
        head = head[:18] + struct.pack("<I", packed) + head[22:]
        pieces[0:0] = [head, body] if not quoted else [head, body[:5]]
        quoted = head
        entries += entry(name, packed, len(content), zlib.crc32(content), at=-len(b"".join(pieces)) % 2**32)
    return _placed(b"".join(pieces), entries)


def _placed(body: bytes, entries: bytes) -> bytes:
    """The places in the entries counted from the end of the body become such from its beginning."""
    changed = bytearray(entries)
    for place in range(0, len(changed), 46 + 8):
        (at,) = struct.unpack_from("<I", changed, place + 42)
        struct.pack_into("<I", changed, place + 42, (len(body) + at) % 2**32)
    sound, sound_entry = _good_at(len(body))
    return zip_of(body, sound, entries=bytes(changed) + sound_entry)


def _deflated(**changed: int) -> bytes:
    """An odd member, packed, in whose entry some numbers are others: by the place of the number."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = random.Random(1).randbytes(3000)
    packed = packer.compress(raw) + packer.flush()
    its = bytearray(entry(b"bad.jpg", len(packed), len(raw), zlib.crc32(raw)))
    for field, value in changed.items():
        form, place = {"version": ("<H", 6), "flags": ("<H", 8), "method": ("<H", 10), "date": ("<I", 12)}.get(
            field, ("<I", 42)
        )
        struct.pack_into(form, its, place, value)
    return with_good(local(b"bad.jpg", packed, len(raw), zlib.crc32(raw)), bytes(its))


def _local_lies(place: int, value: bytes) -> bytes:
    data = bytearray(_deflated())
    data[place : place + len(value)] = value
    return bytes(data)


def _zip64(size: int, packed: int, at: int, length: int = 24) -> bytes:
    extra = struct.pack("<HHQQQ", 1, length, size, packed, at)
    far = 0xFFFFFFFF
    return with_good(local(b"bad.jpg", b"x" * 99, far, 0), entry(b"bad.jpg", far, far, 0, at=far, extra=extra))


def _zip64_end(entries_bytes: int, place: int, disks: int = 1) -> bytes:
    sound, sound_entry = _good_at(0)
    record = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, 2**40, 2**40, entries_bytes, place)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, len(sound + sound_entry), disks)
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return sound + sound_entry + record + locator + end


def _packed_badly(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        out.writestr("bad.jpg", random.Random(0).randbytes(5000))
        out.writestr("good.jpg", GOOD)
    data = bytearray(buffer.getvalue())
    data[60:200] = bytes(140)
    return bytes(data)


def _lzma_window(properties: bytes) -> bytes:
    packed = properties + bytes(500)
    return with_good(local(b"bad.jpg", packed, 9000, 0, 14), entry(b"bad.jpg", len(packed), 9000, 0, 14))


def _false_names() -> bytes:
    members = [local(b"\xd6\xd0%05d.jpg" % i, b"", 0, 0, 0) for i in range(_TINY // 4)]
    entries = b"".join(
        entry(b"\xd6\xd0%05d.jpg" % i, 0, 0, 0, 0, at=i * len(members[0]), flags=0x800) for i in range(_TINY // 4)
    )
    return zip_of(*members, entries=entries)


def _nested() -> bytes:
    inner = with_good(local(b"a.jpg", GOOD, len(GOOD), zlib.crc32(GOOD), 0), _good_at(0)[1])
    made = zlib.crc32(inner)
    return with_good(local(b"in.zip", inner, len(inner), made, 0), entry(b"in.zip", len(inner), len(inner), made, 0))


_ZIPS: dict[str, Callable[[], bytes]] = {
    "bz2 member that is a bomb": _bz2_bomb,
    "lzma member that is a bomb": _lzma_bomb,
    "members that overlap": _overlapping,
    "bz2 member damaged": lambda: _packed_badly(zipfile.ZIP_BZIP2),
    "lzma member damaged": lambda: _packed_badly(zipfile.ZIP_LZMA),
    "deflate64 member": lambda: _deflated(method=9),
    "lzma window of 4 GB": lambda: _lzma_window(struct.pack("<BBHBI", 9, 4, 5, 93, 2**32 - 1)),
    "lzma properties that cannot be": lambda: _lzma_window(struct.pack("<BBHBI", 9, 4, 5, 255, 1)),
    "lzma properties longer than the member": lambda: _lzma_window(struct.pack("<BBHBI", 9, 4, 0xFFFF, 93, 1)),
    "version of the year 3000": lambda: _deflated(version=200),
    "patched data": lambda: _deflated(flags=0x20),
    "strong encryption": lambda: _deflated(flags=0x40),
    "encrypted member": lambda: _deflated(flags=1),
    "date that does not exist": lambda: _deflated(date=0xFFFFFFFF),
    "member that begins behind the end": lambda: _deflated(at=0xFFFFFFF0),
    "local name is another": lambda: _local_lies(30, b"eee"),
    "local name of 65,535 bytes": lambda: _local_lies(26, b"\xff\xff\xff\xff"),
    "local encryption": lambda: _local_lies(6, b"\x01"),
    "zip64 of an exabyte": lambda: _zip64(2**60, 2**60, 0),
    "zip64 place of an exabyte": lambda: _zip64(99, 99, 2**60),
    "zip64 field too short": lambda: _zip64(99, 99, 0, length=4),
    "zip64 field too long": lambda: _zip64(99, 99, 0, length=9999),
    "zip64 directory of an exabyte": lambda: _zip64_end(2**60, 0),
    "zip64 directory at an exabyte": lambda: _zip64_end(46, 2**60),
    "zip64 of several disks": lambda: _zip64_end(46, 99, 2),
    "names that claim to be UTF-8": _false_names,
    "archive in an archive": _nested,
    "end alone": lambda: b"PK\x05\x06",
}
