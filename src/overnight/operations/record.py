"""The record of operations: calls with an effect, and approvals, in a hash chain in the user's state folder.

Does not cover: processes of our own user, who is the owner: they can read the nonces here, and write what they like.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import claim_folder, make_folder, open_own
from overnight.files.state_folder import state_folder
from overnight.ledger.owner import Codec
from overnight.ledger.store import SqliteEventStore
from overnight.operations.call import Call, CallState
from overnight.operations.events import MOST_PENDING, Answered, Asked, Ended, Event, Started, decode, encode
from overnight.operations.principal import Address
from overnight.operations.tables import CallTables

FOLDER = "operations"  # in the state folder
RUNNING = "running"  # below it: a file for each call under way, locked by its process
VERSION = 1  # of the derived tables
ASKED_S = 600.0  # that a question waits; as long as a pairing code, and as long as a person stays with what they started
GRANTED_S = 600.0  # that a grant waits for its call
REFUSED_S = 3600.0  # that a refused call is not asked about again, so that nobody is worn down
NONCE_BYTES = 16
RECENT = 20  # answered or expired approvals that are listed

_CODEC: Codec[Event] = Codec(
    encode=encode, decode=decode, kind=lambda event: event.kind, subject=lambda _: None, subject_column="subject"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to the owner, and its answer."""

    number: int
    call: Call
    nonce: str
    asked_at: float  # Unix time, s
    expires_at: float  # Unix time, s; of the question, or of what is granted
    granted: bool | None  # None: not answered
    answered_by: str  # KIND:NAME; empty: nobody yet
    used: bool  # the call that it allowed was started
    tells: str  # what else the owner reads

    def is_open(self, now: float) -> bool:
        """Whether it still waits for an answer."""
        return self.granted is None and self.asked_at <= now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A call without an outcome."""

    number: int
    id: str
    at: float  # Unix time at which it was begun


class OperationRecord:
    """The record, open."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Open the record in a folder, and make it if it is missing.

        Raises:
            NotOurs: something in it belongs to somebody else.
        """
        make_folder(folder)
        claim_folder(folder)
        make_folder(folder / RUNNING)
        self._running = folder / RUNNING
        self._clock = clock
        advice = "move it away; approvals that wait are asked again"
        self._store = SqliteEventStore[Event](
            folder, _CODEC, projections=(CallTables(),), version=VERSION, advice=advice, clock=clock
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    @property
    def now(self) -> float:
        """Unix time by the record's clock, s."""
        return self._clock()

    def ask(self, call: Call, state: str, tells: str = "", *, most: int = MOST_PENDING) -> int:
        """Ask the owner to approve a call in a state, if no more than `most` wait then; the number of the question.

        Raises:
            AlreadyAsked: the same question waits already.
            Refused: too many wait.
        """
        nonce = secrets.token_urlsafe(NONCE_BYTES)
        expires = self.now + ASKED_S
        return self._store.append(Asked(call=call, state=state, nonce=nonce, expires=expires, tells=tells, most=most))

    def answer(self, number: int, *, granted: bool, by: str, address: Address | None) -> Approval:
        """Answer a question; `by` must be the owner, which the caller checks.

        Raises:
            Refused: there is no such question, or it is answered, or has expired.
        """
        expires = self.now + GRANTED_S
        self._store.append(Answered(asked=number, granted=granted, by=by, address=address, expires=expires))
        return next(self._approvals("WHERE approvals.seq=?", number))

    def granted(self, digest: str, state: str) -> int:
        """The number of an approval that allows this call in this state, 0 if there is none."""
        with self._store.reading() as db:
            row = db.execute(
                "SELECT seq FROM approvals WHERE digest=? AND state=? AND granted=1 AND used IS NULL"
                " AND answered_at <= ? AND expires > ? ORDER BY seq LIMIT 1",
                (digest, state, self.now, self.now),
            ).fetchone()
        return int(row[0]) if row else 0

    def refused(self, call: Call, state: str) -> int:
        """The number of a question about this call in this state that the owner refused not long ago, 0 if there is none.

        Whoever asks: an agent chooses its own name, and could ask again under another one.
        """
        since = self.now - REFUSED_S
        asked = self._approvals(
            "WHERE approvals.state=? AND granted=0 AND answered_at > ? ORDER BY approvals.seq DESC", state, since
        )
        return next((each.number for each in asked if each.call.deed == call.deed), 0)

    @contextmanager
    def under_way(self, call: Call, *, state: str = "", approval: int = 0, key: str = "") -> Iterator[int]:
        """Record that a call starts, and show other processes that it is under way until the block ends; its number.

        Raises:
            Refused: the same call is under way, or the approval does not allow it.
        """
        name = secrets.token_hex(NONCE_BYTES)
        path = self._running / name
        with closing_descriptor(open_own(path, os.O_RDWR | os.O_CREAT)) as file:
            take_lock(file)  # its name is new
            try:
                yield self._store.append(Started(id=name, call=call, state=state, approval=approval, key=key))
            finally:
                path.unlink(missing_ok=True)

    def end(self, number: int, outcome: CallState, detail: str = "") -> None:
        """Record what became of a call."""
        self._store.append(Ended(started=number, outcome=outcome, detail=detail))

    def open_calls(self, digest: str) -> Sequence[OpenCall]:
        """The calls with this digest that have no outcome."""
        with self._store.reading() as db:
            query = "SELECT seq, id, at FROM calls JOIN events USING(seq) WHERE digest=? AND outcome='started'"
            rows = db.execute(query, (digest,)).fetchall()
        return [OpenCall(number=int(seq), id=str(name), at=float(at)) for seq, name, at in rows]

    def lives(self, call: OpenCall) -> bool:
        """Whether the process of a call that is under way is still there."""
        with suppress(FileNotFoundError), closing_descriptor(open_own(self._running / call.id, os.O_RDONLY)) as file:
            if not take_lock(file, shared=True):
                return True
            (self._running / call.id).unlink(missing_ok=True)
        return False

    def last_outcome(self, digest: str) -> CallState | None:
        """What became of the newest call with this digest that has ended, None if there is none."""
        query = "SELECT outcome FROM calls WHERE digest=? AND outcome != 'started' ORDER BY seq DESC LIMIT 1"
        with self._store.reading() as db:
            row = db.execute(query, (digest,)).fetchone()
        return CallState(row[0]) if row else None

    def outcome_of(self, key: str) -> tuple[CallState, str] | None:
        """What became of the newest call that was begun under a key, with its detail; None if none was."""
        query = "SELECT outcome, detail FROM calls JOIN keyed_calls USING(seq) WHERE key=? ORDER BY seq DESC LIMIT 1"
        with self._store.reading() as db:
            row = db.execute(query, (key,)).fetchone()
        return (CallState(row[0]), row[1]) if row else None

    def pending(self) -> Sequence[Approval]:
        """The questions that wait, oldest first."""
        now = self.now
        return [
            each
            for each in self._approvals("WHERE granted IS NULL AND expires > ? ORDER BY approvals.seq", now)
            if each.is_open(now)
        ]

    def recent(self) -> Sequence[Approval]:
        """The newest questions, answered or not, newest first."""
        return list(self._approvals("ORDER BY approvals.seq DESC LIMIT ?", RECENT))

    def by_nonce(self, nonce: str) -> Approval | None:
        """The question that a nonce answers."""
        said = nonce.encode(errors="surrogatepass")
        return next((each for each in self.pending() if secrets.compare_digest(each.nonce.encode(), said)), None)

    def by_number(self, number: int) -> Approval | None:
        """The question with a number."""
        return next(self._approvals("WHERE approvals.seq=?", number), None)

    def check(self) -> None:
        """Check the chain.

        Raises:
            LedgerCorrupt: it does not hold.
        """
        self._store.check_chain()

    def _approvals(self, which: str, *values: object) -> Iterator[Approval]:
        columns = "approvals.seq, body, nonce, approvals.at, expires, granted, answered_by, used"
        query = f"SELECT {columns} FROM approvals JOIN events ON events.seq = approvals.seq {which}"  # noqa: S608  # ours
        with self._store.reading() as db:
            rows = db.execute(query, values).fetchall()
        for seq, body, nonce, at, expires, granted, by, used in rows:
            asked = decode(body)
            if isinstance(asked, Asked):
                yield Approval(
                    number=seq,
                    call=asked.call,
                    nonce=nonce,
                    asked_at=at,
                    expires_at=expires,
                    granted=None if granted is None else bool(granted),
                    answered_by=by,
                    used=used is not None,
                    tells=asked.tells,
                )


def open_record() -> OperationRecord:
    """The record of this user."""
    return OperationRecord(state_folder() / FOLDER)
