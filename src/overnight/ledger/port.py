"""The ports of the ledger: events of any type in a hash chain, and files stored by content."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

E = TypeVar("E")  # the owner's events


@dataclass(frozen=True, kw_only=True)  # no slots: Python 3.11 cannot build `Recorded[E](...)` of a frozen class with them
class Recorded(Generic[E]):
    """An event as the ledger holds it."""

    seq: int
    at: float  # Unix time, s
    event: E
    digest: str  # hash over the event and the digest before it, hex


class EventStore(Protocol[E]):
    """An append-only record of events. Any process may append; `lock` guards what only one of them may do."""

    def append(self, *events: E) -> int:
        """Add events, all or none, after those of every process; on return they are on disk. Returns the newest seq.

        Raises:
            LedgerCorrupt: an earlier event is gone.
        """
        ...

    def events(self, after: int = 0) -> Iterator[Recorded[E]]:
        """Events with seq > `after`, in order.

        Raises:
            LedgerCorrupt: an event does not parse, or its hash does not follow from the one before.
        """
        ...

    def events_of(self, subject: int) -> Sequence[Recorded[E]]:
        """The events about this subject, in order."""
        ...

    def check_chain(self) -> None:
        """Check that no event was changed since it was written.

        Raises:
            LedgerCorrupt: the chain is broken.
        """
        ...

    def save_snapshot(self, snapshot: bytes, *, seq: int | None = None) -> None:
        """Save the state that the events up to `seq` fold to; it is derived, so losing it costs only time.

        By default `seq` is the newest event that was appended here. Then nothing is saved if another process has appended
        since this one opened or locked the ledger, because the caller may not have seen those events.
        """
        ...

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it covers."""
        ...

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All saved snapshots, each with the seq that it covers, oldest first."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger for this process; others can still read and append.

        Raises:
            LedgerBusy: another process holds it.
        """
        ...

    def close(self) -> None:
        """Close the store."""
        ...


class Artifacts(Protocol):
    """Files stored under the SHA-256 of their content."""

    def keep(self, path: Path) -> str:
        """Move a file in; return its digest, hex."""
        ...

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        ...
