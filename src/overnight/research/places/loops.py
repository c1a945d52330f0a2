"""Campaigns among the loops of this machine: what they are called there, and how one is ended from any folder."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.errors import UserError
from overnight.git.repository import Repository, open_repository
from overnight.jobs.loop import Loop
from overnight.ledger.file import NAME
from overnight.research.order import Giver
from overnight.research.places.campaigns import campaign_folder

if TYPE_CHECKING:
    from overnight.jobs.entries import Entry

CAMPAIGN = "campaign"  # the system of such a loop


def campaign_loop(repository: Repository, tag: str) -> Loop:
    """A campaign as a loop."""
    return Loop(system=CAMPAIGN, folder=str(repository.toplevel), part=tag)


def request_end(
    name: str, entry: "Entry", giver: Giver | None = None, *, key: str = "", by: signal.Signals | None = None
) -> None:
    """Ask a loop to end in good order: a campaign by an order, whatever else runs by the signal that it named.

    `by`: a signal for all of them instead.

    Raises:
        UserError: it cannot be reached from here.
    """
    from overnight.jobs.entries import read_entry
    from overnight.jobs.supervisor import ask_to_end
    from overnight.research.record.ordering import OWNER, order_stop

    folder = None if by else _campaign_folder(entry.loop)
    if folder is not None and order_stop(folder, giver or OWNER, key=key) is not None:
        return
    if ask_to_end(entry, by):
        return
    now = read_entry(entry.place)
    if now is None or not now.runs:
        return
    pid = entry.present.process.pid if entry.present else "?"
    where = f"on {entry.present.host}" if entry.present else "elsewhere"
    raise UserError(f"`{name}` (process {pid} {where}) cannot be reached from here", fix="stop it where it was started")


def _campaign_folder(loop: Loop) -> Path | None:
    """Where the campaign of a loop is; None if it is none, or is not there any more."""
    if loop.system != CAMPAIGN:
        return None
    try:
        repository = open_repository(Path(loop.folder))
        repository.check_overnight()
        folder = campaign_folder(repository, loop.part)
    except (OSError, UserError):
        return None
    return folder if (folder / NAME).is_file() else None
