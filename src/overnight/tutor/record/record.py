"""A learner's record: what they did, in a hash chain that survives and that they can read. Any process may append."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from overnight.files.own import claim_folder, make_folder
from overnight.files.state_folder import state_folder
from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.owner import Codec
from overnight.ledger.port import Recorded
from overnight.ledger.store import SqliteEventStore
from overnight.tutor.course.events import Begun, Event, decode, encode
from overnight.tutor.course.progress import Progress, fold

OWNER = "owner"  # the learner whose machine it is
FOLDER = "learning"  # in the state folder
ADVICE = "make a copy of it, then move it away to begin anew"
_CODEC: Codec[Event] = Codec(
    encode=encode, decode=decode, kind=lambda event: event.kind, subject=lambda _: None, subject_column="part"
)


class LearnerRecord:
    """The record of one learner, open."""

    def __init__(self, learner: str, *, clock: Callable[[], float] = time.time) -> None:
        """`learner`: a name; each has a record of their own.

        Raises:
            NotOurs: something in its folder belongs to somebody else.
        """
        self.folder = record_folder(learner)
        make_folder(self.folder)
        claim_folder(self.folder)
        self.clock = clock
        self.store = SqliteEventStore[Event](self.folder, _CODEC, advice=ADVICE, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def append(self, *events: Event) -> int:
        """Record events; the newest one's number."""
        return self.store.append(*events)

    def begun(self, curriculum: str = "") -> Begun | None:
        """How a curriculum was begun last; without a name, the one that was begun last."""
        found = [each.event for each in self.store.events() if isinstance(each.event, Begun)]
        return next((each for each in reversed(found) if curriculum in ("", each.curriculum)), None)

    def all_begun(self) -> Sequence[Begun]:
        """How each curriculum was begun last, by name."""
        newest = {each.event.curriculum: each.event for each in self.store.events() if isinstance(each.event, Begun)}
        return [newest[name] for name in sorted(newest)]

    def events(self, curriculum: str) -> Sequence[Recorded[Event]]:
        """What happened in a curriculum, in order."""
        return [each for each in self.store.events() if each.event.curriculum == curriculum]

    def progress(self, curriculum: str) -> Progress:
        """How far a curriculum is."""
        return fold(curriculum, self.events(curriculum))


def record_folder(learner: str) -> Path:
    """Where the record of a learner is."""
    return state_folder() / FOLDER / re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0]):x}.", learner)


def has_record(learner: str) -> bool:
    """Whether a learner has begun anything; nothing is created."""
    return (record_folder(learner) / LEDGER).is_file()
