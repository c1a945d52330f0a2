"""What inner campaigns leave behind: a result and a ledger each, in `inner/<trial>/<target>/`."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from overnight.files.folders import remove_tree
from overnight.files.own import make_folder, open_own, read_own
from overnight.ledger.file import NAME
from overnight.meta.task import InnerResult
from overnight.research.record.ledger import SqliteLedger

INNER = "inner"  # the folder of inner campaigns, in that of the meta-campaign
TAG = "inner"  # of each of them
REPOSITORY, RESULT, READY, LOG = "repo", "result.json", "ready", "worker.log"
LARGEST = 1_000_000  # bytes of a result


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerRecord:
    """One inner campaign that has ended."""

    trial: str  # as `trials.name_of` names it; of a check: pair and arm
    target: str
    result: InnerResult
    folder: Path

    @contextmanager
    def ledger(self) -> Iterator[SqliteLedger]:
        """Its ledger, opened for reading.

        Raises:
            UserError: it was deleted.
        """
        with closing(SqliteLedger.for_reading(ledger_folder(self.folder))) as ledger:
            yield ledger


def inner_ledgers(folder: Path) -> Iterator[InnerRecord]:
    """The inner campaigns in a folder of a meta-campaign or of a check that have ended, by name."""
    inside = folder / INNER if (folder / INNER).is_dir() else folder
    for path in sorted(inside.glob(f"*/*/{RESULT}")):
        if (result := finished(path.parent)) is not None:
            yield InnerRecord(trial=path.parent.parent.name, target=path.parent.name, result=result, folder=path.parent)


def finished(folder: Path) -> InnerResult | None:
    """What the inner campaign in a folder came to, by the file of its result; None if it has not ended.

    Raises:
        NotOurs: the file is a link, or another file too.
    """
    try:
        return InnerResult.parse(read_own(folder / RESULT, LARGEST).decode())
    except (OSError, ValueError):
        return None


def open_log(folder: Path) -> BinaryIO:
    """The log of the worker that runs the inner campaign in a folder, to write at its end.

    Raises:
        NotOurs: a link is in its place, or in that of the folder.
    """
    for own in (folder.parent, folder):
        make_folder(own)
    return os.fdopen(open_own(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab")


def begun(folder: Path) -> bool:
    """Whether an inner campaign has spent anything of its budget, as far as one can tell."""
    return (folder / READY).exists() or (folder / RESULT).exists()


def ledger_folder(folder: Path) -> Path:
    """Where the ledger of an inner campaign lies: in its repository until it has ended, then beside its result."""
    return folder if (folder / NAME).exists() else folder / REPOSITORY / ".overnight" / TAG


def tidy(folder: Path) -> None:
    """Keep the ledger of an inner campaign whose result is written, and delete the rest; a kill in between loses nothing."""
    for name in (READY, LOG):
        (folder / name).unlink(missing_ok=True)
    inside = folder / REPOSITORY
    if not inside.exists():
        return
    ledger = ledger_folder(folder) / NAME
    if ledger.parent != folder and ledger.exists():
        with closing(SqliteLedger(ledger.parent)) as kept, kept.reading() as db:
            db.execute("PRAGMA journal_mode=DELETE")  # one file from now on, with what SQLite's log had
        ledger.replace(folder / NAME)
    remove_tree(inside)
