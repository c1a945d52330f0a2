"""Opening a campaign to read it, running or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.backends.git.repository import Repository
from overnight.backends.sqlite import SqliteLedger, holder
from overnight.core.state import State
from overnight.errors import UserError
from overnight.loop.journal import restore
from overnight.wiring import campaign_folder, find_campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A campaign opened for reading."""

    repository: Repository
    folder: Path
    ledger: SqliteLedger
    running: int | None  # the process that runs it

    def state(self) -> State:
        """Where the campaign stands now.

        Raises:
            UserError: its ledger is empty.
        """
        state = restore(self.ledger)
        if state is None:
            raise UserError(f"the campaign in {self.folder} has no events yet", mend="start it with `overnight run`")
        return state


@contextmanager
def reading(tag: str | None) -> Iterator[Reading]:
    """Open the campaign of a tag, the newest by default, in the repository around the current folder."""
    repository, found = find_campaign(Path.cwd(), tag)
    folder = campaign_folder(repository, found)
    ledger = SqliteLedger.for_reading(folder)
    try:
        yield Reading(repository=repository, folder=folder, ledger=ledger, running=holder(folder))
    finally:
        ledger.close()
