"""The names by which this server may be called; who calls it by another name was led here by that name's owner."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from overnight.files.atomic import write_atomically
from overnight.files.own import claim_folder, make_folder, read_own

FILE = "host"
DIGITS = 8  # 40 bits: a page elsewhere cannot try them all
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
_NAME = re.compile(r"overnight-[a-z2-7]{8}\.localhost")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The values of the header `Host` that are ours, and the origins of our own pages."""

    scheme: str
    names: frozenset[str]
    port: int

    def allows(self, host: str) -> bool:
        """Whether a request for this host is for us."""
        return host.lower() in self._values()

    def is_own_origin(self, origin: str) -> bool:
        """Whether a page of ours has this origin."""
        scheme, _, host = origin.partition("://")
        return scheme == self.scheme and self.allows(host)

    def _values(self) -> frozenset[str]:
        default = {"http": 80, "https": 443}[self.scheme]
        bare = self.names if self.port == default else frozenset()
        return bare | {f"{name}:{self.port}" for name in self.names}


def hosts(scheme: str, name: str, port: int, others: Iterable[str] = ()) -> Hosts:
    """Our own name, those of the loopback, and others."""
    return Hosts(scheme=scheme, names=frozenset((name, *LOOPBACK, *others)), port=port)


def own_name(folder: Path) -> str:
    """The name of this user's pages, kept so that bookmarks hold.

    It is chance: cookies ignore ports, so another server of this machine that knew it could be sent ours.

    Raises:
        NotOurs: something else is in the place of the folder or file.
        OSError: it cannot be kept.
    """
    path = folder / FILE
    try:
        claim_folder(folder)
        found = read_own(path, 100).decode("ascii", "replace").strip()
    except FileNotFoundError:
        found = ""
    if _NAME.fullmatch(found):
        return found
    made = f"overnight-{''.join(secrets.choice(_ALPHABET) for _ in range(DIGITS))}.localhost"
    make_folder(folder.parent)
    make_folder(folder)
    write_atomically(path, f"{made}\n".encode())
    return made
