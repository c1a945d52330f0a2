"""Which campaigns were begun here: a mark in the user's own state folder, which no clone, archive or copied folder brings.

Whoever wrote a ledger knows the seeds of its trials to come. So no command picks one by itself that this user did not begin
in this very file; one that is named with --tag is the user's choice, and a session marks it. The mark is named by the hash
of the ledger's first event, which holds the campaign's secret, and says which inode the file had: a folder that is moved
keeps it, a copy and a file that git or an archive put in its place do not. The device is not in it, because its number
changes when a disk or a container is started again.

Does not cover: processes of our own user; a file system that gives files new inodes, where each start needs the name.
"""

import os
from contextlib import suppress
from pathlib import Path

from overnight.errors import LedgerCorrupt, UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, make_folder, read_own
from overnight.ledger.file import NAME
from overnight.research.record.ledger import SqliteLedger
from overnight.words.foreign import printable

VARIABLE = "XDG_STATE_HOME"
FOLDER = "overnight"  # in the user's state folder
CAMPAIGNS = "campaigns"
MOST_BYTES = 100  # of a mark
WORDS = 200  # characters of a path or of a reason


def state_folder() -> Path:
    """Where what we know about this user's machine is kept: XDG's folder, else ~/.local/state."""
    base = os.environ.get(VARIABLE, "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/state") / FOLDER


def is_begun_here(folder: Path, ledger: SqliteLedger) -> bool:
    """Whether this user began or took up the campaign in this folder, here; a ledger that was never written to counts as well.

    One whose first event is missing or changed is not known to be anybody's.
    """
    with suppress(LedgerCorrupt):
        return _is_marked(folder, ledger.origin())
    return False


def require_begun_here(folder: Path, ledger: SqliteLedger) -> None:
    """Check that a campaign that nobody named was begun here.

    Raises:
        UserError: it was not; the fix is the option that names it.
        LedgerCorrupt: its first event cannot tell; the fix is the same.
    """
    fix = f"if you trust it, name it: --tag {folder.name}; else name another with --tag"
    try:
        marked = _is_marked(folder, ledger.origin())
    except LedgerCorrupt as corrupt:
        what = f"it cannot be known whether the campaign was begun here: {corrupt.args[0]}"
        raise LedgerCorrupt(what, readable=corrupt.readable, fix=fix) from corrupt
    if not marked:
        where = printable(str(folder), WORDS)
        what = f"the campaign in {where} was not begun here by you: whoever began it knows its secret"
        raise UserError(what, fix=fix)


def mark_begun(folder: Path, ledger: SqliteLedger) -> str:
    """Mark a campaign as begun here; return why that failed, empty if it did not.

    Raises:
        LedgerCorrupt: its first event is missing or changed.
    """
    origin = ledger.origin()
    if origin is None or _is_marked(folder, origin):
        return ""
    mark = _mark(origin)
    try:
        for place in (mark.parent.parent, mark.parent):
            make_folder(place)
        write_atomically(mark, _inode(folder))
    except (OSError, NotOurs) as error:
        why = printable(str(error), WORDS)
        return f"it could not be noted that this campaign is yours ({why}): name it with --tag {folder.name} from now on"
    return ""


def _is_marked(folder: Path, origin: str | None) -> bool:
    if origin is None:
        return True
    try:
        return read_own(_mark(origin), MOST_BYTES) == _inode(folder)
    except (OSError, NotOurs):
        return False


def _mark(origin: str) -> Path:
    return state_folder() / CAMPAIGNS / origin


def _inode(folder: Path) -> bytes:
    return b"%d\n" % (folder / NAME).lstat().st_ino
