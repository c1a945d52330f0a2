"""What every store of events promises."""

# ruff: noqa: S101  # a suite consists of assertions

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, closing
from enum import StrEnum
from pathlib import Path
from typing import Generic

from overnight.errors import LedgerBusy, LedgerCorrupt, OvernightError, UserError
from overnight.ledger.port import E, EventStore
from overnight.testing import folders
from overnight.testing.failures import failure


class Damage(StrEnum):
    """What somebody does to the third event of a store from outside."""

    EDITED = "edited"
    REDATED = "redated"
    REMOVED = "removed"
    FORGED = "forged"  # its content and its hash replaced
    ADDED = "added"  # what is no event, in an intact chain


class LedgerConformance(Generic[E]):
    """What every store promises for events of any type."""

    def open(self, folder: Path) -> EventStore[E]:
        """The store in this folder, created if needed."""
        raise NotImplementedError

    def open_to_read(self, folder: Path) -> EventStore[E]:
        """The existing store in this folder."""
        raise NotImplementedError

    def some(self) -> Sequence[E]:
        """Five different events, in a possible order."""
        raise NotImplementedError

    def subject(self, event: E) -> int | None:
        """What `events_of` files an event under, None if under nothing."""
        raise NotImplementedError

    def file(self, folder: Path) -> Path:
        """The file of the store in this folder."""
        return folder / "ledger.db"

    def tamper(self, folder: Path, damage: Damage) -> None:
        """Damage the third event of the store in this folder from outside; it is the newest if it is `ADDED`."""
        raise NotImplementedError

    def refusing(self, folder: Path) -> AbstractContextManager[None]:
        """While this is held, the third event of the store in this folder cannot be written."""
        raise NotImplementedError

    def test_events_come_back_as_they_went_in(self, tmp_path: Path) -> None:
        """Every process that opens the ledger reads the same events, in order, starting at any of them."""
        first, *rest = self.some()
        with closing(self.open(tmp_path)) as store:
            assert (store.append(first), store.append(*rest)) == (1, 5)
            assert [entry.event for entry in store.events()] == [first, *rest]
        with closing(self.open_to_read(tmp_path)) as reader:
            assert [(entry.seq, entry.event) for entry in reader.events()] == [*enumerate([first, *rest], start=1)]
            assert [entry.seq for entry in reader.events(after=3)] == [4, 5]
            assert list(reader.events(after=5)) == []

    def test_a_reader_sees_what_is_appended_later(self, tmp_path: Path) -> None:
        """Reading resumes where it ended before."""
        one, two, *_ = self.some()
        with closing(self.open(tmp_path)) as store:
            store.append(one)
            with closing(self.open_to_read(tmp_path)) as reader:
                assert [entry.event for entry in reader.events()] == [one]
                store.append(two)
                assert [entry.event for entry in reader.events(after=1)] == [two]

    def test_events_are_filed_by_their_subject(self, tmp_path: Path) -> None:
        """The events about one subject come back in order, and none about what no event is about."""
        events = self.some()
        subjects = {subject for event in events if (subject := self.subject(event)) is not None}
        with closing(self.open(tmp_path)) as store:
            store.append(*events)
            for subject in (*subjects, max(subjects) + 1):
                expected = [(seq, event) for seq, event in enumerate(events, start=1) if self.subject(event) == subject]
                assert [(entry.seq, entry.event) for entry in store.events_of(subject)] == expected

    def test_append_is_all_or_nothing(self, tmp_path: Path) -> None:
        """If one event of a batch cannot be written, none is, and the ledger stays usable."""
        one, two, three, *_ = self.some()
        with closing(self.open(tmp_path)) as store:
            store.append(one)
            with self.refusing(tmp_path):
                failure(OvernightError, lambda: store.append(two, three))
            store.append(two)
            assert [entry.event for entry in store.events()] == [one, two]

    def test_tampering_shows_and_the_rest_is_read(self, tmp_path: Path) -> None:
        """An event changed in any way breaks the chain; those before it are still read, and the error counts them."""
        for damage in (Damage.EDITED, Damage.REDATED, Damage.REMOVED, Damage.FORGED):
            folder = folders.new(tmp_path, damage)
            with closing(self.open(folder)) as store:
                store.append(*self.some())
                store.check_chain()
                self.tamper(folder, damage)
                assert failure(LedgerCorrupt, store.check_chain).readable == len(self._readable(store)) == 2  # noqa: PLR2004

    def test_what_is_no_event_is_damage(self, tmp_path: Path) -> None:
        """What is not an event is damage, even if the chain is intact."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some()[:2])
            self.tamper(tmp_path, Damage.ADDED)
            store.check_chain()
            assert len(self._readable(store)) == 2  # noqa: PLR2004

    def test_a_missing_end_shows(self, tmp_path: Path) -> None:
        """A check finds it if there is a snapshot; the store that appended the events finds it at the next append."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some()[:3])
            store.save_snapshot(b"state")
            self.tamper(tmp_path, Damage.REMOVED)
            assert failure(LedgerCorrupt, store.check_chain).readable == 2  # noqa: PLR2004
            failure(LedgerCorrupt, lambda: store.append(self.some()[3]))
            assert [entry.seq for entry in store.events()] == [1, 2]

    def test_a_file_of_garbage_is_one_clear_error(self, tmp_path: Path) -> None:
        """It is reported as corrupted, however it is opened."""
        self.file(tmp_path).write_bytes(b"garbage" * 1000)
        for attempt in (lambda: self.open(tmp_path), lambda: list(self.open_to_read(tmp_path).events())):
            assert "corrupted" in str(failure(LedgerCorrupt, attempt))

    def test_two_writers_share_a_chain(self, tmp_path: Path) -> None:
        """Each appends after what the other has appended; nothing is lost, and the chain is intact."""
        events = self.some()
        with closing(self.open(tmp_path)) as one, closing(self.open(tmp_path)) as other:
            for seq, (store, event) in enumerate(zip((one, other, one, one, other), events, strict=True), start=1):
                assert store.append(event) == seq
            for store in (one, other):
                store.check_chain()
                assert [entry.event for entry in store.events()] == list(events)

    def test_a_reader_writes_nothing(self, tmp_path: Path) -> None:
        """A store that is opened only to read cannot append, and its file does not change."""
        with closing(self.open(tmp_path)) as store:
            store.append(*self.some())
        before = self.file(tmp_path).read_bytes()
        with closing(self.open_to_read(tmp_path)) as reader:
            reader.check_chain()
            failure(UserError, lambda: reader.append(self.some()[0]))
        assert self.file(tmp_path).read_bytes() == before

    def test_the_newest_two_snapshots_are_kept(self, tmp_path: Path) -> None:
        """Each has the seq that it covers, by default the newest that was appended."""
        with closing(self.open(tmp_path)) as store:
            assert store.snapshot() is None
            for event in self.some()[:3]:
                seq = store.append(event)
                store.save_snapshot(b"state %d" % seq)
            assert store.snapshot() == (3, b"state 3")
            assert store.snapshots() == [(2, b"state 2"), (3, b"state 3")]
            store.append(self.some()[3])
            store.save_snapshot(b"again", seq=3)
        with closing(self.open_to_read(tmp_path)) as reader:
            assert reader.snapshot() == (3, b"again")

    def test_no_snapshot_without_what_others_appended(self, tmp_path: Path) -> None:
        """A writer that may have missed events saves a snapshot only if it says what that covers; a lock resets this."""
        one, two, three, four, five = self.some()
        with closing(self.open(tmp_path)) as store, closing(self.open(tmp_path)) as other:
            store.append(one)
            other.append(two)
            store.append(three)
            store.save_snapshot(b"without two")
            assert store.snapshot() is None
            store.save_snapshot(b"one and two", seq=2)
            assert store.snapshot() == (2, b"one and two")
            with store.lock():
                store.append(four)
                store.save_snapshot(b"all four")
            assert store.snapshot() == (4, b"all four")
            other.append(five)
            other.save_snapshot(b"without three")
            assert store.snapshot() == (4, b"all four")

    def test_one_holds_it(self, tmp_path: Path) -> None:
        """A second holder is refused with the process id, can still read and append, and can hold it afterwards."""
        one, two, *_ = self.some()
        with closing(self.open(tmp_path)) as store, closing(self.open(tmp_path)) as other:
            with store.lock():
                refused = failure(LedgerBusy, lambda: other.lock().__enter__())
                assert refused.process == os.getpid() and str(os.getpid()) in str(refused)
                store.append(one)
                other.append(two)
                assert [entry.event for entry in other.events()] == [one, two]
            with other.lock():
                failure(LedgerBusy, lambda: store.lock().__enter__())

    def _readable(self, store: EventStore[E]) -> list[E]:
        """The events that are read before an error that counts them."""
        found: list[E] = []

        def read() -> None:
            for entry in store.events():
                found.append(entry.event)

        assert failure(LedgerCorrupt, read).readable == len(found)
        assert found == list(self.some()[: len(found)])
        return found
