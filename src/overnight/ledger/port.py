"""The seams of the ledger: events in a hash chain, whatever they are events of, and files kept by content."""

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
    """An append-only record of events. Any process may append; `lock` is for what only one of them may do."""

    def append(self, *events: E) -> int:
        """Add events, all or none, after all that any process has added; on return they are on disk. The newest seq.

        Raises:
            LedgerCorrupt: an event that was there before is gone.
        """
        ...

    def events(self, after: int = 0) -> Iterator[Recorded[E]]:
        """Events with seq > `after`, in order.

        Raises:
            LedgerCorrupt: an event does not parse or its hash does not follow from the one before.
        """
        ...

    def events_of(self, subject: int) -> Sequence[Recorded[E]]:
        """The events that are filed under this number, in order."""
        ...

    def check_chain(self) -> None:
        """Make sure that no event was changed since it was written.

        Raises:
            LedgerCorrupt: the chain is broken.
        """
        ...

    def save_snapshot(self, snapshot: bytes, *, seq: int | None = None) -> None:
        """Keep what the events up to `seq` fold to; derived, so losing it loses only time.

        By default up to the newest event that was appended here. Then nothing is kept if another process has appended
        since this one opened or locked the ledger, because the caller may not have seen what.
        """
        ...

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it folds up to."""
        ...

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All snapshots that are kept, each with the seq that it folds up to, oldest first."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger for this process; it can be read and appended to by others all the same.

        Raises:
            LedgerBusy: another process holds it.
        """
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Artifacts(Protocol):
    """Files kept under the SHA-256 of their content."""

    def keep(self, path: Path) -> str:
        """Move a file in; return its digest, hex."""
        ...

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        ...
