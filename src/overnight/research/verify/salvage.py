"""Writes the intact part of a ledger, as JSON lines."""

import os
from pathlib import Path

from overnight.errors import LedgerCorrupt, UserError
from overnight.research.event_text import encode
from overnight.research.record.ledger import SqliteLedger


def salvage(ledger: SqliteLedger, path: Path) -> int:
    """Write the intact events to a new file that only its owner can read, since the seeds' secret is in it; return how many.

    Raises:
        UserError: the file exists already, or cannot be written.
    """
    count = 0
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as lines:
            try:
                for count, entry in enumerate(ledger.events(), start=1):  # noqa: B007  # how far it came
                    place = f'{{"seq":{entry.seq},"at":{entry.at!r},"hash":"{entry.digest}","event":'
                    lines.write(place.encode() + encode(entry.event) + b"}\n")
            except LedgerCorrupt:
                pass  # what follows is lost: `verify` has reported it
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}", fix="name a new file") from error
    return count
