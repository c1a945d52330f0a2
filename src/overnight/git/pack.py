"""Writes git's packs and indexes as bytes, for a folder that git has not seen yet.

Source: gitformat-pack(5), gitformat-index(5).
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from overnight.git.objects import Kind
from overnight.git.trees import LINK, TreeEntry

_KINDS: dict[Kind, int] = {"commit": 1, "tree": 2, "blob": 3}
_FAST = 1  # level of compression: twice as fast as git's own, and a tenth larger
_LONGEST_NAME = 0xFFF  # in an entry of an index: longer ones are as long as they are
_FAR = 1 << 31  # offsets from there on need another table


@dataclass(frozen=True, slots=True, kw_only=True)
class GitObject:
    """One object with its content."""

    kind: Kind
    oid: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack and the table of its objects."""

    data: bytes
    table: bytes  # the content of its `.idx`


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """A file of an index."""

    path: bytes
    entry: TreeEntry
    size_bytes: int


def oid_of(kind: Kind, content: bytes, object_format: str) -> str:
    """The id of an object."""
    return hashlib.new(object_format, b"%s %d\0" % (kind.encode(), len(content)) + content).hexdigest()


def make_pack(objects: Iterable[GitObject], object_format: str) -> Pack:
    """A pack of whole objects, each given once; at most 2 GB."""
    body, places = bytearray(), []
    for item in objects:
        raw = _header(item) + zlib.compress(item.content, _FAST)
        places.append((bytes.fromhex(item.oid), zlib.crc32(raw), len(body) + 12))
        body += raw
        if len(body) > _FAR - 100:
            raise ValueError("a pack of more than 2 GB")
    data = struct.pack(">4sII", b"PACK", 2, len(places)) + body
    data += hashlib.new(object_format, data).digest()
    return Pack(data=data, table=_table(sorted(places), data, object_format))


def make_index(entries: Sequence[IndexEntry], *, at_s: int, object_format: str) -> bytes:
    """An index of files that were all last changed at `at_s`, Unix time, for `core.checkStat=minimal`."""
    out = bytearray(struct.pack(">4sII", b"DIRC", 2, len(entries)))
    for file in sorted(entries, key=lambda file: file.path):
        mode = LINK if file.entry.is_link else 0o100755 if file.entry.executable else 0o100644
        start = len(out)
        out += struct.pack(">10I", 0, 0, at_s & 0xFFFFFFFF, 0, 0, 0, mode, 0, 0, file.size_bytes & 0xFFFFFFFF)
        out += bytes.fromhex(file.entry.oid) + struct.pack(">H", min(len(file.path), _LONGEST_NAME)) + file.path
        out += bytes(8 - (len(out) - start) % 8)  # at least one, so that the name ends
    return bytes(out) + hashlib.new(object_format, out).digest()


def _header(item: GitObject) -> bytes:
    """Kind and size: four bits of the size, then seven a byte, the lowest first."""
    size = len(item.content)
    byte, size = _KINDS[item.kind] << 4 | size & 0xF, size >> 4
    out = bytearray()
    while size:
        out.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    out.append(byte)
    return bytes(out)


def _table(places: Sequence[tuple[bytes, int, int]], data: bytes, object_format: str) -> bytes:
    firsts = [0] * 256
    for oid, _, _ in places:
        firsts[oid[0]] += 1
    fan, total = [], 0
    for count in firsts:
        total += count
        fan.append(total)
    table = b"\xfftOc" + struct.pack(">I256I", 2, *fan)
    table += b"".join(oid for oid, _, _ in places)
    table += struct.pack(f">{len(places)}I", *(crc for _, crc, _ in places))
    table += struct.pack(f">{len(places)}I", *(offset for _, _, offset in places))
    table += data[-hashlib.new(object_format).digest_size :]
    return table + hashlib.new(object_format, table).digest()
