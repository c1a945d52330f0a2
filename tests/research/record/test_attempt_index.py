"""Past proposals are found by what they do and by their words, also in a ledger that is older than the index."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import concluded, opened, proposed

from overnight.research.changes.similar import terms_of
from overnight.research.events import Proposed
from overnight.research.record.ledger import SqliteLedger


def attempt(number: int, hypothesis: str, shape: str = "") -> Proposed:
    return replace(proposed(number), hypothesis=hypothesis, shape=shape or f"{number:016x}")


ATTEMPTS = [
    attempt(1, "Add weight decay to the value embeddings"),
    attempt(2, "Drop the bias of the output"),
    attempt(3, "Weight decay for every matrix", shape=f"{1:016x}" + f"{terms_of('embeddings')[0]:08x}"),
    replace(attempt(4, "Weight decay on embeddings, rejected"), commit=""),
]


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened(), *ATTEMPTS, concluded(1))
    return ledger


def found(ledger: SqliteLedger) -> tuple[int | None, int | None, list[int]]:
    """The answers, which do not depend on how the index was made."""
    like = [e.number for e in ledger.similar(terms_of("weight decay on value embeddings"), 5)]
    return ledger.same(f"{1:016x}"), ledger.same("f" * 16), like


def test_the_first_with_a_meaning_and_the_most_similar_are_found(ledger: SqliteLedger) -> None:
    """A reject was never tried, so it is not found; an experiment comes with its verdict."""
    assert found(ledger) == (1, None, [1, 3])
    (likest,) = ledger.similar(terms_of("value embeddings"), 1)
    assert likest.number == 1 and likest.conclusion is not None
    assert ledger.same("") is None and ledger.similar((), 5) == []


def test_an_older_ledger_is_indexed_when_it_is_taken_up(ledger: SqliteLedger, tmp_path: Path) -> None:
    """Without the tables nothing is found and nothing fails; once opened for writing, everything is found."""
    ledger._db.executescript("DROP TABLE terms; DROP TABLE meanings; PRAGMA user_version=0; PRAGMA wal_checkpoint(TRUNCATE);")
    ledger.close()
    reader = SqliteLedger.for_reading(tmp_path)
    assert found(reader) == (None, None, [])
    reader.close()
    again = SqliteLedger(tmp_path)
    assert found(again) == (1, None, [1, 3])
    again.close()


def test_the_index_can_be_rebuilt(ledger: SqliteLedger) -> None:
    """It is derived: whatever was in it, the events decide."""
    ledger._db.execute("UPDATE terms SET number = number + 90")
    ledger._db.execute("DELETE FROM meanings")
    ledger.reindex()
    assert found(ledger) == (1, None, [1, 3])
