"""How long a researcher is asked whose proposals come to nothing."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from builders import opened, proposed

from overnight.gate.verdict import Conclusion, Verdict
from overnight.models.usage import Usage
from overnight.research.budget import SessionLimits
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Concluded, ModelCalled, ProposalMissed
from overnight.research.loop.asking import Asking
from overnight.research.loop.dry_spell import TOKENS, TRIES
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.journal import Journal
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.recording import ProposalOutcome
from overnight.research.loop.stop import Stop
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin


class Rejecting:
    """In place of the intake: each proposal uses tokens and is rejected; after some of them the session is stopped."""

    def __init__(self, journal: Journal, stop: Stop) -> None:
        self.tries = 0
        self._journal = journal
        self._stop = stop

    async def propose(self, staff: NamedResearcher, problems: Sequence[str] = ()) -> ProposalOutcome:
        """One that was tried before."""
        self.tries = number = self.tries + 1
        usage = Usage(calls=1, input_tokens=TOKENS // TRIES + 1)
        self._journal.record(ModelCalled(number=number, role=staff.role, provider="p", model="m", usage=usage))
        ended = Conclusion(verdict=Verdict.REJECT, reason="tried before")
        self._journal.record(
            replace(proposed(number), assignment=number), Concluded(number=number, conclusion=ended, elapsed_s=0.0)
        )
        if number > TRIES:
            self._stop.request(Ending(reason=EndReason.STOP, detail="enough"))
        return ProposalOutcome(assignment=number, number=number, problem="tried before")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Of a campaign that has just begun."""
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    yield Journal(ledger, begin(opened()))
    ledger.close()


async def ask(journal: Journal) -> int:
    """How often a researcher is asked until its end, or that of the session."""
    stop = Stop()
    intake: Any = Rejecting(journal, stop)
    nobody: Any = SimpleNamespace(take_in=lambda: None, show=lambda: None)
    queue = ProposalQueue(slots=1, researchers=Counter(["t"]))
    asking = Asking(journal=journal, intake=intake, queue=queue, inbox=nobody, stop=stop, limits=SessionLimits())
    await asking.keep_asking(NamedResearcher(role="t", researcher=nobody, patience_s=3.0), lambda _: None)
    return int(intake.tries)


def test_tokens_of_rejected_proposals_count(journal: Journal) -> None:
    """A researcher that repeats itself is not asked any more when it has used enough of them, however patient one is."""
    tries = asyncio.run(ask(journal))
    [missed] = [entry.event for entry in journal.ledger.events() if isinstance(entry.event, ProposalMissed)]
    assert tries == TRIES and "tokens" in missed.reason
