"""Orders that change what a campaign may use: recorded, acted on at once, and of each limit the newest word counts."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import anyio
import pytest
from builders import PROGRAM, opened
from gate_worlds import Setting
from parallel import Simulation, VirtualTime

from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.program.program import Budget
from overnight.research.ending import EndReason
from overnight.research.events import (
    BudgetChanged,
    Event,
    Noted,
    Ordered,
    OrderSettled,
    ProgramChanged,
    Sign,
    Stopped,
    TrialFinished,
)
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import OrderRunner
from overnight.research.loop.stop import Stop
from overnight.research.order import ChangeBudget, Giver, Outcome
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.ordering import place_order
from overnight.research.record.restore import restore
from overnight.research.staffing import follow_budget
from overnight.research.state import begin, fold

BOT = Giver(by="agent:bot", origin="mcp")


def budgeted(budget: str) -> str:
    return PROGRAM.replace("---\n", f"---\nbudget: {{{budget}}}\n", 1)


async def made() -> Stop:
    """Within an event loop, as its scopes are."""
    return Stop()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Of a campaign of 5 experiments that runs."""
    with closing(SqliteLedger(tmp_path)) as ledger, ledger.lock():
        began = opened(budgeted("experiments: 5"))
        ledger.append(began)
        yield Journal(ledger, begin(began))


def test_an_ordered_budget_is_recorded_with_who_gave_it(journal: Journal, tmp_path: Path) -> None:
    """What is left out stays; what changes nothing is refused; a kill at any point loses none of it."""
    runner, notes = OrderRunner(journal=journal, stop=asyncio.run(made())), list[str]()
    journal.watch(lambda sign: notes.append(sign.text) if isinstance(sign, Noted) else None)
    for order in (
        ChangeBudget(hours=2.0),
        ChangeBudget(experiments=9, tokens=1000),
        ChangeBudget(hours=2.0),
        ChangeBudget(unlimited=("experiments",)),
    ):
        assert place_order(tmp_path, order, BOT)
    runner.take()
    assert journal.state.budget == Budget(hours=2.0, tokens=1000)
    assert journal.state.budget_by == "agent:bot over mcp"
    events = [entry.event for entry in journal.ledger.events()]
    changed = [event.budget for event in events if isinstance(event, BudgetChanged)]
    assert changed == [
        Budget(experiments=5, hours=2.0),
        Budget(experiments=9, hours=2.0, tokens=1000),
        Budget(hours=2.0, tokens=1000),
    ]
    settled = [(event.outcome, event.reason) for event in events if isinstance(event, OrderSettled)]
    assert settled == [
        (Outcome.DONE, ""),
        (Outcome.DONE, ""),
        (Outcome.REFUSED, "it changes nothing"),
        (Outcome.DONE, ""),
    ]
    assert [event.origin for event in events if isinstance(event, Ordered)] == ["mcp"] * 4
    assert notes[0] == "by order of agent:bot over mcp: budget: hours 2" and len(notes) == 3
    assert restore(journal.ledger) == journal.state
    journal.snapshot()
    assert restore(journal.ledger) == journal.state


def test_of_each_limit_the_newest_word_counts() -> None:
    """An edit of the program takes back what was ordered of the limits that it changes, and of no others."""

    def after(*events: Event) -> Budget:
        return fold(begin(opened(budgeted("experiments: 5, hours: 1"))), events).budget

    ordered = BudgetChanged(budget=Budget(experiments=50, hours=8.0, trials=7), by="owner:web", origin="web")
    assert after(ordered) == ordered.budget
    assert after(ordered, ProgramChanged(program=budgeted("experiments: 5, hours: 1") + "More words.")) == ordered.budget
    edited = ProgramChanged(program=budgeted("experiments: 6, hours: 1"))
    assert after(ordered, edited) == Budget(experiments=6, hours=8.0, trials=7)
    assert after(ordered, ProgramChanged(program=PROGRAM)) == Budget(trials=7)
    assert after(edited, ordered) == ordered.budget


def test_the_gateway_has_the_budget_of_the_campaign(journal: Journal) -> None:
    """At once: after an order, and after an edit of the program."""
    limits: list[SpendingLimit] = []
    journal.watch(follow_budget(cast("Gateway", SimpleNamespace(limit=limits.append)), lambda: journal.state.budget))
    journal.record(BudgetChanged(budget=Budget(tokens=7), by="owner", origin="cli"))
    journal.record(ProgramChanged(program=budgeted("experiments: 5, cost_usd: 2")))
    assert limits == [SpendingLimit(tokens=7), SpendingLimit(tokens=7, cost_usd=2.0)]


@dataclass
class Steered(Simulation):
    """A simulated campaign whose budget is changed by an order once it has run so many trials."""

    before: Budget = field(default_factory=Budget)
    at: int = 0
    after: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.journal.state = replace(self.journal.state, budget=self.before)
        self._reached, self._ordered = anyio.Event(), False

    def see(self, sign: Sign) -> None:
        super().see(sign)
        if isinstance(sign, TrialFinished) and self.journal.state.tally.trials >= self.at:
            self._reached.set()

    async def news(self) -> bool:
        await (anyio.sleep_forever() if self._ordered else self._reached.wait())
        self._ordered = True
        self.journal.record(BudgetChanged(budget=self.after, by="owner:web", origin="web"))
        return True


HOPELESS = Setting(name="nothing real", real=0.0, neutral=0.0, harms=(6.0, 9.0), trials=700)


def ended(before: Budget, at: int, after: Budget) -> tuple[Stopped, int]:
    """How a session with two researchers and two slots ended, and after how many trials."""
    found: list[tuple[Stopped, int]] = []

    async def campaign() -> None:
        steered = Steered(setting=HOPELESS, seed=3, researchers=2, slots=2, latency_s=1.0, before=before, at=at, after=after)
        found.append((await steered.campaign().run(), steered.journal.state.tally.trials))

    anyio.run(campaign, backend_options={"loop_factory": VirtualTime})
    return found[0]


@pytest.mark.parametrize("at", [20, 40, 42])
def test_a_larger_budget_lets_a_session_go_on(at: int) -> None:
    """Also if it comes when the old one is spent and only what is open is still measured."""
    stopped, trials = ended(Budget(trials=40), at, Budget(trials=90))
    assert stopped.ending.reason is EndReason.BUDGET and "90 trials" in stopped.ending.detail and trials >= 90


@pytest.mark.parametrize(
    ("after", "why"),
    [(Budget(trials=25), "25 trials"), (Budget(experiments=3), "3 experiments"), (Budget(hours=1e-6), "0.0 s")],
)
def test_a_smaller_budget_ends_a_session_in_good_order(after: Budget, why: str) -> None:
    """What is open is measured to its verdict, unless it was time that is over; then nothing more is begun."""
    stopped, trials = ended(Budget(trials=400), 30, after)
    assert stopped.ending.reason is EndReason.BUDGET and why in stopped.ending.detail and trials < 60
