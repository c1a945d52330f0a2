"""Which campaigns were begun here: a mark in the user's own state folder, which no clone, archive or copied folder brings.

Whoever wrote a ledger knows the seeds of its trials to come. So no command picks one by itself that this user did not begin
in this very file; one that is named with --tag is the user's choice, and a session marks it. A mark is named by the hash
of the ledger's first event, which holds the campaign's secret, and the inode of the file: a folder that is moved keeps it,
a copy and a file that git or an archive put in its place do not, and have marks of their own once they are taken up. The
device is not in it, because its number changes when a disk or a container is started again.

Does not cover: processes of our own user; a file system that gives files new inodes, where each start needs the name.
"""

from contextlib import closing, suppress
from pathlib import Path

from overnight.errors import LedgerCorrupt, UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, make_folder, read_own
from overnight.files.state_folder import state_folder
from overnight.ledger.file import NAME
from overnight.research.record.ledger import SqliteLedger
from overnight.words.foreign import printable

CAMPAIGNS = "campaigns"
MOST_BYTES = 1000  # of a mark, which says where the campaign was, for people
WORDS = 200  # characters of a path or of a reason


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
    tag = printable(folder.name, WORDS)
    fix = f"if you trust it, name it: --tag {tag}; `overnight run --tag {tag}` takes it up for good"
    try:
        marked = _is_marked(folder, ledger.origin())
    except LedgerCorrupt as corrupt:
        what = f"it cannot be known whether the campaign was begun here: {corrupt.args[0]}"
        raise LedgerCorrupt(what, readable=corrupt.readable, fix=fix) from corrupt
    if not marked:
        where = printable(str(folder), WORDS)
        what = f"the campaign in {where} was not begun here: it is a copy, was restored or cloned, or has another user's home"
        raise UserError(what, fix=fix)


def require_unnamed_begun_here(folder: Path) -> None:
    """The same for the folder of a campaign that may not have a ledger yet."""
    if (folder / NAME).exists():
        with closing(SqliteLedger.for_reading(folder)) as ledger:
            require_begun_here(folder, ledger)


def mark_begun(folder: Path, ledger: SqliteLedger) -> str:
    """Mark a campaign as begun here; return why that failed, empty if it did not.

    Raises:
        LedgerCorrupt: its first event is missing or changed.
    """
    origin = ledger.origin()
    if origin is None or _is_marked(folder, origin):
        return ""
    mark = _mark(folder, origin)
    try:
        for place in (mark.parent.parent, mark.parent):
            make_folder(place)
        write_atomically(mark, f"{printable(str(folder), WORDS)}\n".encode())
    except (OSError, NotOurs) as error:
        why = printable(str(error), WORDS)
        return f"it could not be noted that this campaign is yours ({why}): name it with --tag {folder.name} from now on"
    return ""


def unmark_begun(folder: Path, ledger: SqliteLedger) -> None:
    """Forget a campaign that is withdrawn; a mark that cannot be deleted marks nothing any more."""
    origin = ledger.origin()
    if origin is not None:
        with suppress(OSError):
            _mark(folder, origin).unlink()


def _is_marked(folder: Path, origin: str | None) -> bool:
    if origin is None:
        return True
    try:
        read_own(_mark(folder, origin), MOST_BYTES)
    except (OSError, NotOurs):
        return False
    return True


def _mark(folder: Path, origin: str) -> Path:
    return state_folder() / CAMPAIGNS / f"{origin}-{(folder / NAME).lstat().st_ino}"
