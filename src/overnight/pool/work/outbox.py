"""What this machine has to say to its hub, a file for each: on disk before it is sent, and kept with what came of it."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from overnight.files.own import make_folder, read_own
from overnight.git.port import FileChange
from overnight.pool.changes import STRICT, SentFile, changes_digest, sent, stated
from overnight.pool.messages import LARGEST_REQUEST, SALT_HEX, commitment
from overnight.pool.work.place import Place, write_own
from overnight.words.foreign import printable

OUTBOX = "outbox"
MOST = 10_000  # files that are looked at
State = Literal["waits", "committing", "committed", "queued", "accepted", "not accepted", "refused", "dropped"]
SHOWN = 200  # characters of a foreign text
ENDED = frozenset({"accepted", "not accepted", "refused", "dropped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A change on its way to the hub.

    It waits until the hub takes it, on top of whatever its newest entry is then. From `committing` on it is fixed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]  # of its file
    at: float  # Unix time at which it was found, s
    base: str  # commit here that it was made on
    commit: str  # here
    hypothesis: str
    state: State = "waits"
    parent: str = ""  # digest of the entry that it is sent on top of
    files: tuple[SentFile, ...] = ()
    digest: str = ""
    salt: str = ""
    submission: int | None = None  # the hub's number
    code: str = ""
    why: str = ""
    block: int | None = None
    tries: int = 0  # that the hub refused for a reason that may pass

    @property
    def is_open(self) -> bool:
        """Whether something is still to be said or heard."""
        return self.state not in ENDED


_SENDING: TypeAdapter[Sending] = TypeAdapter(Sending)


def fixed(sending: Sending, changes: Sequence[FileChange], *, parent: str, salt: str = "") -> Sending:
    """What is committed to: this change on top of this entry, with a salt that only we know."""
    digest = changes_digest(parent, [stated(each) for each in changes])
    return replace(
        sending,
        state="committing",
        parent=parent,
        files=tuple(sent(each) for each in changes),
        digest=digest,
        salt=salt or secrets.token_bytes(SALT_HEX // 2).hex(),
    )


def commitment_of(sending: Sending, key: str) -> str:
    """What is sent first."""
    return commitment(salt=sending.salt, digest=sending.digest, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """All of a folder."""

    place: Place

    def put(self, sending: Sending) -> Sending:
        """Write it down; it is on disk when this returns. One that has ended is kept without contents: git has its commit."""
        sending = sending if sending.is_open else replace(sending, files=())
        folder = self.place.work / OUTBOX
        make_folder(folder)
        write_own(folder / f"{sending.name}.json", _SENDING.dump_json(sending))
        return sending

    def get(self, name: str) -> Sending | None:
        """The one of this name."""
        with suppress(FileNotFoundError, ValidationError):
            return _SENDING.validate_json(read_own(self.place.work / OUTBOX / f"{name}.json", 2 * LARGEST_REQUEST))
        return None

    def all(self) -> Sequence[Sending]:
        """Those of all times, oldest first."""
        try:
            names = sorted(os.listdir(self.place.work / OUTBOX))[:MOST]  # noqa: PTH208  # a path per entry is not wanted
        except FileNotFoundError:
            return ()
        found = (self.get(name.removesuffix(".json")) for name in names if name.endswith(".json") and name[0] != ".")
        return sorted((each for each in found if each is not None), key=lambda each: each.at)


def sending_words(sending: Sending) -> str:
    """A change on its way, in a line."""
    number = f"submission {sending.submission}" if sending.submission else sending.name
    block = f" as block {sending.block}" if sending.block is not None else ""
    why = f": {printable(sending.why, SHOWN)}" if sending.why else ""
    code = f" ({printable(sending.code, SHOWN)})" if sending.code else ""
    return f"{number} {sending.state}{block}{code}{why}: {printable(sending.hypothesis, SHOWN)}"
