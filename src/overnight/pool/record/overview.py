"""What people are shown of a record: read from tables, so that it costs the same however long the chain is.

Nothing is checked here: the record has what this hub signed itself. `HubRecord.chain` checks all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from overnight.pool.chain import Block, Withdrawal, read_entry
from overnight.pool.record.record import HubRecord
from overnight.pool.views.standing import KeyShare


def head(record: HubRecord) -> tuple[int, str]:
    """Number and digest of the newest entry."""
    [(number, digest)] = _rows(record, "SELECT number, digest FROM entries ORDER BY number DESC LIMIT 1")
    return int(number), str(digest)


def newest_entries(record: HubRecord, *, offset: int, limit: int) -> Sequence[Block | Withdrawal]:
    """A part of the chain without its first entry, the newest first."""
    query = "SELECT body FROM entries WHERE number>0 ORDER BY number DESC LIMIT ? OFFSET ?"
    return [_later(body) for (body,) in _rows(record, query, limit, offset)]


def entry_at(record: HubRecord, number: int) -> Block | Withdrawal | None:
    """An entry after the first."""
    return next(
        (_later(body) for (body,) in _rows(record, "SELECT body FROM entries WHERE number=? AND number>0", number)), None
    )


def shares(record: HubRecord) -> Sequence[KeyShare]:
    """What each key with a block brought, the largest gain first; `shares_of` from the tables."""
    query = (
        "SELECT submitter, SUM(block IS NULL), SUM(block IS NOT NULL), TOTAL(gain*(block IS NULL)), TOTAL(seconds)"
        " FROM blocks LEFT JOIN withdrawn ON block=number GROUP BY submitter ORDER BY 4 DESC, 1"
    )
    rows = _rows(record, query)
    total = sum(gain for _, _, _, gain, _ in rows)
    return [
        KeyShare(key=key, blocks=blocks, withdrawn=withdrawn, gain=gain, share=gain / total if total else 0.0, seconds=seconds)
        for key, blocks, withdrawn, gain, seconds in rows
    ]


def blocks(record: HubRecord) -> int:
    """How many the chain has, withdrawn ones included."""
    return int(_rows(record, "SELECT COUNT(*) FROM blocks")[0][0])


def standings(record: HubRecord) -> Mapping[str, int]:
    """How many keys of workers are new, known and banned."""
    return dict(
        _rows(record, "SELECT standing, COUNT(*) FROM keys WHERE standing!='canary' GROUP BY standing ORDER BY standing")
    )


def _later(body: str) -> Block | Withdrawal:
    entry = read_entry(body)
    assert isinstance(entry, Block | Withdrawal)  # noqa: S101  # a later entry
    return entry


def _rows(record: HubRecord, query: str, *given: object) -> list[Any]:  # Any: columns
    with record.store.reading() as db:
        return db.execute(query, given).fetchall()
