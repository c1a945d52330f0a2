"""A hub's record: its events in a hash chain, beside them the contents that were submitted, and tables derived from the events.

Any process may append; one serves the hub, by the lock.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from overnight.errors import UserError
from overnight.files.own import claim_folder, make_folder
from overnight.git.port import FileChange
from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.owner import Codec
from overnight.ledger.port import Recorded
from overnight.ledger.store import SqliteEventStore
from overnight.pool.chain import Block, Chain, Genesis, Withdrawal, read_entry
from overnight.pool.changes import content_digest
from overnight.pool.events import Event, HubOpened, Revealed, decode, encode, subject_of
from overnight.pool.lanes import Lane, Turns, Waiting
from overnight.pool.record.tables import JUDGED, QUEUED, Blocks, ChainTable, FurtherPairs, Keys, Nonces, Submissions

VERSION = 5  # of the derived tables
ADVICE = "put the newest copy that you have in its place"
REMEMBERED = 5000  # verifications, by which turns go on after a start
CANARY = "canary"  # standing of the key by which the hub sends itself what must not be accepted
FOLDER = "hub"  # in the repository's `.overnight`
CONTENTS = "CREATE TABLE IF NOT EXISTS contents(digest TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;"

_CODEC: Codec[Event] = Codec(
    encode=encode, decode=decode, kind=lambda event: event.kind, subject=subject_of, subject_column="submission"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A submission as the record has it."""

    number: int
    key: str
    parent: str  # digest of the chain's entry that it is on top of
    commitment: str
    at: float  # Unix time of the commitment, s
    state: str  # committed, queued, judged or refused
    digest: str  # of its change; empty until it is revealed
    hypothesis: str
    code: str  # of a refusal
    why: str  # for the founder alone, unless it was refused
    experiment: int | None  # of the campaign that verifies
    accepted: bool | None
    seconds: float  # of trials that it took
    shown_at: float  # Unix time before which its worker hears nothing of the verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key and what came of it."""

    key: str
    standing: str  # new, known or banned
    why: str
    first_at: float  # Unix time, s
    commitments: int
    judged: int
    accepted: int
    seconds: float  # of verification


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingCampaign:
    """The campaign that verifies, and how often its holdout has answered, also in campaigns before it."""

    number: int  # of the chain's campaigns, from 1
    tag: str
    split: int  # which of the holdouts answers
    blocks: int  # that this holdout gave
    questions: int  # submissions that it was asked about


