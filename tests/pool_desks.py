"""A hub over three small files, and workers that sign what they send, without a campaign behind it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from targets import program

from overnight.git.port import FileChange
from overnight.pool.canonical import canonical
from overnight.pool.chain import Genesis, entry_digest, entry_json, read_entry, signed
from overnight.pool.changes import FileState, SentFile, changes_digest, content_digest, received, sent, stated
from overnight.pool.events import HubOpened, KeyChanged
from overnight.pool.keys import SecretKey
from overnight.pool.messages import Answer, Commit, Refusal, Reveal, Signed, commitment, has_worked, sign_request
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.desk import Desk, Rules
from overnight.program.parser import parse_program

PROJECT = "small"
NOON = 1_700_000_000.0  # Unix time
FILES = {"train.py": b"SCALE = 1.0\n", "frozen.py": b"X = 1\n", "run.sh": b"echo\n"}
HIDDEN = "answers.txt"
PROGRAM = program(("1.0", "2.0"), front=f"hidden: [{HIDDEN}, 'new/secret.py']").replace(
    "editable: [train.py]", "editable: [train.py, run.sh, 'new/']"
)
EASY = Rules(work_bits=0, behind=2)


def secret(number: int) -> SecretKey:
    """A key that is the same each time."""
    return SecretKey(number.to_bytes(32, "big"))


HUB = secret(1)


@dataclass(slots=True)
class Clock:
    """One that a test sets."""

    now: float = NOON

    def __call__(self) -> float:
        """Unix time, s."""
        return self.now


def make_record(
    folder: Path, clock: Callable[[], float] | None = None, *, files: Mapping[str, bytes] = MappingProxyType(FILES)
) -> HubRecord:
    """The record of a hub that was just opened."""
    states = tuple(FileState(path=path, size=len(text), digest=content_digest(text)) for path, text in sorted(files.items()))
    front = {"metric": "loss", "editable": ["train.py", "run.sh", "new/"]}
    genesis = signed(Genesis(hub=HUB.public, project=PROJECT, at=NOON, front=front, files=states, full="0" * 64), HUB)
    record = HubRecord(folder, make=True, clock=clock or Clock())
    opened = HubOpened(
        start="0" * 40, entry=canonical(entry_json(genesis)).decode(), tag="hub", salt="00" * 32, secret="11" * 32
    )
    record.append(opened, contents=[*files.values()])
    return record


def open_desk(folder: Path, *, rules: Rules = EASY, clock: Callable[[], float] | None = None) -> Desk:
    """A desk over a record, which is made if it is missing."""
    clock = clock or Clock()
    record = HubRecord(folder, clock=clock) if (folder / "ledger.db").exists() else make_record(folder, clock)
    return Desk(record, HUB, PROJECT, parse_program(PROGRAM, "program.md"), rules=rules, clock=clock)


def genesis_digest(desk: Desk) -> str:
    """By which submissions name the first entry."""
    return entry_digest(read_entry(desk.record.entries()[0]))


def edit(text: str, path: str = "train.py") -> list[FileChange]:
    """A change of one file."""
    return [FileChange(path=path, content=text.encode())]


@dataclass(slots=True)
class Worker:
    """One that signs."""

    key: SecretKey
    parent: str
    hub: str = HUB.public
    project: str = PROJECT
    salt: str = "22" * 32
    sent: list[Signed] = field(default_factory=list)

    def request(self, body: Commit | Reveal, nonce: str) -> Signed:
        """A signed request."""
        self.sent.append(sign_request(body, key=self.key, hub=self.hub, project=self.project, nonce=nonce))
        return self.sent[-1]

    def commit(self, changes: Sequence[FileChange], *, bits: int = 0, invitation: str = "") -> Commit:
        """To a change."""
        digest = changes_digest(self.parent, map(stated, changes))
        made = commitment(salt=self.salt, digest=digest, key=self.key.public)
        body, tries = Commit(parent=self.parent, commitment=made, invitation=invitation), 0
        while not has_worked(body, self.key.public, bits):
            tries += 1
            body = Commit(parent=self.parent, commitment=made, invitation=invitation, work=str(tries))
        return body

    def reveal(self, submission: int, changes: Sequence[FileChange]) -> Reveal:
        """A change."""
        files = tuple(map(sent, changes))
        return Reveal(submission=submission, salt=self.salt, files=files, hypothesis="it helps")

    def commits(self, desk: Desk, changes: Sequence[FileChange]) -> Answer | Refusal:
        """Commit at a desk."""
        return desk.take(self.request(self.commit(changes), desk.nonce(self.key.public)))

    def reveals(self, desk: Desk, submission: int, changes: Sequence[FileChange]) -> Answer | Refusal:
        """Reveal at a desk."""
        return desk.take(self.request(self.reveal(submission, changes), desk.nonce(self.key.public)))

    def submits(self, desk: Desk, changes: Sequence[FileChange]) -> Answer | Refusal:
        """Both."""
        answer = self.commits(desk, changes)
        return answer if isinstance(answer, Refusal) else self.reveals(desk, answer.submission, changes)

    def submits_raw(self, desk: Desk, files: Sequence[SentFile]) -> Answer | Refusal:
        """Files in any form: committed to as they would be read, if they can be."""
        try:
            digest = changes_digest(self.parent, map(stated, received(files, most_bytes=10**9)))
        except ValueError:
            digest = "0" * 64
        made = commitment(salt=self.salt, digest=digest, key=self.key.public)
        answer = desk.take(self.request(Commit(parent=self.parent, commitment=made), desk.nonce(self.key.public)))
        if isinstance(answer, Refusal):
            return answer
        body = Reveal(submission=answer.submission, salt=self.salt, files=tuple(files), hypothesis="")
        return desk.take(self.request(body, desk.nonce(self.key.public)))


def make_known(desk: Desk, *keys: SecretKey) -> None:
    """Keys that have earned the lane."""
    desk.record.append(*(KeyChanged(key=each.public, standing="known") for each in keys))


def fresh_salt() -> str:
    """As a worker draws it."""
    return os.urandom(32).hex()
