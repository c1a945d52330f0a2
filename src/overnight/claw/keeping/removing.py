"""Removes a claw from this machine: its folder, and what the registry of loops knows of it.

Does not cover: secrets, which may be another's too; what it wrote elsewhere, such as in repositories; backups; the unit of
systemd, which is the supervisor's and starts all loops.
"""

from pathlib import Path

from overnight.claw.keeping.restore import KIND
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.process import claw_loop
from overnight.errors import LedgerBusy, UserError
from overnight.files.private_folder import private_folder
from overnight.jobs.entries import read_entry
from overnight.jobs.records import loops_folder
from overnight.jobs.setups import forget
from overnight.ledger.lock import hold


def remove_claw(folder: Path) -> None:
    """Remove it.

    Raises:
        UserError: it runs.
    """
    memory = ClawRecord.folder_of(folder)
    place = loops_folder() / claw_loop(folder).key
    try:
        if memory.is_dir():
            with hold(memory):
                _forget_loop(place)
                _remove(folder)
            return
    except LedgerBusy as busy:
        fix = "end it with Ctrl-C, or by `overnight down`"
        raise UserError(f"`{folder.name}` runs, as process {busy.process or '?'}", fix=fix) from busy
    _forget_loop(place)
    _remove(folder)


def _remove(folder: Path) -> None:
    """Delete it at once under its name; what a kill leaves has none, and the next removal or restoring deletes it."""
    with private_folder(folder.parent, KIND) as work:
        folder.rename(work / folder.name)


def _forget_loop(place: Path) -> None:
    entry = read_entry(place) if place.is_dir() else None
    if entry is not None:
        forget(entry)