class HubRecord:
    """The record of a hub, open."""

    def __init__(
        self, folder: Path, *, clock: Callable[[], float] = time.time, read_only: bool = False, make: bool = False
    ) -> None:
        """`make`: a hub is being opened.

        Raises:
            UserError: there is no hub.
            NotOurs: something in it belongs to somebody else.
        """
        if not make and not (folder / LEDGER).is_file():
            raise UserError(f"there is no hub in {folder.parent.parent}", fix="open one: overnight hub init")
        self.folder = folder
        make_folder(folder)
        claim_folder(folder)
        self.clock = clock
        projections = (Keys(), Submissions(), ChainTable(), Blocks(), FurtherPairs(), Nonces())
        self.store = SqliteEventStore[Event](
            folder, _CODEC, projections=projections, version=VERSION, advice=ADVICE, clock=clock, read_only=read_only
        )
        if read_only and not self.store.is_derived():
            self.store.close()
            raise UserError(f"the hub in {folder} is of an older overnight", fix="bring it up to date: overnight hub serve")
        if not read_only:
            with self.store.reading() as db:
                db.execute(CONTENTS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    # --- Writing ---

    def append(self, *events: Event, contents: Sequence[bytes] = ()) -> int:
        """Record events, with contents that they name by digest, all or none; the newest event's number."""
        rows = [(content_digest(each), each) for each in contents]

        def beside(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR IGNORE INTO contents VALUES(?,?)", rows)

        return self.store.append(*events, beside=beside)

    def together(self) -> AbstractContextManager[None]:
        """What is appended within is on disk at the end, all or none: one wait for the disk for many requests."""
        return self.store.together()

    # --- Reading ---

    def opened(self) -> HubOpened:
        """What the hub opened with."""
        event = decode(next(self._rows("SELECT body FROM events WHERE seq=1"))[0])
        assert isinstance(event, HubOpened)  # noqa: S101  # the first event
        return event

    def content(self, digest: str) -> bytes | None:
        """A content by its digest."""
        return next((bytes(row[0]) for row in self._rows("SELECT content FROM contents WHERE digest=?", digest)), None)

    def changes(self, submission: int) -> Sequence[FileChange]:
        """What a submission that was revealed changes."""
        rows = self._rows("SELECT body FROM events WHERE seq=(SELECT revealed FROM submissions WHERE number=?)", submission)
        revealed = decode(next(rows)[0])
        assert isinstance(revealed, Revealed)  # noqa: S101  # as the table says
        return [
            FileChange(
                path=each.path,
                content=None if each.digest is None else self.content(each.digest) or b"",
                executable=each.executable,
            )
            for each in revealed.files
        ]

    def submission(self, number: int) -> Submission | None:
        """One submission."""
        return next(map(_submission, self._rows(f"{_SUBMISSIONS} WHERE number=?", number)), None)

    def submissions(self, *, most: int, key: str = "", state: str = "") -> Sequence[Submission]:
        """The newest submissions, of a key or in a state, newest first."""
        where = "WHERE (?1='' OR key=?1) AND (?2='' OR state=?2)"
        return [*map(_submission, self._rows(f"{_SUBMISSIONS} {where} ORDER BY number DESC LIMIT ?3", key, state, most))]

    def submission_of(self, digest: str) -> Submission | None:
        """The submission with a change, by its digest, that was not refused."""
        return next(map(_submission, self._rows(f"{_SUBMISSIONS} WHERE digest=? AND state!='refused'", digest)), None)

    def submission_like(self, meaning: str) -> Submission | None:
        """The oldest submission that was not refused and does the same, by the first part of its shape."""
        query = f"{_SUBMISSIONS} WHERE meaning=? AND state!='refused' ORDER BY number LIMIT 1"
        return next(map(_submission, self._rows(query, meaning)), None)

    def submission_with(self, commitment: str) -> Submission | None:
        """The submission with a commitment."""
        return next(map(_submission, self._rows(f"{_SUBMISSIONS} WHERE commitment=?", commitment)), None)

    def open_commitments(self, since: float, key: str = "") -> int:
        """How many, of a key or of all, were made since then and are not revealed."""
        where, given = ("at>=? AND key=?", (since, key)) if key else ("at>=?", (since,))
        query = f"SELECT COUNT(*) FROM submissions WHERE state='committed' AND {where}"  # noqa: S608  # ours
        return int(next(self._rows(query, *given))[0])

    def in_lane(self, lane: Lane) -> int:
        """How many wait in a lane."""
        query = (
            "SELECT COUNT(*) FROM submissions JOIN keys ON keys.key=submissions.key"
            " WHERE state=? AND experiment IS NULL AND standing=?"
        )
        return int(next(self._rows(query, QUEUED, lane.value))[0])

    def unanswered(self, key: str, now: float) -> int:
        """How many of a key wait, are verified, or have a verdict that it has not been shown."""
        query = "SELECT COUNT(*) FROM submissions WHERE key=? AND (state=? OR (state=? AND shown_at>?))"
        return int(next(self._rows(query, key, QUEUED, JUDGED, now))[0])

    def turns(self) -> Turns:
        """What the newest verifications gave to whom, for a process that begins."""
        query = (
            "SELECT number, submissions.key, standing, submissions.seconds"
            " FROM submissions JOIN keys ON keys.key=submissions.key"
            " WHERE submissions.judged IS NOT NULL ORDER BY submissions.judged DESC LIMIT ?"
        )
        turns = Turns()
        for number, key, standing, seconds in reversed([*self._rows(query, REMEMBERED)]):
            lane = Lane.KNOWN if standing == "known" else Lane.NEW
            turns.charge(Waiting(submission=number, key=key, lane=lane), seconds)
        return turns

    def waiting(self) -> Sequence[Waiting]:
        """What waits to be verified, oldest first; what became an experiment does no longer."""
        query = (
            "SELECT number, submissions.key, standing FROM submissions JOIN keys ON keys.key=submissions.key"
            " WHERE state=? AND experiment IS NULL AND standing!='banned' ORDER BY number"
        )
        return [
            Waiting(
                submission=number,
                key=key,
                lane=Lane.KNOWN if standing == "known" else Lane.NEW,
                canary=standing == CANARY,
            )
            for number, key, standing in self._rows(query, QUEUED)
        ]

    def key(self, key: str) -> KeyRecord | None:
        """What is known of a key."""
        return next((KeyRecord(**dict(zip(_KEY, row, strict=True))) for row in self._rows(f"{_KEYS} WHERE key=?", key)), None)

    def keys(self, *, most: int) -> Sequence[KeyRecord]:
        """Keys of workers, those with most accepted first."""
        rows = self._rows(f"{_KEYS} WHERE standing!='canary' ORDER BY accepted DESC, judged DESC, first_at LIMIT ?", most)
        return [KeyRecord(**dict(zip(_KEY, row, strict=True))) for row in rows]

    def is_used(self, nonce: str) -> bool:
        """Whether a request had this nonce."""
        return any(self._rows("SELECT 1 FROM used_nonces WHERE nonce=?", nonce))

    def paused(self) -> str:
        """Why the hub accepts nothing; empty: it does."""
        return str(next(self._rows("SELECT why FROM paused"), ("",))[0])

    # --- The chain ---

    def entries(self, *, after: int = -1, most: int = 1_000_000) -> Sequence[str]:
        """The texts of the chain's entries after a number, in order, as they are published."""
        return [row[0] for row in self._rows("SELECT body FROM entries WHERE number>? ORDER BY number LIMIT ?", after, most)]

    def genesis(self) -> Genesis:
        """The first entry of the chain."""
        genesis = read_entry(self.opened().entry)
        assert isinstance(genesis, Genesis)  # noqa: S101  # the first entry
        return genesis

    def commit_of(self, digest: str) -> tuple[int, str] | None:
        """The number of an entry, by its digest, and the commit of the hub's repository that it stands for."""
        rows = self._rows("SELECT number, commit_id FROM entries WHERE digest=?", digest)
        return next(((number, commit) for number, commit in rows), None)

    def commit_at(self, number: int) -> str:
        """The commit of the hub's repository that an entry stands for."""
        return str(next(self._rows("SELECT commit_id FROM entries WHERE number=?", number))[0])

    def chain_length(self) -> int:
        """How many entries follow the genesis."""
        return int(next(self._rows("SELECT MAX(number) FROM entries"))[0])

    def head_commit(self) -> str:
        """The commit of the hub's repository that the newest entry stands for."""
        return str(next(self._rows("SELECT commit_id FROM entries ORDER BY number DESC LIMIT 1"))[0])

    def campaign(self) -> VerifyingCampaign:
        """The campaign that verifies now."""
        query = (
            "SELECT number, tag, split, (SELECT SUM(blocks) FROM campaigns AS c WHERE c.split=campaigns.split),"
            " (SELECT SUM(questions) FROM campaigns AS c WHERE c.split=campaigns.split)"
            " FROM campaigns ORDER BY number DESC LIMIT 1"
        )
        number, tag, split, blocks, questions = next(self._rows(query))
        return VerifyingCampaign(number=number, tag=tag, split=split, blocks=blocks, questions=questions)

    def tag(self) -> str:
        """Of the campaign that verifies now."""
        return self.campaign().tag

    def next_tag(self) -> str:
        """Of the campaign that goes on after this one."""
        return f"{self.opened().tag}-{self.campaign().number + 1}"

    def asked(self, submission: int) -> int:
        """How often this campaign asked the holdout about a submission: once for each start of its evidence."""
        return int(next(self._rows("SELECT asked FROM submissions WHERE number=?", submission), (0,))[0])

    def withdrawals(self, *, open_only: bool = False) -> Mapping[int, str]:
        """The blocks that were taken back, each with the reason; or those that the chain does not have yet."""
        rows = self._rows("SELECT block, why FROM withdrawn WHERE entry IS NULL OR NOT ? ORDER BY block", open_only)
        return {int(block): str(why) for block, why in rows}

    def seconds(self) -> float:
        """What all verifications took, those of rejected submissions and further pairs of blocks included."""
        return float(next(self._rows("SELECT TOTAL(seconds) FROM keys"))[0])

    def mean_seconds(self) -> float:
        """What a verification took on average, further pairs of blocks included, at least a second."""
        [(seconds, judged)] = self._rows("SELECT TOTAL(seconds), SUM(judged) FROM keys")
        return max(seconds / judged if judged else 0.0, 1.0)

    def settled(self) -> int:
        """The newest event of the campaign that was settled."""
        return int(next(self._rows("SELECT seen FROM settled"), (0,))[0])

    def entry_of(self, submission: int) -> int | None:
        """The number of the block of a submission."""
        return next((row[0] for row in self._rows("SELECT number FROM entries WHERE submission=?", submission)), None)

    def chain(self) -> Chain:
        """The whole chain, checked.

        Raises:
            BadChain: it does not hold.
        """
        chain = Chain.begin(self.genesis())
        for text in self.entries(after=0):
            entry = read_entry(text)
            assert isinstance(entry, Block | Withdrawal)  # noqa: S101  # a later entry
            chain.add(entry)
        return chain

    def history(self, *, most: int) -> Sequence[Recorded[Event]]:
        """The newest events, newest first."""
        rows = self._rows("SELECT seq, at, body, hash FROM events ORDER BY seq DESC LIMIT ?", most)
        return [Recorded(seq=seq, at=at, event=decode(body), digest=digest) for seq, at, body, digest in rows]

    def _rows(self, query: str, *given: object) -> Iterator[Sequence[Any]]:  # Any: columns
        with self.store.reading() as db:
            return iter(db.execute(query, given).fetchall())


_SUBMISSIONS = (
    "SELECT number, key, parent, commitment, at, state, digest, hypothesis, code, why, experiment, accepted, seconds, shown_at"
    " FROM submissions"
)
_KEY = ("key", "standing", "why", "first_at", "commitments", "judged", "accepted", "seconds")
_KEYS = f"SELECT {', '.join(_KEY)} FROM keys"  # noqa: S608  # ours


def _submission(row: Sequence[Any]) -> Submission:  # Any: columns
    number, key, parent, commitment, at, state, digest, hypothesis, code, why, experiment, accepted, seconds, shown = row
    return Submission(
        number=number,
        key=key,
        parent=parent,
        commitment=commitment,
        at=at,
        state=state,
        digest=digest or "",
        hypothesis=hypothesis,
        code=code,
        why=why,
        experiment=experiment,
        accepted=None if accepted is None else bool(accepted),
        seconds=seconds,
        shown_at=shown,
    )
