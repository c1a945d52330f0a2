"""How long a campaign that runs has run until now."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import concluded, opened, proposed, session, stopped, trial

from overnight.models.usage import Usage
from overnight.research.events import Event, ModelCalled
from overnight.research.record.elapsed import elapsed_at
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
from overnight.research.snapshot import dump_state

CALLED = ModelCalled(number=1, role="r", provider="p", model="m", usage=Usage(calls=1))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    """Of a campaign that was just opened."""
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    yield ledger
    ledger.close()


def later(ledger: SqliteLedger, event: type[Event], after_s: float) -> float:
    """What has elapsed so long after the newest event of a kind."""
    state = restore(ledger)
    assert state
    at = [entry.at for entry in ledger.events() if isinstance(entry.event, event)][-1]
    return elapsed_at(ledger, state, at + after_s)


def test_the_time_since_the_session_began_counts(ledger: SqliteLedger) -> None:
    """Also while nothing happens but calls of a slow model; a clock that was put back adds nothing."""
    ledger.append(session(7.0), CALLED)
    assert later(ledger, type(session()), 500.0) == pytest.approx(507.0)
    assert later(ledger, type(session()), -500.0) == 7.0


def test_the_time_since_the_newest_event_with_the_clock_counts(ledger: SqliteLedger) -> None:
    """A trial or a verdict, also one that the newest snapshot covers."""
    ledger.append(session(), proposed(1), replace(trial(1), elapsed_s=40.0))
    assert later(ledger, type(trial(1)), 60.0) == pytest.approx(100.0)
    ledger.append(replace(concluded(1), elapsed_s=70.0))
    state = restore(ledger)
    assert state
    ledger.save_snapshot(dump_state(state))
    assert later(ledger, type(concluded(1)), 60.0) == pytest.approx(130.0)
    ledger.append(CALLED)
    assert later(ledger, type(concluded(1)), 60.0) == pytest.approx(130.0)


def test_the_clock_of_an_ended_session_stands(ledger: SqliteLedger) -> None:
    """Whatever the time is."""
    ledger.append(session(), stopped(elapsed_s=9.0))
    assert later(ledger, type(stopped()), 500.0) == 9.0
