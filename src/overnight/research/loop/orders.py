"""Acts on the orders in the ledger: each is settled in the transaction that records what was done about it."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio

from overnight.errors import leaf_errors
from overnight.ledger.pending import Item
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Believed, BudgetChanged, Event, IdeasChanged, Noted, Ordered, OrderSettled
from overnight.research.given import order_words
from overnight.research.idea import PERSON
from overnight.research.ideas.queue import LAPSED, after
from overnight.research.loop.journal import Journal
from overnight.research.loop.stop import Stop
from overnight.research.order import CLI, OWNER, BelieveChange, ChangeBudget, ChangeIdeas, Outcome, StopSession, giver_words
from overnight.research.state import State

POLL_S = 0.5  # between looks for orders of other processes; a look without any takes some microseconds
AT_ONCE = 100  # orders that are settled in one transaction
MOST_ROUNDS = 20  # of those in one look, so that who keeps ordering does not keep the campaign from its work
STOPPED = Ending(reason=EndReason.STOP, detail="stopped by `overnight stop`")
TOO_LATE = "the session that it was for had ended"

Task = Callable[[], Coroutine[Any, Any, None]]  # Any: what asyncio passes in


@dataclass(slots=True, kw_only=True)
class OrderRunner:
    """Acts on what other processes order of a campaign that this one holds."""

    journal: Journal
    stop: Stop
    _left: bool = True  # there may be orders that were not looked at

    async def news(self) -> bool:
        """Act on what was ordered before, else wait until it is time to look again and act then; whether anything was."""
        if self.take():
            return True
        woken = await self.stop.nap(POLL_S)
        taken = self.take()
        if woken and self.stop.ending is None:  # by a signal alone: the campaign had not begun when it was asked to stop
            self.stop.order(STOPPED)
        return taken

    def take(self) -> bool:
        """Act on all orders that wait; whether there were any."""
        if not (self.journal.ledger.changed() or self._left):
            return False
        for acted in range(MOST_ROUNDS):
            orders = self.journal.ledger.open_orders(AT_ONCE)
            if not orders:
                self._left = False
                return acted > 0
            self._act(orders)
        self._left = True
        return True

    def _act(self, orders: Sequence[tuple[Item, Ordered]]) -> None:
        acting = _Acting(self.journal.state, held_from=self.journal.ledger.held_from)
        for item, ordered in orders:
            acting.take(item, ordered)
        self.journal.record(*acting.events)
        for note in acting.notes:
            self.journal.show(Noted(text=note))
        for ordered in acting.stops:
            self.stop.order(_stopped(ordered))


@asynccontextmanager
async def meanwhile(*running: Task) -> AsyncIterator[None]:
    """Run tasks until the body ends; one error is raised as it is, several as a group."""
    try:
        async with anyio.create_task_group() as tasks:
            for task in running:
                tasks.start_soon(task)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as several:
        leaves = leaf_errors(several)
        if len(leaves) > 1:
            raise
        raise leaves[0] from None


def _stopped(ordered: Ordered) -> Ending:
    """The ending that an order asks for, in words for people too; `overnight stop` of the owner's is known as that."""
    plain = (ordered.by, ordered.origin) == (OWNER, CLI)
    detail = STOPPED.detail if plain else f"stopped by {giver_words(ordered.by, ordered.origin)}"
    return replace(STOPPED, detail=detail, by=ordered.by)


class _Acting:
    """What some orders come to, one after the other."""

    def __init__(self, state: State, *, held_from: int) -> None:
        self._ideas = state.ideas
        self._budget = state.budget
        self._kept = {one.commit: one for one in state.kept}
        self._believed = {one.commit for one in state.kept if one.believed}
        self._held_from = held_from
        self.events: list[Event] = []
        self.notes: list[str] = []
        self.stops: list[Ordered] = []

    def take(self, item: Item, ordered: Ordered) -> None:
        """Add what one order comes to, and that it is settled."""
        match ordered.order:
            case ChangeIdeas():
                refused = self._change(ordered, ordered.order)
            case BelieveChange():
                refused = self._believe(ordered.order)
            case ChangeBudget():
                refused = self._limit(ordered, ordered.order)
            case StopSession():
                refused = TOO_LATE if item.seq <= self._held_from else ""
                self.stops += [] if refused else [ordered]
        outcome = Outcome.REFUSED if refused else Outcome.DONE
        self.events.append(OrderSettled(key=ordered.key, outcome=outcome, reason=refused))

    def _change(self, ordered: Ordered, order: ChangeIdeas) -> str:
        changed = IdeasChanged(by=PERSON, edits=order.edits, giver=ordered.by)
        known, self._ideas = self._ideas, after(self._ideas, changed)
        if self._ideas == known:
            return "it changes nothing"
        self.events.append(changed)
        refused = [idea for idea in self._ideas.done if idea.number >= known.next_number and idea.dropped_by == LAPSED]
        self.notes += [f"the idea {idea.text!r} was not taken: {idea.reason}" for idea in refused]
        return refused[0].reason if len(refused) == len(order.edits) else ""

    def _limit(self, ordered: Ordered, order: ChangeBudget) -> str:
        changed = order.changed(self._budget)
        if changed == self._budget:
            return "it changes nothing"
        self._budget = changed
        self.events.append(BudgetChanged(budget=changed, by=ordered.by, origin=ordered.origin))
        self.notes.append(f"by order of {giver_words(ordered.by, ordered.origin)}: {order_words(order)}")
        return ""

    def _believe(self, order: BelieveChange) -> str:
        kept = self._kept.get(order.commit)
        if kept is None:
            return f"#{order.number} is not kept with this commit"
        if order.commit not in self._believed:
            self._believed.add(order.commit)
            self.events.append(Believed(number=kept.number, commit=kept.commit))
        return ""
