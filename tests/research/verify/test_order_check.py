"""`verify` compares the orders that wait with the events, also while a session acts on some."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from builders import opened

from overnight.research.events import OrderSettled
from overnight.research.order import BelieveChange, Giver, Outcome
from overnight.research.record.ledger import SqliteLedger
from overnight.research.verify.orders import OrderCheck


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    """One order is settled, two wait."""
    with closing(SqliteLedger(tmp_path)) as ledger:
        ledger.append(opened())
        for key in ("one", "two", "three"):
            place(ledger, key)
        settle(ledger, "one")
        yield ledger


def place(ledger: SqliteLedger, key: str) -> None:
    assert ledger.place_order(BelieveChange(number=1, commit="c"), Giver(), key=key)


def settle(ledger: SqliteLedger, key: str) -> None:
    ledger.append(OrderSettled(key=key, outcome=Outcome.DONE))


def found(ledger: SqliteLedger, check: OrderCheck | None = None) -> list[tuple[bool | None, str]]:
    """What a check says after all events."""
    check = check or OrderCheck(ledger)
    for entry in ledger.events():
        check.follow(entry)
    return [(finding.holds, finding.detail) for finding in check.findings()]


def test_orders_are_as_the_events_have_them(ledger: SqliteLedger, tmp_path: Path) -> None:
    """They are counted; a ledger without orders has nothing to say of them."""
    assert found(ledger) == [(True, "3 orders, 2 of them to be acted on")]
    (tmp_path / "none").mkdir()
    with closing(SqliteLedger(tmp_path / "none")) as none:
        none.append(opened())
        assert found(none) == []


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("DELETE FROM orders WHERE key='two'", "those at 3 would not be acted on as they were given"),
        ("UPDATE orders SET state='done' WHERE key='two'", "those at 3 would not be acted on as they were given"),
        ("UPDATE orders SET seq=4 WHERE key='two'", "those at 3 would not be acted on as they were given"),
        ("UPDATE orders SET state='open' WHERE key='one'", "those at 2 would be acted on, and should not"),
        ("INSERT INTO orders VALUES('four', 4, 0.0, 'open')", "those at 4 would be acted on, and should not"),
    ],
)
def test_a_table_that_says_otherwise_shows(ledger: SqliteLedger, harm: str, says: str) -> None:
    """By the events of the orders that would be lost, or acted on twice."""
    ledger._db.execute(harm)
    assert found(ledger) == [(False, says)]


def test_what_happens_meanwhile_is_no_damage(ledger: SqliteLedger) -> None:
    """Orders may be added, and a session may settle some, after the table was read."""
    check = OrderCheck(ledger)
    settle(ledger, "two")
    place(ledger, "four")
    assert found(ledger, check) == [(True, "4 orders, 2 of them to be acted on")]
