"""The further pairs of a block: what was measured of it after it was added to the chain, as the record has it."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.pool.record.record import HubRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Pairs of a block's parent and the block."""

    block: int
    wanted: int  # pairs with both values
    pairs: Sequence[tuple[float, float]]  # those with both values: of the parent, of the block
    void: int  # pairs without, through no fault of the block
    failed: bool  # a trial of the block failed
    judged: bool
    gain: float | None  # mean, once it is judged; None: too few pairs have values


def further_of(record: HubRecord, block: int) -> Further | None:
    """The further pairs of a block; None if it gets none."""
    with record.store.reading() as db:
        found = db.execute("SELECT wanted, judged, gain FROM further WHERE block=?", (block,)).fetchone()
        query = "SELECT before, after, failed FROM further_pairs WHERE block=? ORDER BY rowid"
        rows = db.execute(query, (block,)).fetchall() if found else []
    if found is None:
        return None
    wanted, judged, gain = found
    pairs = [(before, after) for before, after, _ in rows if before is not None and after is not None]
    failed = sum(bool(each) for _, _, each in rows)
    return Further(
        block=block,
        wanted=wanted,
        pairs=pairs,
        void=len(rows) - len(pairs) - failed,
        failed=failed > 0,
        judged=judged is not None,
        gain=gain,
    )


def next_further(record: HubRecord) -> Further | None:
    """Of the oldest block whose further pairs are not judged; those of a block that was taken back are not needed."""
    query = "SELECT MIN(block) FROM further WHERE judged IS NULL AND block NOT IN (SELECT block FROM withdrawn)"
    with record.store.reading() as db:
        [block] = db.execute(query).fetchone()
    return None if block is None else further_of(record, block)
