"""The state of a campaign from its ledger: a record that does not fold is damage, with one clear error."""

import dataclasses
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from builders import baseline, concluded, opened, proposed, session, trial

from overnight.errors import LedgerCorrupt
from overnight.research.events import Event, ProgramChanged
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
from overnight.research.snapshot import dump_state
from overnight.research.state import fold_all

EVENTS: list[Event] = [opened(), session(), baseline(0, 1.0), proposed(1), trial(1, value=1.0), concluded(1)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    with closing(SqliteLedger(tmp_path)) as ledger:
        yield ledger


def save(ledger: SqliteLedger, *, folded: int, seq: int) -> None:
    """Save the state after some events as the snapshot at a seq."""
    state = fold_all(EVENTS[:folded])
    assert state is not None
    ledger.save_snapshot(dump_state(state), seq=seq)


def test_an_empty_ledger_has_no_state(ledger: SqliteLedger) -> None:
    """A campaign that was never opened is not damage."""
    assert restore(ledger) is None


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("event", [trial(77, value=1.0), concluded(1), ProgramChanged(program="no program")])
def test_an_event_that_does_not_follow_is_damage(ledger: SqliteLedger, event: Event, snapshot: bool) -> None:
    """The error says which event, and that those before it are intact; a program that does not parse is such an event."""
    ledger.append(*EVENTS)
    if snapshot:
        save(ledger, folded=6, seq=6)
    ledger.append(event, session())
    with pytest.raises(LedgerCorrupt, match=r"event 7 does not follow .* the first 6 events are intact") as caught:
        restore(ledger)
    assert caught.value.readable == 6


@pytest.mark.parametrize("first", [session(), dataclasses.replace(opened(), program="no program")])
def test_a_ledger_that_does_not_begin_with_a_campaign_is_damage(ledger: SqliteLedger, first: Event) -> None:
    """Nothing of it is readable."""
    ledger.append(first)
    with pytest.raises(LedgerCorrupt, match="event 1 does not follow") as caught:
        restore(ledger)
    assert caught.value.readable == 0


def test_a_snapshot_that_events_do_not_follow_from_is_not_trusted(ledger: SqliteLedger) -> None:
    """The events decide: they are folded again from the start."""
    ledger.append(*EVENTS)
    save(ledger, folded=3, seq=5)
    assert restore(ledger) == fold_all(EVENTS)
